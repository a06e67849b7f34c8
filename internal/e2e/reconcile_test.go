package e2e

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

// untilMorning lets the next night pass, in which the shop compares its orders with Crypto Pay.
func (env *testEnv) untilMorning() {
	now := time.Now()
	morning := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, now.Location())
	if !morning.After(now) {
		morning = morning.AddDate(0, 0, 1)
	}
	time.Sleep(morning.Sub(now) + 2*time.Hour + time.Minute)
	synctest.Wait()
}

const nightlyReport = "The books do not agree"

func TestTheNightTellsTheOwnerEachDifferenceOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		in := env.createInvoice(order, "5.00")
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		_, err := env.CryptoPay().Pay(in.Hash, boris, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Zero(t, env.CountSent(olga, "was paid a second time"), "nobody has noticed")

		env.untilMorning()
		require.Equal(t, 1, env.CountSent(olga, "was paid a second time"), "the night has")
		require.Equal(t, 1, env.CountSent(olga, nightlyReport), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "/order "+order), "with the remedy")
		require.Equal(t, 1, env.CountSent(alice, "was paid a second time"))

		env.Stop()
		env.Start()
		env.untilMorning()
		require.Equal(t, 2, strings.Count(env.Log.String(), "books reconciled"))
		require.Equal(t, 1, env.CountSent(olga, nightlyReport), "and not every night again")

		env.createInvoice("1P8M2QX7KD93HWA", "1")
		env.untilMorning()
		require.Equal(t, 2, env.CountSent(olga, nightlyReport), "what is new is told")
		require.Equal(t, 1, env.CountSent(olga, "/order "+order), "and what is old is not")
	})
}

func TestANightInWhichCryptoPayIsAwayIsMadeUpFor(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.createInvoice("1P8M2QX7KD93HWA", "1")
		env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.untilMorning()
		require.Contains(t, env.Log.String(), "reconcile failed")
		require.Zero(t, env.CountSent(olga, nightlyReport))
		env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, 1, env.CountSent(olga, nightlyReport))
	})
}

func TestBooksThatAgreeAreNoNews(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.refund(env.sold())
		env.sold()
		env.Say(boris, "/buy guide")
		env.untilMorning()
		require.Zero(t, env.CountSent(olga, nightlyReport))
		require.Equal(t, 1, strings.Count(env.Log.String(), "books reconciled"))

		body := env.askOps(http.MethodPost, "/ops/reconcile")
		require.Contains(t, body, `"orders":3`)
		require.Contains(t, body, `"differences":null`)
	})
}

func TestTheLastWebhookIsShownToWhoLooks(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		require.Equal(t, "ready\nlast payment webhook: none so far\n", env.askOps(http.MethodGet, "/readyz"))
		env.sellGuide()
		require.Regexp(t, `^ready\nlast payment webhook: 2000-01-01T00:\d\d:\d\dZ\n$`, env.askOps(http.MethodGet, "/readyz"))
		env.CryptoPay().SetWebhook(appToken, "")
		env.sellGuide()
		require.Contains(t, env.askOps(http.MethodGet, "/readyz"), ", and silence since\n")
		require.Contains(t, env.askOps(http.MethodGet, "/ops/webhooks"), `"last":"2000-01-01T00:`)
	})
}
