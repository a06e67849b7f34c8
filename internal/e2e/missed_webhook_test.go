package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

const missedWebhooks = "Payments are no longer announced"

// sellGuide has Alice buy and pay a guide, and waits until sync has found the payment and its
// webhook is overdue.
func (env *testEnv) sellGuide() {
	env.T.Helper()
	env.Say(alice, "/buy guide")
	env.Pay(alice)
	time.Sleep(5 * time.Minute)
	synctest.Wait()
}

func TestTheOwnerHearsOnceThatWebhooksHaveFallenSilent(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		address := env.CryptoPay().Webhook(appToken)
		env.sellGuide()
		require.Zero(t, env.CountSent(olga, missedWebhooks), "webhooks come")

		env.CryptoPay().SetWebhook(appToken, "")
		env.sellGuide()
		require.Equal(t, 1, env.CountSent(olga, missedWebhooks), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "Webhooks → enable"))
		require.Equal(t, 2, env.CountSent(alice, "The whole <secret>"), "sync delivers all the same")
		env.sellGuide()
		env.Stop()
		env.Start()
		env.sellGuide()
		require.Equal(t, 1, env.CountSent(olga, missedWebhooks), "also over a restart")

		env.CryptoPay().SetWebhook(appToken, address)
		env.sellGuide()
		require.Equal(t, 1, env.CountSent(olga, missedWebhooks))
		env.CryptoPay().SetWebhook(appToken, "")
		env.sellGuide()
		require.Equal(t, 2, env.CountSent(olga, missedWebhooks), "the next silence is told again")
	})
}

func TestAShopThatNeverHadAWebhookIsNotNagged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.CryptoPay().SetWebhook(appToken, "")
		env.Start()
		env.Say(olga, "/start")
		env.sellGuide()
		env.sellGuide()
		require.Equal(t, 2, env.CountSent(alice, "The whole <secret>"))
		require.Zero(t, env.CountSent(olga, missedWebhooks))
		env.Stop()
	})
}

func TestAWebhookThatIsOnlySlowIsNoSilence(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellGuide()
		env.CryptoPay().SetFaults(cryptopay.Faults{DelayWebhooks: 90 * time.Second})
		env.sellGuide()
		require.Contains(t, env.Log.String(), "source=sync", "sync was the first")
		require.Zero(t, env.CountSent(olga, missedWebhooks))
	})
}

func TestWebhooksThatFoundTheShopClosedAreNoSilence(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellGuide()
		env.Say(alice, "/buy guide")
		bill := env.PayLink(alice)
		env.Stop()
		_, err := env.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		env.Start()
		time.Sleep(5 * time.Minute) // the webhook is repeated, but its pauses have become long
		require.Contains(t, env.Log.String(), "source=sync")
		require.Zero(t, env.CountSent(olga, missedWebhooks))
	})
}

func TestTheSilenceIsToldWhenTelegramIsBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellGuide()
		env.CryptoPay().SetWebhook(appToken, "")
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		time.Sleep(time.Minute)
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: 502})
		time.Sleep(10 * time.Minute)
		require.Zero(t, env.CountSent(olga, missedWebhooks))
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, env.CountSent(olga, missedWebhooks))
	})
}

func TestTheWarningNamesTheAddressWhereItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("PUBLIC_URL", "http://127.0.0.1:8080")
		env.Setenv("LISTEN", "127.0.0.1:8080")
		env.CryptoPay().SetWebhook(appToken, "http://127.0.0.1:8080/cryptopay/webhook")
		env.Start()
		env.Say(olga, "/start")
		env.sellGuide()
		env.CryptoPay().SetWebhook(appToken, "")
		env.sellGuide()
		require.Equal(t, 1, env.CountSent(olga, "The address to enter: http://127.0.0.1:8080/cryptopay/webhook"), env.Transcript(olga))
		env.Stop()
	})
}
