package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// payLate has people order some units each, cancel, and pay after somebody else has bought
// everything. It returns the order ids; the orders are held.
func (env *testEnv) payLate(quantity int, people ...int64) []string {
	env.T.Helper()
	var orders []string
	for _, who := range people {
		env.Say(who, fmt.Sprintf("/buy vpn %d", quantity))
		all := env.CryptoPay().Invoices(appToken)
		orders = append(orders, all[len(all)-1].Payload)
		env.Tap(who, "Cancel")
	}
	env.Say(boris, "/buy vpn 10")
	env.Pay(boris)
	for i, who := range people {
		env.payAgain(who, orders[i], fmt.Sprint(5*quantity), "USDT")
		require.Contains(env.T, env.Last(who).Text, "arrived after the hold time")
	}
	return orders
}

// payAgain has somebody pay one more invoice for an order.
func (env *testEnv) payAgain(who int64, order, usd string, asset money.Currency) cryptopay.Invoice {
	env.T.Helper()
	in, err := env.CryptoPay().Pay(fmt.Sprint(env.createInvoice(order, usd).ID), who, asset)
	require.NoError(env.T, err)
	env.Settle()
	return in
}

func TestWhoPaidTooLateMayWait(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.payLate(1, alice)
		env.Tap(alice, "Wait for it")
		require.Equal(t, 1, env.CountSent(alice, "You are waiting"))
		env.Say(olga, "/held")
		require.Contains(t, env.Last(olga).Text, "The buyer waits for the goods.")
		env.Stop()
		env.Start()
		env.LoadStock("vpn", "KEY-50")
		require.Equal(t, []string{"KEY-50"}, env.KeysOf(alice))
		require.Empty(t, env.transfers())
		env.Say(olga, "/held")
		require.Contains(t, env.Last(olga).Text, "No paid order waits for you")
	})
}

func TestWhoPaidTooLateMayHaveTheMoneyBackAtOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		before := env.coins()
		order := env.payLate(2, alice)[0]
		require.NotEqual(t, before.String(), env.coins().String())
		held := env.Last(alice)
		back, found := testenv.FindButton(held, "Money back")
		require.True(t, found)
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, held.ID, back.Data))
		}
		env.Settle()
		env.Settle() // three edits of one message take some seconds
		require.Len(t, env.transfers(), 1, "a triple tap moves money once")
		require.Equal(t, before.String(), env.coins().String())
		require.Equal(t, 1, env.CountSent(alice, "is back in your @CryptoBot wallet"))
		require.Equal(t, 1, env.CountSent(olga, "Refunded:"))
		env.LoadStock("vpn", "KEY-50", "KEY-51")
		require.Empty(t, env.KeysOf(alice), "who has the money back gets no goods")
		require.Contains(t, env.stockLine(), "2 free")
		env.Stop()
		for _, o := range env.StoredOrders() {
			if string(o.ID) == order {
				require.Equal(t, shop.StateRefunded, o.State)
				require.Equal(t, alice, o.Refunds[0].By)
			}
		}
		env.Start()
	})
}

func TestWhoWaitsMayThinkBetterOfItFromTheOrdersScreen(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.payLate(1, alice)
		env.Tap(alice, "Wait for it")
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		_, still := testenv.FindButton(env.Last(alice), "Wait for it")
		require.False(t, still, "that is chosen already")
		env.Tap(alice, "Money back")
		require.Len(t, env.transfers(), 1)
	})
}

func TestMoneyBackPressedWhileTheStockCameIsADelivery(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.payLate(1, alice)
		held := env.Last(alice)
		back, _ := testenv.FindButton(held, "Money back")
		env.LoadStock("vpn", "KEY-50")
		require.NoError(t, env.Telegram().TapData(botToken, alice, held.ID, back.Data))
		env.Settle()
		require.Equal(t, []string{"KEY-50"}, env.KeysOf(alice))
		require.Empty(t, env.transfers())
		require.Contains(t, env.Transcript(alice), "Paid · order")
	})
}

func TestThoseWhoWaitAreServedInTheirOrderAndThoseWhoDoNotAreNot(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		const carl, dora = 7001, 7002
		for _, id := range []int64{carl, dora} {
			env.Telegram().AddUser(telegram.User{ID: id, FirstName: "Late", LanguageCode: "en"})
		}
		env.payLate(1, alice, carl, dora)
		env.Tap(alice, "Money back")
		env.LoadStock("vpn", "KEY-50")
		require.Equal(t, []string{"KEY-50"}, env.KeysOf(carl), "the oldest that waits")
		require.Empty(t, env.KeysOf(dora))
		env.LoadStock("vpn", "KEY-51")
		require.Equal(t, []string{"KEY-51"}, env.KeysOf(dora))
		require.Empty(t, env.KeysOf(alice))
	})
}

