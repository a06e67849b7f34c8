package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// exported is the text of the last file that the bot sent to the owner.
func (env *testEnv) exported() (name, text string) {
	for _, m := range env.Chat(olga) {
		if m.FromBot && m.Document != nil {
			name, text = m.Document.Name, string(m.Document.Data)
		}
	}
	return name, text
}

func TestAnOwnerExportsByButtons(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		order := env.Pay(alice).Payload
		env.Say(alice, "/export")
		require.NotContains(t, env.Last(alice).Text, "Export", "only for owners")
		env.Say(olga, "/export")
		env.Press(olga, "export:go:orders")
		name, text := env.exported()
		require.Equal(t, "orders-2000-01-01.csv", name)
		require.True(t, strings.HasPrefix(text, "\ufefforder,created,"), text)
		require.Contains(t, text, order)
		require.NotContains(t, text, "KEY-", "goods are in other tables")
		require.Equal(t, 1, env.CountSent(olga, "1 row"))

		env.Say(olga, "/export")
		env.Tap(olga, "For sale")
		require.Contains(t, env.Last(olga).Text, "holds the goods themselves")
		env.Tap(olga, "JSON")
		env.Press(olga, "export:go:stock")
		name, text = env.exported()
		require.Equal(t, "stock-2000-01-01.jsonl", name)
		require.Equal(t, 8, strings.Count(text, "\n"), text)
		require.Contains(t, text, `"unit":"KEY-03"`)
		require.NotContains(t, text, `"unit":"KEY-02"`)
		env.Tap(olga, "Another file")
		env.Tap(olga, "Sold keys")
		env.Press(olga, "export:go:sold")
		_, text = env.exported()
		require.Contains(t, text, "vpn,VPN <30> days,KEY-02,"+order)
		for _, what := range []string{"buyers", "audit", "stats"} {
			env.Say(olga, "/export")
			env.Press(olga, "export:"+what)
			env.Press(olga, "export:go:"+what)
			name, text = env.exported()
			require.Equal(t, what+"-2000-01-01.csv", name)
			require.Greater(t, strings.Count(text, "\r\n"), 1, text)
		}
	})
}

func TestAnExportIsMadeAfterARestartAndOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/export")
		env.Tap(olga, "For sale")
		env.Telegram().FailNext("sendDocument", 1_000_000, telegram.Failure{Status: http.StatusBadGateway})
		env.Press(olga, "export:go:stock")
		name, _ := env.exported()
		require.Empty(t, name)
		require.NoError(t, env.Abort())
		env.Telegram().FailNext("sendDocument", 0, telegram.Failure{})
		env.Start()
		name, text := env.exported()
		require.Equal(t, "stock-2000-01-01.csv", name)
		require.Contains(t, text, "KEY-10")
		time.Sleep(2 * time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "10 rows"))
		files := 0
		for _, m := range env.Chat(olga) {
			if m.FromBot && m.Document != nil {
				files++
			}
		}
		require.Equal(t, 1, files)
	})
}
