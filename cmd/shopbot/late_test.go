package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// payLate has people order so many units each, give it up, and pay for it after somebody
// else has bought everything. It returns the numbers of the orders, which are held now.
func (w *town) payLate(quantity int, people ...int64) []string {
	w.t.Helper()
	var orders []string
	for _, who := range people {
		w.say(who, fmt.Sprintf("/buy vpn %d", quantity))
		all := w.CryptoPay().Invoices(appToken)
		orders = append(orders, orderOf(all[len(all)-1]))
		w.tap(who, "Cancel")
	}
	w.say(boris, "/buy vpn 10")
	w.pay(boris)
	for i, who := range people {
		w.payAnew(who, orders[i], fmt.Sprint(5*quantity), "USDT")
		require.Contains(w.t, w.last(who).Text, "arrived after the hold time")
	}
	return orders
}

// payAnew has somebody pay one more invoice for an order.
func (w *town) payAnew(who int64, order, usd string, asset money.Currency) cryptopay.Invoice {
	w.t.Helper()
	in, err := w.CryptoPay().Pay(fmt.Sprint(w.invoiceFor(order, usd).ID), who, asset)
	require.NoError(w.t, err)
	w.settle()
	return in
}

func (w *town) stockLine() string {
	w.say(olga, "/stock vpn")
	return w.last(olga).Text
}

func (w *town) transfers() []cryptopay.Transfer { return w.CryptoPay().Transfers(appToken) }

func TestWhoPaidTooLateMayWait(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.payLate(1, alice)
		w.tap(alice, "Wait for it")
		require.Equal(t, 1, w.heard(alice, "You are waiting"))
		w.say(olga, "/held")
		require.Contains(t, w.last(olga).Text, "The buyer waits for the goods.")
		w.close()
		w.open()
		w.say(olga, "/addstock vpn\nKEY-50")
		require.Equal(t, []string{"KEY-50"}, w.keysOf(alice))
		require.Empty(t, w.transfers())
		w.say(olga, "/held")
		require.Contains(t, w.last(olga).Text, "No paid order waits for you")
	})
}

func TestWhoPaidTooLateMayHaveTheMoneyBackAtOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		before := w.coins()
		order := w.payLate(2, alice)[0]
		require.NotEqual(t, before.String(), w.coins().String())
		held := w.last(alice)
		back, found := findButton(held, "Money back")
		require.True(t, found)
		for range 3 {
			require.NoError(t, w.Telegram().TapData(botToken, alice, held.ID, back.Data))
		}
		w.settle()
		require.Len(t, w.transfers(), 1, "a triple tap moves money once")
		require.Equal(t, before.String(), w.coins().String())
		require.Equal(t, 1, w.heard(alice, "is back in your @CryptoBot wallet"))
		require.Equal(t, 1, w.heard(olga, "Refunded:"))
		w.say(olga, "/addstock vpn\nKEY-50\nKEY-51")
		require.Empty(t, w.keysOf(alice), "who has the money back gets no goods")
		require.Contains(t, w.stockLine(), "2 free")
		w.close()
		for _, o := range w.ordersInDatabase() {
			if string(o.ID) == order {
				require.Equal(t, shop.StateRefunded, o.State)
				require.Equal(t, alice, o.Refunds[0].By)
			}
		}
		w.open()
	})
}

func TestWhoWaitsMayThinkBetterOfItFromTheOrdersScreen(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.payLate(1, alice)
		w.tap(alice, "Wait for it")
		w.say(alice, "/orders")
		w.tap(alice, "VPN")
		_, still := findButton(w.last(alice), "Wait for it")
		require.False(t, still, "that is chosen already")
		w.tap(alice, "Money back")
		require.Len(t, w.transfers(), 1)
	})
}

