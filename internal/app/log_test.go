package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

// The tokens of the tests: well-formed, and nobody's.
const (
	botToken = "1000:test-telegram-token-test-telegram-token"
	appToken = "2000:TestCryptoPayTokenTestCryptoPayToken"
)

func complete(more ...string) []string {
	return append([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}, more...)
}

type stranger struct {
	inner *stranger
	Words string
}

func (s stranger) String() string { return "says " + s.Words }

func TestNoSecretGetsIntoALog(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		cfg, err := config.Load(complete("SHOPBOT_LOG_FORMAT="+format, "SHOPBOT_LOG_LEVEL=debug", "SHOPBOT_CRYPTOPAY_WEBHOOK_PATH=/cryptopay/k3Jd82mfQ"), "")
		require.NoError(t, err)
		for _, secret := range []string{botToken, appToken, url.QueryEscape(botToken), cfg.TelegramWebhookSecret(), "/cryptopay/k3Jd82mfQ"} {
			var out strings.Builder
			log := NewLogger(&out, cfg).With("with", secret).WithGroup("group")
			log.Debug("message "+secret, //nolint:sloglint // the point of the test
				"key "+secret, 1, "string", secret, "bytes", []byte(secret),
				"error", fmt.Errorf("wrapped: %w", errors.New(secret)), "stringer", stranger{Words: secret},
				"pointer", &stranger{inner: &stranger{}, Words: secret}, "nested", slog.GroupValue(slog.String("deep", "a "+secret+" b")))
			_, private, _ := strings.Cut(secret, ":")
			require.NotContains(t, strings.ReplaceAll(out.String(), "[secret]", ""), secret, format)
			if private != "" {
				require.NotContains(t, out.String(), private, format)
			}
			require.Contains(t, out.String(), "[secret]")
		}
	}
}

func TestTheLogKeepsItsLevel(t *testing.T) {
	cfg, err := config.Load(complete("SHOPBOT_LOG_LEVEL=warn"), "")
	require.NoError(t, err)
	var out strings.Builder
	log := NewLogger(&out, cfg)
	log.Info("silent")
	log.Warn("loud", "order", "1P8M2QX-7KD93HWA")
	require.NotContains(t, out.String(), "silent")
	require.Contains(t, out.String(), "order=1P8M2QX-7KD93HWA")
}
