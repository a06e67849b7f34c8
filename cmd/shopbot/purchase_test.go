package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

const (
	alice = sandbox.Alice
	boris = sandbox.Boris
	olga  = sandbox.Olga
)

func TestBuyerGetsGoodsAfterPaying(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn 2")
		bill := w.last(alice)
		require.Contains(t, bill.Text, "VPN <30> days × 2")
		require.Contains(t, bill.Text, "10.00 USD")
		require.NotEmpty(t, bill.URLs())
		require.Empty(t, w.keysOf(alice), "nothing is sent before payment")

		in := w.pay(alice)
		require.Equal(t, orderOf(in), string(orderIn(t, bill.Text)), "the payload is the order's number")
		require.Equal(t, []string{"KEY-01", "KEY-02"}, w.keysOf(alice))
		require.Contains(t, w.last(alice).Text, "Put it in.")
		require.Empty(t, w.bill(alice), "no button is left to pay twice")
		require.Equal(t, 1, w.heard(alice, "Paid · order"))
		require.Equal(t, 1, w.heard(olga, "10.00 USD"), "the owner sees the sale")
	})
}

// orderIn finds the order's number in a text.
func orderIn(t *testing.T, text string) shop.OrderID {
	t.Helper()
	for word := range strings.FieldsSeq(text) {
		if id, err := shop.ParseOrderID(word); err == nil {
			return id
		}
	}
	require.Fail(t, "no order number", text)
	return ""
}

func TestBuyingByButtonsTakesFourTapsFromAProductLink(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/start p_vpn")
		card := w.last(alice)
		require.Contains(t, card.Text, "10 left")
		require.Contains(t, card.Text, "≈ 5.00 USDT")
		w.tap(alice, "+")
		w.tap(alice, "Buy · 10.00 USD")
		require.Len(t, w.Telegram().Sent(botToken, alice), 1, "all in one message that is edited")
		w.pay(alice)
		require.Equal(t, []string{"KEY-01", "KEY-02"}, w.keysOf(alice))
	})
}

func TestBuyingByButtonsTakesSixTapsFromStart(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(boris, "/start")
		w.tap(boris, "Магазин")
		w.tap(boris, "Игры")
		w.tap(boris, "VPN на 30 дней")
		w.tap(boris, "Купить")
		require.Contains(t, w.last(boris).Text, "Закреплён за вами на 30 минут")
		w.pay(boris)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(boris))
		require.Equal(t, 1, w.heard(boris, "Оплачен"))
	})
}

func TestTextsAndFilesAreDelivered(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy guide")
		w.pay(alice)
		require.Contains(t, w.last(alice).Text, "The whole <secret> & more")

		w.say(alice, "/buy album")
		w.pay(alice)
		document := w.last(alice).Document
		require.NotNil(t, document)
		require.Equal(t, "album.zip", document.Name)
		f, found := w.Telegram().File(document.ID)
		require.True(t, found)
		require.Equal(t, "PK pictures", string(f.Data))
	})
}

func TestFiftyRepeatsOfOneWebhookAreOnePayment(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().SetFaults(cryptopay.Faults{RepeatWebhooks: 49})
		w.say(alice, "/buy vpn")
		w.pay(alice)
		time.Sleep(time.Hour)
		deliveries := w.CryptoPay().Deliveries(appToken)
		require.Len(t, deliveries, 50)
		for _, d := range deliveries {
			require.Equal(t, http.StatusOK, d.Status)
		}
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		w.say(olga, "/stats")
		require.Contains(t, w.last(olga).Text, "paid: 1")
	})
}