func TestMoneyBackPressedWhileTheStockCameIsADelivery(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.payLate(1, alice)
		held := w.last(alice)
		back, _ := findButton(held, "Money back")
		w.say(olga, "/addstock vpn\nKEY-50")
		require.NoError(t, w.Telegram().TapData(botToken, alice, held.ID, back.Data))
		w.settle()
		require.Equal(t, []string{"KEY-50"}, w.keysOf(alice))
		require.Empty(t, w.transfers())
		require.Contains(t, w.transcript(alice), "Paid · order")
	})
}

func TestThoseWhoWaitAreServedInTheirOrderAndThoseWhoDoNotAreNot(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		const carl, dora = 7001, 7002
		for _, id := range []int64{carl, dora} {
			w.Telegram().AddUser(telegram.User{ID: id, FirstName: "Late", LanguageCode: "en"})
		}
		w.payLate(1, alice, carl, dora)
		w.tap(alice, "Money back")
		w.say(olga, "/addstock vpn\nKEY-50")
		require.Equal(t, []string{"KEY-50"}, w.keysOf(carl), "the oldest that waits")
		require.Empty(t, w.keysOf(dora))
		w.say(olga, "/addstock vpn\nKEY-51")
		require.Equal(t, []string{"KEY-51"}, w.keysOf(dora))
		require.Empty(t, w.keysOf(alice))
	})
}

// Transfers do not work: the buyer hears that the owner knows, the owner hears why, the wish is kept, and
// nobody makes the shop ask for ever.
func TestMoneyBackThatCannotBeSentIsLeftToTheOwner(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.payLate(1, alice)[0]
		w.CryptoPay().SetStarted(alice, false)
		w.tap(alice, "Money back")
		require.Equal(t, 1, w.heard(alice, "could not be sent back just now"), w.transcript(alice))
		require.Equal(t, 1, w.heard(alice, "open @CryptoBot, press Start"))
		require.Equal(t, 1, w.heard(olga, "USER_NOT_FOUND"))
		w.say(olga, "/order "+order)
		require.Contains(t, w.last(olga).Text, "The buyer asked for the money back.")
		w.say(olga, "/addstock vpn\nKEY-50")
		require.Empty(t, w.keysOf(alice), "who asked for the money is not given goods instead")

		w.tap(alice, "Money back")
		w.tap(alice, "Money back")
		w.tap(alice, "Money back")
		require.Equal(t, 3, w.heard(olga, "The refund was refused"), "the fourth time nobody is asked")
		alerts := w.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "The owner of the shop decides")

		w.CryptoPay().SetStarted(alice, true)
		w.say(olga, "/held")
		w.tap(olga, "Refund")
		w.tap(olga, "Yes, send")
		require.Len(t, w.transfers(), 1)
	})
}

func TestAnAnswerLostInAMoneyBackIsOneTransfer(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.payLate(1, alice)
		w.CryptoPay().FailNext("transfer", 8, cryptopay.Failure{DropAfter: true})
		w.tap(alice, "Money back")
		w.close()
		w.open()
		time.Sleep(time.Hour)
		w.settle()
		require.Len(t, w.transfers(), 1)
		require.Equal(t, 1, w.heard(alice, "is back in your @CryptoBot wallet"))
	})
}

func TestAllCoinsThatWerePaidComeBack(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.payLate(1, alice)[0]
		w.payAnew(alice, order, "5", "TON")
		w.say(alice, "/orders")
		w.tap(alice, "VPN")
		w.tap(alice, "Money back")
		time.Sleep(time.Minute)
		w.settle()
		require.Len(t, w.transfers(), 2, "a transfer for each coin")
		require.Equal(t, 2, w.heard(alice, "is back in your @CryptoBot wallet"))
		require.Contains(t, w.transcript(alice), "Refunded. The coins")
	})
}

func TestAMissingFileLeavesTheBuyerTheChoice(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		require.NoError(t, os.Remove(filepath.Join(w.dir, "album.zip")))
		w.say(alice, "/buy album")
		w.pay(alice)
		require.Contains(t, w.last(alice).Text, "cannot be sent just now")
		w.tap(alice, "Money back")
		require.Len(t, w.transfers(), 1)
	})
}

