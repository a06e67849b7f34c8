package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
	log.Warn("loud", "order", "1P8M2QX7KD93HWA")
	require.NotContains(t, out.String(), "silent")
	require.Contains(t, out.String(), "order=1P8M2QX7KD93HWA")
}

// lockedBuilder may be written to and read at once.
type lockedBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestWarningsAreBoundedAndTheirNumberIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := config.Load(complete(), "")
		require.NoError(t, err)
		var out lockedBuilder
		log := NewLogger(&out, cfg)
		for range 1000 {
			log.With("chat", 1).Warn("flood")
			log.Info("order placed")
		}
		log.Warn("something else")
		require.Equal(t, 100, strings.Count(out.String(), "msg=flood"))
		require.Equal(t, 1000, strings.Count(out.String(), "order placed"), "what happens in the shop is always told")
		require.Contains(t, out.String(), "something else")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 1, strings.Count(out.String(), `msg="log lines left out" message=flood count=900`))
		log.Warn("flood")
		require.Equal(t, 101, strings.Count(out.String(), "msg=flood"))
	})
}
