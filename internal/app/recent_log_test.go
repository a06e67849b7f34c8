package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLatestWarningsErrorsAndAlarmsAreKeptWithoutSecrets(t *testing.T) {
	var out bytes.Buffer
	log, kept := keepRecent(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError})), []string{"1000:secret-token-of-the-bot"})
	log.Info("order placed", "order", "A")
	log.Info("alarm over", "alarm", "cryptopay")
	log.With("order", "A").Warn("get\nfailed", "error", "https://api/bot1000:secret-token-of-the-bot/getMe")
	lines := kept.latest()
	require.Len(t, lines, 1, "the level of an alarm's end is below what is logged")
	require.Equal(t, "WARN", lines[0].Level)
	require.Equal(t, "get failed order=A error=https://api/bot[secret]/getMe", lines[0].Text)
	require.Empty(t, out.String(), "the log has its own level")

	for range mostRecent {
		log.Error("alarm", "detail", strings.Repeat("x", 2*mostRecentText))
	}
	lines = kept.latest()
	require.Len(t, lines, mostRecent)
	require.Len(t, []rune(lines[0].Text), mostRecentText+1)
	require.Contains(t, out.String(), "level=ERROR")
}