func TestALostWebhookIsFoundByAsking(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		w.say(alice, "/buy vpn")
		w.pay(alice)
		time.Sleep(30 * time.Second)
		w.settle()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestTheBuyerCanHaveThePaymentLookedForAtOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		w.set("SYNC_INTERVAL", "1h")
		w.close()
		w.open()
		w.say(alice, "/buy vpn")
		w.tap(alice, "I have paid")
		alerts := w.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "No payment has arrived yet")
		w.pay(alice)
		require.Empty(t, w.keysOf(alice))
		w.tap(alice, "I have paid")
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestWebhookBeforeTheInvoiceWasAnswered(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Hang: 20 * time.Second, DropAfter: true})
		require.NoError(t, w.Telegram().Say(botToken, alice, "/buy vpn"))
		time.Sleep(time.Second)
		synctest.Wait()
		invoices := w.CryptoPay().Invoices(appToken)
		require.Len(t, invoices, 1, "made, but not answered")
		_, err := w.CryptoPay().Pay(fmt.Sprint(invoices[0].ID), alice, "USDT")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		w.settle()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		require.Len(t, w.CryptoPay().Invoices(appToken), 1)
		require.Empty(t, w.bill(alice))
	})
}

func TestAnInvoiceWhoseAnswerWasLostIsFoundAndNotMadeTwice(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{DropAfter: true})
		w.say(alice, "/buy vpn")
		time.Sleep(time.Minute)
		w.settle()
		require.Len(t, w.CryptoPay().Invoices(appToken), 1)
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestFiveKeysAndFiftyBuyers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.open()
		w.stock(5)
		for i := range int64(50) {
			w.Telegram().AddUser(telegram.User{ID: 5000 + i, FirstName: fmt.Sprint("Buyer ", i), LanguageCode: "en"})
			require.NoError(t, w.Telegram().Say(botToken, 5000+i, "/buy vpn"))
		}
		time.Sleep(time.Minute)
		var keys []string
		soldOut := 0
		for i := range int64(50) {
			if w.bill(5000+i) == "" {
				soldOut += w.heard(5000+i, "just been sold out")
				continue
			}
			w.pay(5000 + i)
			keys = append(keys, w.keysOf(5000+i)...)
		}
		slices.Sort(keys)
		require.Equal(t, keysUpTo(5), keys)
		require.Equal(t, 45, soldOut, "everybody else is told")
		w.close()
	})
}

func TestTheWholeStockCannotBeHeldByOneBuyer(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		for range 5 {
			w.say(alice, "/buy vpn 3")
		}
		require.Len(t, w.CryptoPay().Invoices(appToken), 3)
		require.Contains(t, w.last(alice).Text, "You have several unpaid orders already")
		w.tap(alice, "Cancel")
		w.say(alice, "/buy vpn 1")
		require.Contains(t, w.last(alice).Text, "Held for you")
		w.say(boris, "/buy vpn 9")
		require.Equal(t, 1, w.heard(boris, "Сейчас осталось только 3"))
	})
}

func TestADoubleTapIsOneOrder(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/start p_vpn")
		card := w.last(alice)
		buy, found := findButton(card, "Buy")
		require.True(t, found)
		for range 3 {
			require.NoError(t, w.Telegram().TapData(botToken, alice, card.ID, buy.Data))
		}
		w.settle()
		require.Len(t, w.CryptoPay().Invoices(appToken), 1)
	})
}

func TestAnUpdateThatComesTwiceIsOneOrder(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		w.Telegram().Repeat(botToken)
		w.settle()
		require.Len(t, w.CryptoPay().Invoices(appToken), 1)
	})
}

func TestAnUnpaidOrderExpiresAndItsKeysAreFreeAgain(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn 10")
		w.say(boris, "/buy vpn")
		require.Empty(t, w.bill(boris), "all are held for Alice")
		time.Sleep(31 * time.Minute)
		w.settle()
		require.Empty(t, w.bill(alice))
		require.Equal(t, 1, w.heard(alice, "The time to pay is over"))
		w.say(boris, "/buy vpn 10")
		w.pay(boris)
		require.Len(t, w.keysOf(boris), 10)
	})
}