// If the transfer is refused, the buyer is told that the owner knows, the owner is told why, and
// the buyer's choice is kept. Pressing again and again does not make the shop ask Crypto Pay
// without end.
func TestMoneyBackThatCannotBeSentIsLeftToTheOwner(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.payLate(1, alice)[0]
		env.CryptoPay().SetStarted(alice, false)
		env.Tap(alice, "Money back")
		require.Equal(t, 1, env.CountSent(alice, "could not be sent back just now"), env.Transcript(alice))
		require.Equal(t, 1, env.CountSent(alice, "open @CryptoBot, press Start"))
		require.Equal(t, 1, env.CountSent(olga, "USER_NOT_FOUND"))
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "The buyer asked for the money back.")
		env.LoadStock("vpn", "KEY-50")
		require.Empty(t, env.KeysOf(alice), "who asked for the money is not given goods instead")

		env.Tap(alice, "Money back")
		env.Tap(alice, "Money back")
		env.Tap(alice, "Money back")
		require.Equal(t, 3, env.CountSent(olga, "The refund was refused"), "the fourth time nobody is asked")
		alerts := env.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "The owner of the shop decides")

		env.CryptoPay().SetStarted(alice, true)
		env.Say(olga, "/held")
		env.Tap(olga, "Refund")
		env.Tap(olga, "Yes, send")
		require.Len(t, env.transfers(), 1)
	})
}

func TestAnAnswerLostInAMoneyBackIsOneTransfer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.payLate(1, alice)
		env.CryptoPay().FailNext("transfer", 8, cryptopay.Failure{DropAfter: true})
		env.Tap(alice, "Money back")
		env.Stop()
		env.Start()
		time.Sleep(time.Hour)
		env.Settle()
		require.Len(t, env.transfers(), 1)
		require.Equal(t, 1, env.CountSent(alice, "is back in your @CryptoBot wallet"))
	})
}

func TestAllCoinsThatWerePaidComeBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.payLate(1, alice)[0]
		env.payAgain(alice, order, "5", "TON")
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Money back")
		time.Sleep(time.Minute)
		env.Settle()
		require.Len(t, env.transfers(), 2, "a transfer for each coin")
		require.Equal(t, 2, env.CountSent(alice, "is back in your @CryptoBot wallet"))
		require.Contains(t, env.Transcript(alice), "Refunded. The coins")
	})
}

func TestAMissingFileLeavesTheBuyerTheChoice(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		require.NoError(t, os.Remove(filepath.Join(env.Dir, "album.zip")))
		env.Say(alice, "/buy album")
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, "cannot be sent just now")
		env.Tap(alice, "Money back")
		require.Len(t, env.transfers(), 1)
	})
}

func TestWhatWasNotAgreedOnIsTheOwnersToDecide(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		order := env.lastOrder()
		env.payAgain(alice, order, "1", "USDT")
		held := env.Last(alice)
		require.Contains(t, held.Text, "differs from the price")
		for _, button := range []string{"Wait for it", "Money back"} {
			_, found := testenv.FindButton(held, button)
			require.False(t, found, button)
		}
		for _, forged := range []string{"w:" + order, "m:" + order} {
			require.NoError(t, env.Telegram().TapData(botToken, alice, held.ID, forged))
			env.Settle()
		}
		require.Empty(t, env.transfers())
		require.Empty(t, env.KeysOf(alice))
	})
}

func TestTheChoiceIsTheBuyersAlone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.payLate(1, alice)[0]
		surplus := env.payAgain(alice, order, "5", "USDT")
		env.Say(boris, "/start")
		for _, stolen := range []string{
			"w:" + order, "m:" + order, fmt.Sprintf("ret:%s:%d", order, surplus.ID), "held", "held:" + order, "det:" + order,
		} {
			require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, stolen))
			env.Settle()
		}
		require.Empty(t, env.transfers())
		require.Zero(t, env.CountSent(boris, order))
		env.Say(olga, "/held")
		require.NotContains(t, env.Last(olga).Text, "The buyer waits")
	})
}

func TestASecondPaymentIsOfferedBackAndTheGoodsStay(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		before := env.coins()
		second := env.payAgain(alice, order, "5", "USDT")
		third := env.payAgain(alice, order, "7", "USDT")
		first, last := second.Payment.Amount.String(), third.Payment.Amount.String()
		require.Equal(t, 1, env.CountSent(alice, "second time ("+first+")"), "each is named by itself: %s", env.Transcript(alice))
		require.Equal(t, 1, env.CountSent(alice, "second time ("+last+")"))
		require.Equal(t, 1, env.CountSent(olga, "second time: "+last))

		button, found := testenv.FindButton(env.Last(alice), "Send it back")
		require.True(t, found)
		require.Equal(t, fmt.Sprintf("ret:%s:%d", order, third.ID), button.Data)
		offer := env.Last(alice).ID
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, offer, button.Data))
		}
		env.Settle()
		require.Len(t, env.transfers(), 1)
		require.Equal(t, last, env.transfers()[0].Amount.String())
		for _, m := range env.Chat(olga) { // the owner is later
			if strings.Contains(m.Text, "second time: "+last) {
				require.NoError(t, env.Telegram().Tap(botToken, olga, m.ID, "Send it back · "+last))
			}
		}
		env.Settle()
		require.Len(t, env.transfers(), 1)
		require.Contains(t, env.Transcript(olga), "has gone back")

		for _, m := range env.Chat(olga) { // and of the other one the first
			if strings.Contains(m.Text, "second time: "+first) {
				require.NoError(t, env.Telegram().Tap(botToken, olga, m.ID, "Send it back · "+first))
			}
		}
		env.Settle()
		require.Len(t, env.transfers(), 2)
		env.Tap(alice, "Send it back")
		require.Len(t, env.transfers(), 2)
		require.Equal(t, before.String(), env.coins().String(), "both are back, and nothing else")
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-01", "KEY-01"}, env.KeysOf(alice), "the goods stay hers")
	})
}

