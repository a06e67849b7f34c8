package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/status"
	"shopbot/internal/storage"
)

// inOrder is the part of the health screen that lists what is well.
func inOrder(said string) string {
	_, list, _ := strings.Cut(said, "In order:")
	return list
}

func TestAnOwnerLooksAtTheHealthOfTheShop(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/health")
		said := env.Last(olga).Text
		for _, part := range []string{"Telegram", "Crypto Pay", "Transfers", "Webhook", "Stock", "Database", "Owners", "Clock"} {
			require.Contains(t, inOrder(said), part, said)
		}
		require.NotContains(t, said, "❌")

		env.CryptoPay().SetTransfersEnabled(appToken, false)
		env.CryptoPay().SetWebhook(appToken, "http://shop.test:8080/cryptopay/webhooks")
		env.Say(alice, "/buy vpn 10")
		env.Pay(alice)
		env.Tap(olga, "Look again")
		said = env.Last(olga).Text
		require.Contains(t, said, "The shop works\n⚠️ 4 things to look at")
		require.Contains(t, said, "Transfers: disabled")
		require.Contains(t, said, "Stock: sold out: vpn")
		require.Contains(t, said, "does not end in SHOPBOT_CRYPTOPAY_WEBHOOK_PATH")
		require.NotContains(t, inOrder(said), "Transfers")

		env.Say(alice, "/health")
		require.NotContains(t, env.Transcript(alice), "In order")
		require.Empty(t, env.transfers(), "no coin moved")
	})
}

// The webhook's address leads to something else, or nowhere.
func TestHealthCallsTheWebhooksAddress(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetWebhook(appToken, "http://sandbox.test/elsewhere/cryptopay/webhook")
		env.Say(olga, "/health")
		require.Contains(t, env.Last(olga).Text, "sandbox.test answers 421 Misdirected Request, not as this shop does")
		env.CryptoPay().SetWebhook(appToken, "http://none.test/cryptopay/webhook")
		env.Say(olga, "/health")
		require.Contains(t, env.Last(olga).Text, "none.test cannot be reached from the shop's machine")
	})
}

// What happened before the stop is what somebody wants to read after it.
func TestTheLogOfAlarmsSurvivesARestart(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		env.Say(alice, "/buy guide")
		env.wait(5 * time.Minute)
		env.Say(olga, "/health")
		require.Contains(t, env.Last(olga).Text, "Something needs you")
		require.Contains(t, env.Last(olga).Text, nobodyCanPay+" · 1 Jan 2000", "in the words of the alarm")
		log := func() (text string) {
			var is status.Status
			require.NoError(t, json.Unmarshal([]byte(env.askOps(http.MethodGet, "/ops/status")), &is))
			for _, line := range is.Log {
				text += line.At.Format(time.RFC3339) + " " + line.Text + "\n"
			}
			return text
		}
		before := log()
		require.Contains(t, before, "alarm alarm=cryptopay cause=unauthorized")
		env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		env.Stop()
		env.Start()
		for line := range strings.Lines(before) {
			require.Contains(t, log(), line)
		}
		require.NotContains(t, log(), appToken)

		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			old := []status.Line{{At: time.Now().Add(-31 * 24 * time.Hour), Text: "a month ago"}, {At: time.Now().Add(-29 * 24 * time.Hour), Text: "some weeks ago"}}
			note, err := json.Marshal(old)
			require.NoError(t, err)
			require.NoError(t, db.SetNote(t.Context(), "log", note))
		})
		env.Start()
		require.Contains(t, log(), "some weeks ago")
		require.NotContains(t, log(), "a month ago")
	})
}
