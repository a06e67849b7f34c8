package main

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
func (w *town) sell() {
	w.t.Helper()
	w.say(alice, "/buy guide")
	w.pay(alice)
	time.Sleep(5 * time.Minute)
	synctest.Wait()
}

func TestTheOwnerHearsOnceThatWebhooksHaveFallenSilent(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		address := w.CryptoPay().Webhook(appToken)
		w.sell()
		require.Zero(t, w.heard(olga, silenceWords), "webhooks come")

		w.CryptoPay().SetWebhook(appToken, "")
		w.sell()
		require.Equal(t, 1, w.heard(olga, silenceWords), w.transcript(olga))
		require.Equal(t, 1, w.heard(olga, "Webhooks → enable"))
		require.Equal(t, 2, w.heard(alice, "The whole <secret>"), "sync delivers all the same")
		w.sell()
		w.close()
		w.open()
		w.sell()
		require.Equal(t, 1, w.heard(olga, silenceWords), "also over a restart")

		w.CryptoPay().SetWebhook(appToken, address)
		w.sell()
		require.Equal(t, 1, w.heard(olga, silenceWords))
		w.CryptoPay().SetWebhook(appToken, "")
		w.sell()
		require.Equal(t, 2, w.heard(olga, silenceWords), "the next silence is told again")
	})
}

func TestAShopThatNeverHadAWebhookIsNotNagged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.CryptoPay().SetWebhook(appToken, "")
		w.open()
		w.say(olga, "/start")
		w.sell()
		w.sell()
		require.Equal(t, 2, w.heard(alice, "The whole <secret>"))
		require.Zero(t, w.heard(olga, silenceWords))
		w.close()
	})
}

func TestAWebhookThatIsOnlySlowIsNoSilence(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.sell()
		w.CryptoPay().SetFaults(cryptopay.Faults{DelayWebhooks: 90 * time.Second})
		w.sell()
		require.Contains(t, w.log.String(), "source=sync", "sync was the first")
		require.Zero(t, w.heard(olga, silenceWords))
	})
}

func TestWebhooksThatFoundTheShopClosedAreNoSilence(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.sell()
		w.say(alice, "/buy guide")
		bill := w.bill(alice)
		w.close()
		_, err := w.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		w.open()
		time.Sleep(5 * time.Minute) // the webhook is repeated, but its pauses have become long
		require.Contains(t, w.log.String(), "source=sync")
		require.Zero(t, w.heard(olga, silenceWords))
	})
}

func TestTheSilenceIsToldWhenTelegramIsBack(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.sell()
		w.CryptoPay().SetWebhook(appToken, "")
		w.say(alice, "/buy guide")
		w.pay(alice)
		time.Sleep(time.Minute)
		w.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Status: 502})
		time.Sleep(10 * time.Minute)
		require.Zero(t, w.heard(olga, silenceWords))
		w.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, w.heard(olga, silenceWords))
	})
}

func TestTheWarningNamesTheAddressWhereItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.set("PUBLIC_URL", "http://127.0.0.1:8080")
		w.set("LISTEN", "127.0.0.1:8080")
		w.CryptoPay().SetWebhook(appToken, "http://127.0.0.1:8080/cryptopay/webhook")
		w.open()
		w.say(olga, "/start")
		w.sell()
		w.CryptoPay().SetWebhook(appToken, "")
		w.sell()
		require.Equal(t, 1, w.heard(olga, "The address to enter: http://127.0.0.1:8080/cryptopay/webhook"), w.transcript(olga))
		w.close()
	})
}
