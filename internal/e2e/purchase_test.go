package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

func TestBuyerGetsGoodsAfterPaying(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		bill := env.Last(alice)
		require.Contains(t, bill.Text, "VPN <30> days × 2")
		require.Contains(t, bill.Text, "10.00 USD")
		require.NotEmpty(t, bill.URLs())
		require.Empty(t, env.KeysOf(alice), "nothing is sent before payment")

		in := env.Pay(alice)
		require.Equal(t, in.Payload, string(orderIn(t, bill.Text)), "the payload is the order's number")
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		require.Contains(t, env.Last(alice).Text, "Put it in.")
		require.Empty(t, env.PayLink(alice), "no button is left to pay twice")
		require.Equal(t, 1, env.CountSent(alice, "Paid · order"))
		require.Equal(t, 1, env.CountSent(olga, "10.00 USD"), "the owner sees the sale")
	})
}

// orderIn finds the order id in a text.
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
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start p_vpn")
		card := env.Last(alice)
		require.Contains(t, card.Text, "10 left")
		require.Contains(t, card.Text, "≈ 5.00 USDT")
		env.Tap(alice, "+")
		env.Tap(alice, "Buy · 10.00 USD")
		require.Len(t, env.Telegram().Sent(botToken, alice), 1, "all in one message that is edited")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
	})
}

func TestBuyingByButtonsTakesFiveTapsFromStart(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/start")
		env.Tap(boris, "Игры")
		env.Tap(boris, "VPN на 30 дней")
		env.Tap(boris, "Купить")
		require.Contains(t, env.Last(boris).Text, "Закреплён за вами на 30 минут")
		env.Pay(boris)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(boris))
		require.Equal(t, 1, env.CountSent(boris, "Оплачен"))
	})
}

func TestTextsAndFilesAreDelivered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, "The whole <secret> & more")

		env.Say(alice, "/buy album")
		env.Pay(alice)
		document := env.Last(alice).Document
		require.NotNil(t, document)
		require.Equal(t, "album.zip", document.Name)
		f, found := env.Telegram().File(document.ID)
		require.True(t, found)
		require.Equal(t, "PK pictures", string(f.Data))
	})
}

func TestFiftyRepeatsOfOneWebhookAreOnePayment(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{RepeatWebhooks: 49})
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		time.Sleep(time.Hour)
		deliveries := env.CryptoPay().Deliveries(appToken)
		require.Len(t, deliveries, 50)
		for _, d := range deliveries {
			require.Equal(t, http.StatusOK, d.Status)
		}
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "1 order, 1 paid")
	})
}

func TestALostWebhookIsFoundByAsking(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		time.Sleep(30 * time.Second)
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestTheBuyerCanHaveThePaymentLookedForAtOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		env.Setenv("SYNC_INTERVAL", "1h")
		env.Stop()
		env.Start()
		env.Say(alice, "/buy vpn")
		env.Tap(alice, "I have paid")
		alerts := env.Telegram().Alerts(botToken, alice)
		require.Contains(t, alerts[len(alerts)-1].Text, "No payment has arrived yet")
		env.Pay(alice)
		require.Empty(t, env.KeysOf(alice))
		env.Tap(alice, "I have paid")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestWebhookBeforeTheInvoiceWasAnswered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Hang: 20 * time.Second, DropAfter: true})
		require.NoError(t, env.Telegram().Say(botToken, alice, "/buy vpn"))
		time.Sleep(time.Second)
		synctest.Wait()
		invoices := env.CryptoPay().Invoices(appToken)
		require.Len(t, invoices, 1, "made, but not answered")
		_, err := env.CryptoPay().Pay(fmt.Sprint(invoices[0].ID), alice, "USDT")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		require.Empty(t, env.PayLink(alice))
	})
}

func TestAnInvoiceWhoseAnswerWasLostIsFoundAndNotMadeTwice(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{DropAfter: true})
		env.Say(alice, "/buy vpn")
		time.Sleep(time.Minute)
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestFiveKeysAndFiftyBuyers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.LoadKeys(5)
		for i := range int64(50) {
			env.Telegram().AddUser(telegram.User{ID: 5000 + i, FirstName: fmt.Sprint("Buyer ", i), LanguageCode: "en"})
			require.NoError(t, env.Telegram().Say(botToken, 5000+i, "/buy vpn"))
		}
		time.Sleep(time.Minute)
		var keys []string
		soldOut := 0
		for i := range int64(50) {
			if env.PayLink(5000+i) == "" {
				soldOut += env.CountSent(5000+i, "Sold out just now")
				continue
			}
			env.Pay(5000 + i)
			keys = append(keys, env.KeysOf(5000+i)...)
		}
		slices.Sort(keys)
		require.Equal(t, testenv.Keys(5), keys)
		require.Equal(t, 45, soldOut, "everybody else is told")
		env.Stop()
	})
}

func TestTheWholeStockCannotBeHeldByOneBuyer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 5 {
			env.Say(alice, "/buy vpn 3")
		}
		require.Len(t, env.CryptoPay().Invoices(appToken), 3)
		require.Contains(t, env.Last(alice).Text, "You have several unpaid orders already")
		env.Tap(alice, "Cancel")
		env.Say(alice, "/buy vpn 1")
		require.Contains(t, env.Last(alice).Text, "Held for you")
		env.Say(boris, "/buy vpn 9")
		require.Equal(t, 1, env.CountSent(boris, "Сейчас осталось только 3"))
	})
}

func TestADoubleTapIsOneOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start p_vpn")
		card := env.Last(alice)
		buy, found := testenv.FindButton(card, "Buy")
		require.True(t, found)
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, card.ID, buy.Data))
		}
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
	})
}

func TestAnUpdateThatComesTwiceIsOneOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Telegram().Repeat(botToken)
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
	})
}

func TestAnUnpaidOrderExpiresAndItsKeysAreFreeAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 10")
		env.Say(boris, "/buy vpn")
		require.Empty(t, env.PayLink(boris), "all are held for Alice")
		time.Sleep(31 * time.Minute)
		env.Settle()
		require.Empty(t, env.PayLink(alice))
		require.Equal(t, 1, env.CountSent(alice, "The time to pay is over"))
		env.Say(boris, "/buy vpn 10")
		env.Pay(boris)
		require.Len(t, env.KeysOf(boris), 10)
	})
}

func TestACancelledOrderCannotBePaidUnseen(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		bill := env.PayLink(alice)
		env.Tap(alice, "Cancel")
		require.Empty(t, env.PayLink(alice))
		_, err := env.CryptoPay().Pay(bill, alice, "USDT")
		require.ErrorIs(t, err, cryptopay.ErrNotFound, "the invoice was deleted")
		env.Say(alice, "/cancel")
		require.Contains(t, env.Last(alice).Text, "no unpaid order")
	})
}

// The invoice is paid in its last second and the webhook is lost. The shop finds the payment, since
// it asks before it frees the keys.
func TestPaidInTheLastSecond(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		env.Say(alice, "/buy vpn 10")
		in := env.CryptoPay().Invoices(appToken)[0]
		time.Sleep(time.Until(in.ExpiresAt) - time.Second)
		env.Pay(alice)
		time.Sleep(time.Minute)
		require.Len(t, env.KeysOf(alice), 10)
	})
}

// Crypto Pay is down while an order expires, and somebody else buys the keys. The late payment is
// held, buyer and owner are told, and the order is delivered from new stock.
func TestLateMoneyForSoldOutGoodsIsHeldAndThenDelivered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
		env.Say(alice, "/buy vpn 10")
		in := env.CryptoPay().Invoices(appToken)[0]
		time.Sleep(time.Until(in.ExpiresAt) - time.Second)
		env.CryptoPay().FailNext("getInvoices", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Pay(alice)
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "The time to pay is over"))

		env.Say(boris, "/buy vpn 10")
		env.CryptoPay().FailNext("getInvoices", 0, cryptopay.Failure{})
		env.Pay(boris)
		env.tapUntilPaid(boris)
		require.Len(t, env.KeysOf(boris), 10)
		time.Sleep(10 * time.Minute)
		env.Settle()
		require.Empty(t, env.KeysOf(alice))
		require.GreaterOrEqual(t, env.CountSent(alice, "arrived after the hold time"), 1)
		require.Equal(t, 1, env.CountSent(olga, "Paid, and waiting for you"))

		env.LoadStock("vpn", testenv.Keys(20)...)
		require.Equal(t, 1, env.CountSent(olga, "10 left out"))
		require.Equal(t, testenv.Keys(20)[10:], env.KeysOf(alice))
	})
}

func (env *testEnv) tapUntilPaid(who int64) {
	for range 10 {
		if len(env.KeysOf(who)) > 0 {
			return
		}
		time.Sleep(time.Minute)
		env.Settle()
	}
}

func TestCryptoPayDownAtCheckout(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Say(alice, "/buy vpn 10")
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, env.CountSent(alice, "Preparing your invoice"))
		time.Sleep(5 * time.Minute)
		env.Settle()
		require.Equal(t, 1, env.CountSent(alice, "does not answer just now"), env.Transcript(alice))
		env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		time.Sleep(10 * time.Minute)
		env.Say(boris, "/buy vpn 10")
		env.Pay(boris)
		require.Len(t, env.KeysOf(boris), 10, "the reservation has ended")
	})
}

func TestCryptoPayIsSlowAndTheButtonFollows(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Say(alice, "/buy vpn")
		time.Sleep(time.Minute)
		env.Settle()
		require.Len(t, env.Telegram().Sent(botToken, alice), 1)
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestAnOrdersMessageNeverBecomesAnothers(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start p_vpn")
		env.Tap(alice, "Buy")
		first := env.PayLink(alice)
		time.Sleep(20 * time.Minute)
		env.Tap(alice, "My orders")
		env.Tap(alice, "Menu")
		env.Tap(alice, "Games")
		env.Tap(alice, "Guide")
		env.Tap(alice, "Buy")
		second := env.PayLink(alice)
		require.NotEqual(t, first, second)
		time.Sleep(12 * time.Minute)
		env.Settle()
		require.Equal(t, 1, env.CountSent(alice, "The time to pay is over"), "the first order has lapsed")
		require.Equal(t, second, env.PayLink(alice), "and the second can still be paid")
	})
}
