package e2e

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

const silenceWords = "Payments are no longer announced"

// sell has Alice buy and pay one guide, and waits until sync has found out and its webhook is overdue.
func (env *testEnv) sell() {
	env.T.Helper()
	env.Say(alice, "/buy guide")
	env.Pay(alice)
	time.Sleep(5 * time.Minute)
	synctest.Wait()
}

func TestTheOwnerHearsOnceThatWebhooksHaveFallenSilent(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		address := env.CryptoPay().Webhook(appToken)
		env.sell()
		require.Zero(t, env.CountSent(olga, silenceWords), "webhooks come")

		env.CryptoPay().SetWebhook(appToken, "")
		env.sell()
		require.Equal(t, 1, env.CountSent(olga, silenceWords), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "Webhooks → enable"))
		require.Equal(t, 2, env.CountSent(alice, "The whole <secret>"), "sync delivers all the same")
		env.sell()
		env.Stop()
		env.Start()
		env.sell()
		require.Equal(t, 1, env.CountSent(olga, silenceWords), "also over a restart")

		env.CryptoPay().SetWebhook(appToken, address)
		env.sell()
		require.Equal(t, 1, env.CountSent(olga, silenceWords))
		env.CryptoPay().SetWebhook(appToken, "")
		env.sell()
		require.Equal(t, 2, env.CountSent(olga, silenceWords), "the next silence is told again")
	})
}

func TestAShopThatNeverHadAWebhookIsNotNagged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.CryptoPay().SetWebhook(appToken, "")
		env.Start()
		env.Say(olga, "/start")
		env.sell()
		env.sell()
		require.Equal(t, 2, env.CountSent(alice, "The whole <secret>"))
		require.Zero(t, env.CountSent(olga, silenceWords))
		env.Stop()
	})
}

func TestAWebhookThatIsOnlySlowIsNoSilence(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sell()
		env.CryptoPay().SetFaults(cryptopay.Faults{DelayWebhooks: 90 * time.Second})
		env.sell()
		require.Contains(t, env.Log.String(), "source=sync", "sync was the first")
		require.Zero(t, env.CountSent(olga, silenceWords))
	})
}

func TestWebhooksThatFoundTheShopClosedAreNoSilence(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sell()
		env.Say(alice, "/buy guide")
		bill := env.PayLink(alice)
		env.Stop()
		_, err := env.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		env.Start()
		time.Sleep(5 * time.Minute) // the webhook is repeated, but its pauses have become long
		require.Contains(t, env.Log.String(), "source=sync")
		require.Zero(t, env.CountSent(olga, silenceWords))
	})
}

func TestTheSilenceIsToldWhenTelegramIsBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sell()
		env.CryptoPay().SetWebhook(appToken, "")
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		time.Sleep(time.Minute)
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: 502})
		time.Sleep(10 * time.Minute)
		require.Zero(t, env.CountSent(olga, silenceWords))
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, env.CountSent(olga, silenceWords))
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
		env.sell()
		env.CryptoPay().SetWebhook(appToken, "")
		env.sell()
		require.Equal(t, 1, env.CountSent(olga, "The address to enter: http://127.0.0.1:8080/cryptopay/webhook"), env.Transcript(olga))
		env.Stop()
	})
}
