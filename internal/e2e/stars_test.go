package e2e_test

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	tg "shopbot/internal/telegram"
)

const starsCatalog = `
shop: {name: Test Shop, currency: USD, assets: [USDT, TON], languages: [en, ru], support: "@help", pay: [crypto, stars], stars_rate: "0.01"}
categories: [{id: games, title: Games}]
products:
  - {sku: vpn, category: games, title: VPN, price: "5.00", limit: 10, deliver: keys}
  - {sku: guide, category: games, title: Guide, price: "2.50", pay: [stars], deliver: text, text: The whole guide}
  - {sku: club, category: games, title: Club, price: "1", stars: "100", pay: [stars], access: 30d, subscription: true, deliver: text, text: Welcome to the club}
`

// inStarsShop runs a test in a shop that takes coins and Stars, with ten keys in stock.
func inStarsShop(t *testing.T, test func(t *testing.T, e *testenv.Env), set ...func(*testenv.Env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := testenv.New(t, nil)
		require.NoError(t, os.WriteFile(filepath.Join(e.Dir, "catalog.yaml"), []byte(starsCatalog), 0o600))
		for _, f := range set {
			f(e)
		}
		e.Start()
		e.LoadKeys(10)
		test(t, e)
		e.Stop()
	})
}

// cryptoLink is the newest link to pay with coins that somebody sees.
func cryptoLink(t *testing.T, e *testenv.Env, who int64) string {
	t.Helper()
	for _, url := range e.Last(who).URLs() {
		if _, err := e.CryptoPay().Invoice(url); err == nil {
			return url
		}
	}
	require.Fail(t, "no link to pay with coins", e.Transcript(who))
	return ""
}

// lastLine is the last line of a text that ends with a line break, without it.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}

// newTelegramClient is another program with the bot's token.
func newTelegramClient(t *testing.T, e *testenv.Env) *tg.Client {
	t.Helper()
	c, err := tg.New(tg.Config{Token: testenv.BotToken, APIURL: "http://sandbox.test/telegram", Transport: e.Network.Transport()})
	require.NoError(t, err)
	return c
}

// payloadOf is the order that a payment with Stars was for.
func payloadOf(e *testenv.Env, paid telegram.Checkout, who int64) string {
	for _, p := range e.Telegram().StarPayments(testenv.BotToken, who) {
		if p.Charge == paid.Charge {
			return p.Payload
		}
	}
	return ""
}

func onlyOrder(t *testing.T, e *testenv.Env) shop.Order {
	t.Helper()
	orders := e.StoredOrders()
	require.Len(t, orders, 1)
	return orders[0]
}

func TestABuyerPaysWithStars(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy vpn")
		paid := e.PayStars(sandbox.Alice)
		require.EqualValues(t, "paid", paid.State)
		require.Equal(t, []string{"KEY-01"}, testenv.KeysIn(e.Last(sandbox.Alice).Text))
		require.EqualValues(t, 500, e.Telegram().StarBalance(testenv.BotToken))
		e.Stop()
		o := onlyOrder(t, e)
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, paid.Charge, o.Payments[0].Invoice)
		require.Equal(t, "500 XTR", o.Payments[0].Amount.String())
		require.Equal(t, shop.CryptoPay, o.Rail, "coins would have been taken too")
		require.True(t, o.InvoiceClosed, "the invoice for coins cannot be paid any more")
		e.Start()
	})
}

func TestAShopByWebhookTakesStars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testenv.New(t, nil)
		require.NoError(t, os.WriteFile(filepath.Join(e.Dir, "catalog.yaml"), []byte(starsCatalog), 0o600))
		e.Setenv("PUBLIC_URL", "https://shop.test")
		listener, err := e.Network.Listen("shop.test:443")
		require.NoError(t, err)
		forward := &httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "shop.test:8080"}) },
			Transport: e.Network.Transport(),
		}
		server := &http.Server{Handler: forward} //nolint:gosec // in memory
		go func() { _ = server.Serve(listener) }()
		defer func() { _ = server.Close() }()
		e.Start()
		e.Say(sandbox.Alice, "/buy guide")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		require.Contains(t, e.Last(sandbox.Alice).Text, "The whole guide")
		e.Stop()
	})
}

func TestWhoeverIsNotTheBuyerOrComesTooLateReadsWhy(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy vpn")
		link := e.StarsLink(sandbox.Alice)
		refused := func(who int64) string {
			t.Helper()
			id, err := e.Telegram().PayStarsLink(link, who)
			require.NoError(t, err)
			e.Settle()
			c, found := e.Telegram().Checkout(id)
			require.True(t, found)
			require.EqualValues(t, "refused", c.State)
			return c.Text
		}
		require.Contains(t, refused(sandbox.Boris), "не ваш")
		_, err := e.CryptoPay().Pay(cryptoLink(t, e, sandbox.Alice), sandbox.Alice, "USDT")
		require.NoError(t, err)
		e.Settle()
		require.Contains(t, refused(sandbox.Alice), "paid already")

		e.Say(sandbox.Alice, "/buy vpn")
		link = e.StarsLink(sandbox.Alice)
		time.Sleep(time.Hour)
		require.Contains(t, refused(sandbox.Alice), "order again")
		require.Zero(t, e.Telegram().StarBalance(testenv.BotToken))
	})
}

