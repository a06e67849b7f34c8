package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

func TestAnOwnerConfirmsAPaymentThatCameInAnotherWay(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		link := env.PayLink(alice)
		order := env.lastOrder()
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Paid in another way")
		env.Say(olga, "5 EUR") // no currency of the shop: all of it is the note
		require.Contains(t, env.Last(olga).Text, "Note: 5 EUR")
		env.Say(olga, "8 USDT")
		require.Contains(t, env.Last(olga).Text, "Add a short note")
		env.Say(olga, "0 USDT by hand")
		require.Contains(t, env.Last(olga).Text, "not a sum")
		env.Say(olga, "4,50 USDT a friend's wallet")
		ask := env.Last(olga)
		require.Contains(t, ask.Text, "4.50 USDT")
		require.Empty(t, env.KeysOf(alice), "nothing happens before the sum is confirmed")
		yes, found := testenv.FindButton(ask, "Yes, 4.50 USDT was paid")
		require.True(t, found)
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
		}
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), env.Transcript(olga))
		require.Empty(t, env.CryptoPay().Invoices(appToken), "nobody can pay it a second time")
		_, err := env.CryptoPay().Pay(link, alice, "USDT")
		require.Error(t, err)
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text+env.Transcript(olga), "4.50 USDT")
		require.Contains(t, env.askOps(http.MethodPost, "/ops/reconcile"), `"differences":null`)
		env.Say(olga, "/audit "+order)
		require.Contains(t, env.Last(olga).Text, "a friend's wallet")

		env.Say(olga, "/refund "+order+" 2 USDT")
		require.Contains(t, env.Last(olga).Text, "cannot send anything back")
		env.Say(olga, "cash in the shop")
		env.Tap(olga, "Yes, 2.00 USDT was returned")
		require.Empty(t, env.transfers())
		require.Equal(t, 1, env.CountSent(alice, "returned 2.00 USDT"), env.Transcript(alice))
		env.Say(olga, "/refund "+order)
		env.Say(olga, "cash")
		env.Tap(olga, "Yes, 2.50 USDT was returned")
		env.Say(olga, "/refund "+order)
		require.Contains(t, env.Last(olga).Text, "everything has gone back")
		require.Contains(t, env.askOps(http.MethodPost, "/ops/reconcile"), `"differences":null`)
		require.Equal(t, shop.StateRefunded, env.sound()[0].State)
	})
}

func TestARealPaymentAfterOneByHandIsASurplus(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		link := env.PayLink(alice)
		order := env.lastOrder()
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Paid in another way")
		env.Say(olga, "cash")
		_, err := env.CryptoPay().Pay(link, alice, "USDT") // a moment before the press
		require.NoError(t, err)
		env.Settle()
		env.Tap(olga, "Yes, 5.00 USD was paid")
		require.Contains(t, env.Last(olga).Text+env.Transcript(olga), "was paid before")
		orders := env.sound()
		require.Len(t, orders[0].Payments, 1)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))

		env.Say(alice, "/buy vpn")
		all := env.CryptoPay().Invoices(appToken)
		second := all[len(all)-1].Payload
		env.Say(olga, "/order "+second)
		env.Tap(olga, "Paid in another way")
		env.Say(olga, "cash")
		env.Tap(olga, "Yes, 5.00 USD was paid")
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		env.payAgain(alice, second, "5", "USDT") // another invoice of the same order
		require.Contains(t, env.askOps(http.MethodPost, "/ops/reconcile"), `"kind":"paid_twice"`)
		env.Tap(olga, "Send it back")
		require.Len(t, env.transfers(), 1, env.Transcript(olga))
		require.Contains(t, env.askOps(http.MethodPost, "/ops/reconcile"), `"differences":null`)
		orders = env.sound()
		require.Equal(t, shop.StateDelivered, orders[1].State, "what was paid by hand stays")
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
	})
}

func TestACancelledOrderThatWasPaidByHandIsDelivered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		order := env.lastOrder()
		env.wait(2 * time.Hour)
		env.Say(boris, "/buy vpn 10")
		env.Pay(boris)
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Paid in another way")
		env.Stop()
		env.Start()
		env.Say(olga, "bank transfer")
		env.Stop()
		env.Start()
		env.Tap(olga, "Yes, 5.00 USD was paid")
		require.Contains(t, env.Last(alice).Text, "arrived after the hold time")
		require.NotContains(t, env.Transcript(alice), "Money back", "the shop cannot send it")
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Deliver by hand")
		env.Stop()
		env.Start()
		env.Say(olga, "KEY-HAND\nwith a second line")
		require.Empty(t, env.KeysOf(alice), "nothing is sent before it is confirmed")
		ask := env.Last(olga)
		yes, found := testenv.FindButton(ask, "Yes, send it")
		require.True(t, found, env.Transcript(olga))
		for range 2 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
		}
		env.Settle()
		require.Equal(t, []string{"KEY-HAND"}, env.KeysOf(alice))
		env.Say(olga, "/audit "+order)
		require.Contains(t, env.Last(olga).Text, "goods given by hand")
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-HAND", "KEY-HAND"}, env.KeysOf(alice))
		o := env.sound()[0]
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, olga, o.Lines[0].ByHand)
	})
}

func TestStaleButtonsOfWhatIsDoneByHandAnswer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/order "+order)
		for _, data := range []string{
			"replace:", "replace:x", "replace:" + order + ":0", "replace:" + order + ":0:feed", "replace:" + order + ":7:feed:b",
			"replace:" + order + ":0:feed:b", "replace:" + order + ":0:feed:x", "piece:" + order, "piece:" + order + ":0:feed", "piece:" + order + ":9:",
			"again:x", "byhand:" + order, "byhand:" + order + ":0", "byhand:" + order + ":0:nonce", "byhand:" + order + ":-1", "handpaid:x",
		} {
			sent := len(env.Telegram().Sent(botToken, olga))
			require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, data))
			env.Settle()
			alerts := env.Telegram().Alerts(botToken, olga)
			last := alerts[len(alerts)-1]
			require.True(t, last.Answered, data)
			require.True(t, last.Text != "" || len(env.Telegram().Sent(botToken, olga)) > sent, data)
		}
		require.NotContains(t, env.Log.String(), "level=ERROR")
		require.Equal(t, shop.StateDelivered, env.sound()[0].State)
	})
}