// After the owner has refunded the surplus by hand, the buyer's button must not refund the price of
// the goods as well.
func TestASurplusThatTheOwnerSentByHandIsNotSentAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		second := env.payAgain(alice, order, "5", "USDT")
		env.Say(olga, "/refund "+order+" "+second.Payment.Amount.String())
		env.Tap(olga, "Yes, send")
		require.Len(t, env.transfers(), 1)
		for _, m := range env.Chat(alice) {
			if b, found := testenv.FindButton(m, "Send it back"); found {
				require.NoError(t, env.Telegram().TapData(botToken, alice, m.ID, b.Data))
			}
		}
		env.Settle()
		require.Len(t, env.transfers(), 1)
		alerts := env.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "The owner of the shop decides")
	})
}

func TestASurplusThatCannotBeSentCanBeAskedForAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.payAgain(alice, order, "5", "USDT")
		env.CryptoPay().SetTransfersEnabled(appToken, false)
		env.Tap(alice, "Send it back")
		require.Equal(t, 1, env.CountSent(olga, "METHOD_DISABLED"))
		require.Equal(t, 1, env.CountSent(alice, "could not be sent back just now"))
		env.CryptoPay().SetTransfersEnabled(appToken, true)
		env.Tap(alice, "Send it back")
		require.Len(t, env.transfers(), 1)
		require.Equal(t, 1, env.CountSent(alice, "is back in your @CryptoBot wallet"))
	})
}

func TestTheOwnerSeesAllThatWaitPageByPage(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		var people []int64
		for i := range int64(7) {
			env.Telegram().AddUser(telegram.User{ID: 7100 + i, FirstName: fmt.Sprint("Late ", i), LanguageCode: "en"})
			people = append(people, 7100+i)
		}
		orders := env.payLate(1, people...)
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "/held")
		env.Say(olga, "/held")
		page := env.Last(olga)
		for i, order := range orders {
			require.Equal(t, i < 5, strings.Contains(page.Text, order), page.Text)
		}
		env.Tap(olga, "Next")
		page = env.Last(olga)
		require.Contains(t, page.Text, orders[6])
		require.Contains(t, page.Text, "Paid late, and sold out.")
		env.Tap(olga, "2 · Open")
		require.Contains(t, env.Last(olga).Text, orders[6])
		require.Contains(t, env.Last(olga).Text, "held, waits for you")
		env.Tap(olga, "First")
		env.Tap(olga, "All that wait") // of a notice
		require.Contains(t, env.Last(olga).Text, orders[0])
		env.LoadStock("vpn", "KEY-60", "KEY-61", "KEY-62", "KEY-63", "KEY-64", "KEY-65", "KEY-66")
		require.Empty(t, env.ordersHeld())
	})
}

// ordersHeld are the orders that /held lists.
func (env *testEnv) ordersHeld() []string {
	env.Say(olga, "/held")
	var held []string
	for word := range strings.FieldsSeq(env.Last(olga).Text) {
		if id, err := shop.ParseOrderID(word); err == nil && string(id) == word {
			held = append(held, string(id))
		}
	}
	return held
}

// The invoice of a cancelled order is paid after the shop has looked at it and before it is
// deleted, and the webhook is lost.
func TestPaidBetweenTheLookAndTheDeletion(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		env.Setenv("SYNC_INTERVAL", "24h")
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		payer := &payerAtDeletion{next: env.Network.Transport()}
		env.Transport = payer
		env.Start()
		env.Say(alice, "/buy vpn 2")
		in := env.CryptoPay().Invoices(appToken)[0]
		payer.pay = func() {
			_, err := env.CryptoPay().Pay(fmt.Sprint(in.ID), alice, "USDT")
			require.NoError(t, err)
		}
		env.Tap(alice, "Cancel")
		time.Sleep(time.Minute)
		env.Settle()
		require.Equal(t, 1, payer.deletions)
		require.Equal(t, testenv.Keys(2), env.KeysOf(alice))
	})
}

// payerAtDeletion calls pay just before each deletion of an invoice.
type payerAtDeletion struct {
	next      http.RoundTripper
	pay       func()
	deletions int
}

func (p *payerAtDeletion) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/deleteInvoice") && p.pay != nil {
		p.deletions++
		p.pay()
	}
	return p.next.RoundTrip(r)
}