func TestWhatWasNotAgreedOnIsTheOwnersToDecide(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		order := orderOf(w.CryptoPay().Invoices(appToken)[0])
		w.payAnew(alice, order, "1", "USDT")
		held := w.last(alice)
		require.Contains(t, held.Text, "differs from the price")
		for _, button := range []string{"Wait for it", "Money back"} {
			_, found := findButton(held, button)
			require.False(t, found, button)
		}
		for _, forged := range []string{"w:" + order, "m:" + order} {
			require.NoError(t, w.Telegram().TapData(botToken, alice, held.ID, forged))
			w.settle()
		}
		require.Empty(t, w.transfers())
		require.Empty(t, w.keysOf(alice))
	})
}

func TestTheChoiceIsTheBuyersAlone(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.payLate(1, alice)[0]
		surplus := w.payAnew(alice, order, "5", "USDT")
		w.say(boris, "/start")
		for _, stolen := range []string{
			"w:" + order, "m:" + order, fmt.Sprintf("ret:%s:%d", order, surplus.ID), "held", "held:" + order, "det:" + order,
		} {
			require.NoError(t, w.Telegram().TapData(botToken, boris, w.last(boris).ID, stolen))
			w.settle()
		}
		require.Empty(t, w.transfers())
		require.Zero(t, w.heard(boris, order))
		w.say(olga, "/held")
		require.NotContains(t, w.last(olga).Text, "The buyer waits")
	})
}

func TestASecondPaymentIsOfferedBackAndTheGoodsStay(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		before := w.coins()
		second := w.payAnew(alice, order, "5", "USDT")
		third := w.payAnew(alice, order, "7", "USDT")
		first, last := second.Payment.Amount.String(), third.Payment.Amount.String()
		require.Equal(t, 1, w.heard(alice, "second time ("+first+")"), "each is named by itself: %s", w.transcript(alice))
		require.Equal(t, 1, w.heard(alice, "second time ("+last+")"))
		require.Equal(t, 1, w.heard(olga, "second time: "+last))

		button, found := findButton(w.last(alice), "Send it back")
		require.True(t, found)
		require.Equal(t, fmt.Sprintf("ret:%s:%d", order, third.ID), button.Data)
		offer := w.last(alice).ID
		for range 3 {
			require.NoError(t, w.Telegram().TapData(botToken, alice, offer, button.Data))
		}
		w.settle()
		require.Len(t, w.transfers(), 1)
		require.Equal(t, last, w.transfers()[0].Amount.String())
		for _, m := range w.chat(olga) { // the owner is later
			if strings.Contains(m.Text, "second time: "+last) {
				require.NoError(t, w.Telegram().Tap(botToken, olga, m.ID, "Send it back · "+last))
			}
		}
		w.settle()
		require.Len(t, w.transfers(), 1)
		require.Contains(t, w.transcript(olga), "has gone back")

		for _, m := range w.chat(olga) { // and of the other one the first
			if strings.Contains(m.Text, "second time: "+first) {
				require.NoError(t, w.Telegram().Tap(botToken, olga, m.ID, "Send it back · "+first))
			}
		}
		w.settle()
		require.Len(t, w.transfers(), 2)
		w.tap(alice, "Send it back")
		require.Len(t, w.transfers(), 2)
		require.Equal(t, before.String(), w.coins().String(), "both are back, and nothing else")
		w.say(alice, "/orders")
		w.tap(alice, "VPN")
		w.tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-01", "KEY-01"}, w.keysOf(alice), "the goods stay hers")
	})
}