func TestACancelledOrderCannotBePaidUnseen(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		bill := w.bill(alice)
		w.tap(alice, "Cancel")
		require.Empty(t, w.bill(alice))
		_, err := w.CryptoPay().Pay(bill, alice, "USDT")
		require.ErrorIs(t, err, cryptopay.ErrNotFound, "the invoice was deleted")
		w.say(alice, "/cancel")
		require.Contains(t, w.last(alice).Text, "no unpaid order")
	})
}

// The invoice is paid in its last second, its webhook is lost, and the shop
// hears of it only when it asks before giving the keys away.
func TestPaidInTheLastSecond(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		w.say(alice, "/buy vpn 10")
		in := w.CryptoPay().Invoices(appToken)[0]
		time.Sleep(time.Until(in.ExpiresAt) - time.Second)
		w.pay(alice)
		time.Sleep(time.Minute)
		require.Len(t, w.keysOf(alice), 10)
	})
}

// Crypto Pay is down while an order lapses: somebody else buys the keys. The late money is held, both are told,
// and new stock settles it.
func TestLateMoneyForSoldOutGoodsIsHeldAndThenDelivered(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		w.say(alice, "/buy vpn 10")
		in := w.CryptoPay().Invoices(appToken)[0]
		time.Sleep(time.Until(in.ExpiresAt) - time.Second)
		w.CryptoPay().FailNext("getInvoices", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		w.pay(alice)
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, w.heard(alice, "The time to pay is over"))

		w.say(boris, "/buy vpn 10")
		w.CryptoPay().FailNext("getInvoices", 0, cryptopay.Failure{})
		w.pay(boris)
		w.tapUntilPaid(boris)
		require.Len(t, w.keysOf(boris), 10)
		time.Sleep(10 * time.Minute)
		w.settle()
		require.Empty(t, w.keysOf(alice))
		require.GreaterOrEqual(t, w.heard(alice, "arrived after the hold time"), 1)
		require.Equal(t, 1, w.heard(olga, "Paid, and waiting for you"))

		w.say(olga, "/addstock vpn\n"+strings.Join(keysUpTo(20), "\n"))
		require.Equal(t, 1, w.heard(olga, "10 duplicates"))
		require.Equal(t, keysUpTo(20)[10:], w.keysOf(alice))
	})
}

func (w *town) tapUntilPaid(who int64) {
	for range 10 {
		if len(w.keysOf(who)) > 0 {
			return
		}
		time.Sleep(time.Minute)
		w.settle()
	}
}

func TestCryptoPayDownAtCheckout(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().FailNext("", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		w.say(alice, "/buy vpn 10")
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, w.heard(alice, "Preparing your invoice"))
		time.Sleep(5 * time.Minute)
		w.settle()
		require.Equal(t, 1, w.heard(alice, "does not answer just now"), w.transcript(alice))
		w.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		time.Sleep(10 * time.Minute)
		w.say(boris, "/buy vpn 10")
		w.pay(boris)
		require.Len(t, w.keysOf(boris), 10, "the reservation has ended")
	})
}

func TestCryptoPayIsSlowAndTheButtonFollows(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: http.StatusBadGateway})
		w.say(alice, "/buy vpn")
		time.Sleep(time.Minute)
		w.settle()
		require.Len(t, w.Telegram().Sent(botToken, alice), 1)
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestAnOrdersMessageNeverBecomesAnothers(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/start p_vpn")
		w.tap(alice, "Buy")
		first := w.bill(alice)
		time.Sleep(20 * time.Minute)
		w.tap(alice, "My orders")
		w.tap(alice, "Shop")
		w.tap(alice, "Games")
		w.tap(alice, "Guide")
		w.tap(alice, "Buy")
		second := w.bill(alice)
		require.NotEqual(t, first, second)
		time.Sleep(12 * time.Minute)
		w.settle()
		require.Equal(t, 1, w.heard(alice, "The time to pay is over"), "the first order has lapsed")
		require.Equal(t, second, w.bill(alice), "and the second can still be paid")
	})
}
