package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAShopThatIsBeingSetUpMayLackItsTokensAndNothingElse(t *testing.T) {
	cfg, err := LoadUnfinished(nil)
	require.NoError(t, err)
	require.Empty(t, cfg.TelegramToken)
	cfg, err = LoadUnfinished([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken})
	require.NoError(t, err)
	require.Equal(t, botToken, cfg.TelegramToken.Reveal())

	_, err = LoadUnfinished([]string{
		"SHOPBOT_TELEGRAM_TOKEN=12345:secretword", "SHOPBOT_CRYPTOPAY_TOKEN_FILE=/nowhere", "SHOPBOT_LISTEM=127.0.0.1:1",
	})
	require.ErrorContains(t, err, "SHOPBOT_TELEGRAM_TOKEN: not of the form")
	require.ErrorContains(t, err, "SHOPBOT_CRYPTOPAY_TOKEN_FILE: open /nowhere", "a token that was meant to be there")
	require.ErrorContains(t, err, "SHOPBOT_LISTEM: no such variable; did you mean SHOPBOT_LISTEN?")
	require.NotContains(t, err.Error(), "secretword")
}

func TestALineOfAnEnvFileIsReadAsItWasMeant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := strings.TrimSpace(rapid.StringMatching(`["'#“]?[ -~а-я\t]{0,30}["']?`).Draw(t, "value"))
		lines, faults := parseEnvFile("shop.env", EnvLine("A", value)+"\n")
		require.Empty(t, faults)
		require.Len(t, lines, 1)
		require.Equal(t, value, lines[0].value)
	})
}