// Telegram repeats the question and the payment; the buyer gets one key for them.
func TestAPaymentWithStarsThatIsToldTwiceIsOne(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{RepeatCheckouts: 2, RepeatPayments: 2})
		e.Say(sandbox.Alice, "/buy vpn")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "KEY-"))
		require.EqualValues(t, 500, e.Telegram().StarBalance(testenv.BotToken))
		e.Stop()
		require.Len(t, onlyOrder(t, e).Payments, 1)
		e.Start()
	})
}

func TestAPaymentWithStarsThatIsNeverToldIsFound(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		e.Say(sandbox.Alice, "/buy vpn")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		require.Zero(t, e.CountSent(sandbox.Alice, "KEY-"))
		time.Sleep(time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "KEY-"), "the next comparison finds it")
		e.Stop()
		require.Equal(t, shop.StateDelivered, onlyOrder(t, e).State)
		e.Start()
	})
}

// The buyer cancels while the payment is on its way, and its message is lost.
func TestAPaymentThatMeetsACancellationIsHonoured(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		e.Say(sandbox.Alice, "/buy guide")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		e.Say(sandbox.Alice, "/cancel")
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "The whole guide"), e.Transcript(sandbox.Alice))
	})
}

func TestBothWaysPaidIsASurplusThatGoesBack(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy vpn")
		link := cryptoLink(t, e, sandbox.Alice)
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		e.Telegram().SetFaults(telegram.Faults{})
		_, err := e.CryptoPay().Pay(link, sandbox.Alice, "USDT")
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "KEY-"))
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "a second time"), e.Transcript(sandbox.Alice))
		e.Press(sandbox.Alice, "ret")
		time.Sleep(time.Minute)
		require.Zero(t, e.Telegram().StarBalance(testenv.BotToken), e.Transcript(sandbox.Alice))
		e.Stop()
		o := onlyOrder(t, e)
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, shop.RefundSent, o.Refunds[0].Status)
		e.Start()
	})
}

func TestOneWayThatIsRefusedLeavesTheOther(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: 400, Name: "AMOUNT_TOO_SMALL"})
		e.Say(sandbox.Alice, "/buy vpn")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State, e.Transcript(sandbox.Alice))
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "KEY-"))

		e.Telegram().FailNext("createInvoiceLink", 10, telegram.Failure{Status: 400, Description: "Bad Request: STARS_INVOICE_INVALID"})
		e.Say(sandbox.Boris, "/buy vpn")
		_, err := e.CryptoPay().Pay(cryptoLink(t, e, sandbox.Boris), sandbox.Boris, "USDT")
		require.NoError(t, err)
		e.Settle()
		require.Equal(t, 1, e.CountSent(sandbox.Boris, "KEY-"))
		time.Sleep(10 * time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "STARS_INVOICE_INVALID"), "the owner knows")
	})
}

func TestAnInvoiceThatFollowsIsShown(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().FailNext("createInvoiceLink", 1, telegram.Failure{Status: 502})
		e.Say(sandbox.Alice, "/buy vpn")
		require.NotEmpty(t, cryptoLink(t, e, sandbox.Alice))
		time.Sleep(20 * time.Second)
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State, e.Transcript(sandbox.Alice))
	})
}

func TestAnOwnerRefundsStarsAsAWhole(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy guide")
		id := payloadOf(e, e.PayStars(sandbox.Alice), sandbox.Alice)
		e.Say(sandbox.Olga, "/refund "+id+" 1.00")
		require.Contains(t, e.Last(sandbox.Olga).Text, "as a whole")
		e.Telegram().FailNext("refundStarPayment", 1, telegram.Failure{DropAfter: true}) // done, and the answer lost
		e.Say(sandbox.Olga, "/refund "+id)
		e.Press(sandbox.Olga, "refund:")
		time.Sleep(time.Minute)
		require.Zero(t, e.Telegram().StarBalance(testenv.BotToken))
		require.EqualValues(t, 1000, e.Telegram().Stars(sandbox.Alice))
		e.Stop()
		o := onlyOrder(t, e)
		require.Equal(t, shop.StateRefunded, o.State)
		require.Len(t, o.Refunds, 1)
		e.Start()
	})
}

func TestStarsThatTelegramKeepsAreReturnedByHand(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{RefundAge: 21 * 24 * time.Hour})
		e.Say(sandbox.Alice, "/buy guide")
		id := payloadOf(e, e.PayStars(sandbox.Alice), sandbox.Alice)
		time.Sleep(22 * 24 * time.Hour)
		e.Say(sandbox.Olga, "/refund "+id)
		e.Press(sandbox.Olga, "refund:")
		time.Sleep(time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "did not take it back"), e.Transcript(sandbox.Olga))
		e.Tap(sandbox.Olga, "in another way")
		e.Say(sandbox.Olga, "cash")
		e.Press(sandbox.Olga, "refund:")
		e.Stop()
		o := onlyOrder(t, e)
		require.Equal(t, shop.StateRefunded, o.State)
		require.Equal(t, shop.ByHand, o.Refunds[1].Way)
		e.Start()
	})
}