// The owner sends the surplus back by hand. The buyer's button must not send the price of the goods after it.
func TestASurplusThatTheOwnerSentByHandIsNotSentAgain(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		second := w.payAnew(alice, order, "5", "USDT")
		w.say(olga, "/refund "+order+" "+second.Payment.Amount.String())
		w.tap(olga, "Yes, send")
		require.Len(t, w.transfers(), 1)
		for _, m := range w.chat(alice) {
			if b, found := findButton(m, "Send it back"); found {
				require.NoError(t, w.Telegram().TapData(botToken, alice, m.ID, b.Data))
			}
		}
		w.settle()
		require.Len(t, w.transfers(), 1)
		alerts := w.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "The owner of the shop decides")
	})
}

func TestASurplusThatCannotBeSentCanBeAskedForAgain(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.payAnew(alice, order, "5", "USDT")
		w.CryptoPay().SetTransfersEnabled(appToken, false)
		w.tap(alice, "Send it back")
		require.Equal(t, 1, w.heard(olga, "METHOD_DISABLED"))
		require.Equal(t, 1, w.heard(alice, "could not be sent back just now"))
		w.CryptoPay().SetTransfersEnabled(appToken, true)
		w.tap(alice, "Send it back")
		require.Len(t, w.transfers(), 1)
		require.Equal(t, 1, w.heard(alice, "is back in your @CryptoBot wallet"))
	})
}

func TestTheOwnerSeesAllThatWaitPageByPage(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		var people []int64
		for i := range int64(7) {
			w.Telegram().AddUser(telegram.User{ID: 7100 + i, FirstName: fmt.Sprint("Late ", i), LanguageCode: "en"})
			people = append(people, 7100+i)
		}
		orders := w.payLate(1, people...)
		w.say(olga, "/stats")
		require.Contains(t, w.last(olga).Text, "/held")
		w.say(olga, "/held")
		page := w.last(olga)
		for i, order := range orders {
			require.Equal(t, i < 5, strings.Contains(page.Text, order), page.Text)
		}
		w.tap(olga, "Next")
		page = w.last(olga)
		require.Contains(t, page.Text, orders[6])
		require.Contains(t, page.Text, "Paid late, and sold out.")
		w.tap(olga, "2 · Open")
		require.Contains(t, w.last(olga).Text, orders[6])
		require.Contains(t, w.last(olga).Text, "held, waits for you")
		w.tap(olga, "First")
		w.tap(olga, "All that wait") // of a notice
		require.Contains(t, w.last(olga).Text, orders[0])
		w.say(olga, "/addstock vpn\nKEY-60\nKEY-61\nKEY-62\nKEY-63\nKEY-64\nKEY-65\nKEY-66")
		require.Empty(t, w.ordersHeld())
	})
}

// ordersHeld are the orders that the owner is shown as waiting.
func (w *town) ordersHeld() []string {
	w.say(olga, "/held")
	var held []string
	for word := range strings.FieldsSeq(w.last(olga).Text) {
		if id, err := shop.ParseOrderID(word); err == nil && strings.Contains(word, "-") {
			held = append(held, string(id))
		}
	}
	return held
}

// A cancelled order's invoice is paid between the look at it and its deletion, and its webhook is lost.
func TestPaidBetweenTheLookAndTheDeletion(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.close()
		w.set("SYNC_INTERVAL", "24h")
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		payer := &payerAtDeletion{next: w.net.Transport()}
		w.out = payer
		w.open()
		w.say(alice, "/buy vpn 2")
		in := w.CryptoPay().Invoices(appToken)[0]
		payer.pay = func() {
			_, err := w.CryptoPay().Pay(fmt.Sprint(in.ID), alice, "USDT")
			require.NoError(t, err)
		}
		w.tap(alice, "Cancel")
		time.Sleep(time.Minute)
		w.settle()
		require.Equal(t, 1, payer.deletions)
		require.Equal(t, keysUpTo(2), w.keysOf(alice))
	})
}

// payerAtDeletion has an invoice paid just before it is deleted, which Crypto Pay then refuses or passes over.
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