// Another program with the bot's token, or Telegram itself, gives the Stars back.
func TestARefundThatNobodyHereAskedForIsInTheBooks(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy guide")
		paid := e.PayStars(sandbox.Alice)
		require.NoError(t, newTelegramClient(t, e).RefundStarPayment(t.Context(), sandbox.Alice, paid.Charge))
		e.Settle()
		require.NotZero(t, e.CountSent(sandbox.Olga, "Refunded"), e.Transcript(sandbox.Olga))
		e.Stop()
		o := onlyOrder(t, e)
		require.Equal(t, shop.StateRefunded, o.State)
		require.True(t, o.Lines[0].Refunded)
		e.Start()
	})
}

func TestASubscriptionRenewsItself(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/start p_club")
		require.Contains(t, e.Last(sandbox.Alice).Text, "It renews by itself until you cancel it")
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		require.EqualValues(t, "paid", first.State)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "Welcome to the club"))
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "and then renews by itself"), "nobody is reminded of it")
		time.Sleep(30 * 24 * time.Hour)
		e.Telegram().SetFaults(telegram.Faults{RepeatPayments: 1})
		paid, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		e.Settle()
		require.Equal(t, 2, e.CountSent(sandbox.Alice, "Welcome to the club"), "once for each month")
		e.Stop()
		orders := e.StoredOrders()
		require.Len(t, orders, 2)
		renewal := orders[1]
		require.Equal(t, orders[0].ID, renewal.Renews)
		require.Equal(t, shop.StateDelivered, renewal.State)
		require.Equal(t, first.Charge, renewal.Payments[0].Subscription)
		require.Equal(t, 30*24*time.Hour, renewal.Lines[0].Access)
		e.Start()

		e.Say(sandbox.Olga, "/refund "+string(renewal.ID))
		e.Press(sandbox.Olga, "refund:")
		time.Sleep(time.Minute)
		require.EqualValues(t, 100, e.Telegram().StarBalance(testenv.BotToken))
		e.Telegram().SetFaults(telegram.Faults{})
		paid, err = e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.False(t, paid && err == nil, "the shop has ended what it gave back")
		e.Stop()
		require.Equal(t, shop.RenewalEnded, e.StoredOrders()[0].Renewal)
		e.Start()
	})
}

func TestARenewalThatIsNeverToldIsFoundAtNight(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		time.Sleep(30 * 24 * time.Hour)
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		paid, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		time.Sleep(30 * time.Hour)
		require.Equal(t, 2, e.CountSent(sandbox.Alice, "Welcome to the club"))
		e.Stop()
		require.Len(t, e.StoredOrders(), 2)
		e.Start()
	})
}

func TestWhatBecomesOfASubscriptionIsSeen(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		require.NoError(t, e.Telegram().CancelSubscription(testenv.BotToken, first.Charge))
		e.Settle()
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "ended the subscription"), e.Transcript(sandbox.Olga))
		require.NoError(t, e.Telegram().ResumeSubscription(testenv.BotToken, first.Charge))
		e.Settle()
		require.NoError(t, e.Telegram().FailSubscription(testenv.BotToken, first.Charge))
		e.Settle()
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "could not be renewed"), e.Transcript(sandbox.Alice))
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "could not renew"))
		e.Stop()
		require.Equal(t, shop.RenewalFailed, onlyOrder(t, e).Renewal)
		e.Start()
	})
}

func TestARenewalOfAProductThatIsGoneIsTheLast(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		e.WriteCatalog(starsCatalog[:len(starsCatalog)-len("\n")-len(lastLine(starsCatalog))])
		time.Sleep(30 * 24 * time.Hour)
		paid, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		time.Sleep(time.Minute)
		require.Equal(t, 2, e.CountSent(sandbox.Alice, "Welcome to the club"), "what was paid for is delivered")
		paid, err = e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.False(t, paid && err == nil)
	})
}

func TestTheBooksAgreeWithTelegrams(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy guide")
		id := payloadOf(e, e.PayStars(sandbox.Alice), sandbox.Alice)
		e.Say(sandbox.Boris, "/buy club")
		first := e.PayStars(sandbox.Boris)
		_, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		e.Settle()
		e.Say(sandbox.Olga, "/refund "+id)
		e.Press(sandbox.Olga, "refund:")
		time.Sleep(10 * time.Minute)
		status, report := e.AskOps("POST", "/ops/reconcile")
		require.Equal(t, 200, status, report)
		require.NotContains(t, report, `"kind"`)
		require.Contains(t, report, "XTR")
	})
}
