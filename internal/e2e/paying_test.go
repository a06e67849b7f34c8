package e2e

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// choosesCoins has the shop ask its buyers what they want to pay with.
func (env *testEnv) choosesCoins() {
	env.T.Helper()
	env.WriteCatalog(strings.Replace(testenv.Catalog, "assets: [USDT, TON]", "assets: [USDT, TON], choose_coin: true", 1))
	time.Sleep(time.Minute) // the file is looked at every few seconds
}

// message is the message with this id, as Alice sees it now.
func (env *testEnv) message(id int) telegram.Message {
	env.T.Helper()
	chat := env.Chat(alice)
	i := slices.IndexFunc(chat, func(m telegram.Message) bool { return m.ID == id })
	require.GreaterOrEqual(env.T, i, 0)
	return chat[i]
}

// lastAlert is what a button last answered to Alice.
func (env *testEnv) lastAlert() string {
	env.T.Helper()
	alerts := env.Telegram().Alerts(botToken, alice)
	require.NotEmpty(env.T, alerts)
	return alerts[len(alerts)-1].Text
}

func TestACoinIsChosenBeforeTheInvoiceAndIsTheOnlyOneTaken(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.choosesCoins()
		env.Say(alice, "/start p_vpn")
		env.Tap(alice, "+")
		env.Tap(alice, "Buy · 10.00 USD")
		choice := env.Last(alice)
		require.Contains(t, choice.Text, "What do you want to pay with?")
		require.Contains(t, choice.Text, "Total: 10.00 USD")
		require.Empty(t, choice.URLs())
		_, offered := testenv.FindButton(choice, "≈ 10.00 USDT")
		require.True(t, offered)
		require.Empty(t, env.CryptoPay().Invoices(appToken), "nothing is asked of the payment service yet")

		env.Tap(alice, "TON")
		bill := env.Last(alice)
		require.Equal(t, choice.ID, bill.ID, "all in one message")
		require.Contains(t, bill.Text, "To be paid in TON")
		link := env.PayLink(alice)
		_, err := env.CryptoPay().Pay(link, alice, "USDT")
		require.Error(t, err, "in that coin only")
		_, err = env.CryptoPay().Pay(link, alice, "TON")
		require.NoError(t, err)
		env.Settle()
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
	})
}

func TestAWrittenOrderAsksForTheCoinToo(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.choosesCoins()
		env.Say(boris, "/buy vpn 2")
		require.Contains(t, env.Last(boris).Text, "Чем будете платить?")
		env.Tap(boris, "Назад")
		require.Contains(t, env.Last(boris).Text, "VPN на 30 дней", "the way back leads to the product")
		env.Say(boris, "/buy vpn 2")
		env.Tap(boris, "USDT")
		env.Pay(boris)
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(boris))
	})
}

func TestACoinThatIsNotTakenAnyMoreIsAskedForAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.choosesCoins()
		env.Say(alice, "/buy vpn")
		env.WriteCatalog(strings.Replace(testenv.Catalog, "assets: [USDT, TON]", "assets: [USDT, BTC], choose_coin: true", 1))
		time.Sleep(time.Minute)
		env.Tap(alice, "TON")
		require.Contains(t, env.lastAlert(), "TON cannot be paid with any more")
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		env.Tap(alice, "BTC")
		require.Contains(t, env.Last(alice).Text, "To be paid in BTC")
	})
}

func TestALapsedOrderIsMadeAgainInTheSameMessage(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start p_vpn")
		env.Tap(alice, "Buy")
		first := env.Last(alice)
		old := env.CryptoPay().Invoices(appToken)[0]
		time.Sleep(32 * time.Minute)
		lapsed := env.message(first.ID)
		require.Contains(t, lapsed.Text, "The time to pay is over")
		renew, offered := testenv.FindButton(lapsed, "New invoice")
		require.True(t, offered)
		require.Len(t, env.Telegram().Sent(botToken, alice), 1, "nothing was sent beside it")

		env.Tap(alice, "New invoice")
		bill := env.message(first.ID)
		require.Contains(t, bill.Text, "Held for you")
		require.NotEqual(t, orderIn(t, lapsed.Text), orderIn(t, bill.Text))
		require.NoError(t, env.Telegram().TapData(botToken, alice, first.ID, renew.Data))
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 2, "however often it is pressed")
		require.Equal(t, orderIn(t, bill.Text), orderIn(t, env.message(first.ID).Text))

		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Contains(t, env.message(first.ID).Text, "Paid · order")
		_, err := env.CryptoPay().Pay(old.Hash, alice, "USDT")
		require.Error(t, err, "the first invoice is closed")
	})
}

// A lapsed order that is paid all the same is delivered, and its buyer reads so, although its message
// is another order's by now.
func TestAPaymentOfTheLapsedOrderIsNotLostByItsNewInvoice(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		first := env.Last(alice)
		old := orderIn(t, first.Text)
		time.Sleep(32 * time.Minute)
		env.Tap(alice, "New invoice")
		bill := env.message(first.ID)
		in := env.createInvoice(string(old), "5")
		_, err := env.CryptoPay().Pay(in.Hash, alice, "USDT")
		require.NoError(t, err)
		env.Settle()
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Contains(t, env.message(first.ID).Text, string(orderIn(t, bill.Text)), "the message stays the new order's")
		require.NotEmpty(t, env.PayLink(alice))
	})
}

func TestANewInvoiceSaysWhatHasChangedSince(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start")
		env.Stop()
		id := env.placeTwoLines()
		env.Start()
		time.Sleep(62 * time.Minute)
		env.Say(alice, "/start o_"+string(id))
		env.Say(boris, "/buy vpn 9")
		env.Pay(boris)
		env.WriteCatalog(strings.Replace(testenv.Catalog, `price: "2.50"`, `price: "3"`, 1))
		time.Sleep(time.Minute)

		env.Tap(alice, "New invoice")
		require.Equal(t, "VPN <30> days: 1 left, so 1 in place of 2.\nTotal now: 8.00 USD, before: 10.00 USD.", env.lastAlert())
		require.Contains(t, env.Last(alice).Text, "Total: 8.00 USD")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-10"}, env.KeysOf(alice))
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret> & more"))
	})
}

func TestNothingIsMadeAgainOfWhatIsGone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		first := env.Last(alice)
		time.Sleep(32 * time.Minute)
		env.Say(boris, "/buy vpn 10")
		env.Pay(boris)
		env.Tap(alice, "New invoice")
		require.Equal(t, "Nothing of this order is for sale now.", env.lastAlert())
		require.Contains(t, env.message(first.ID).Text, "The time to pay is over")
		require.Empty(t, env.PayLink(alice))
	})
}

func TestACouponComesBackForTheNewInvoice(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("SPRING", "20%", "1")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon SPRING")
		env.Say(alice, "/buy vpn 2")
		require.Contains(t, env.Last(alice).Text, "Coupon SPRING")
		total := env.CryptoPay().Invoices(appToken)[0].Amount
		time.Sleep(32 * time.Minute)
		env.Tap(alice, "New invoice")
		invoices := env.CryptoPay().Invoices(appToken)
		require.True(t, total.Equal(invoices[0].Amount) && total.Equal(invoices[1].Amount), "the coupon counts again")
	})
}

func TestTheKeyIsCopiedByAButton(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		goods := env.Last(alice)
		b, found := testenv.FindButton(goods, "Copy")
		require.True(t, found)
		require.Equal(t, "KEY-01", b.CopyText)
		require.Equal(t, []string{"KEY-01"}, testenv.KeysIn(goods.Text))
	})
}

func TestALongListComesAsAFileBesideIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(strings.Replace(testenv.Catalog, "limit: 10", "limit: 50", 1))
		time.Sleep(time.Minute)
		env.LoadKeys(30)
		env.Say(alice, "/buy vpn 30")
		env.Pay(alice)
		require.Equal(t, testenv.Keys(30), env.KeysOf(alice))
		file := env.Last(alice)
		require.NotNil(t, file.Document)
		require.Equal(t, strings.Join(testenv.Keys(30), "\n")+"\n", string(file.Document.Data))
	})
}

func TestProtectedGoodsArriveProtected(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(strings.Replace(testenv.Catalog, "file: album.zip", "file: album.zip, protect: true", 1))
		time.Sleep(time.Minute)
		env.Say(alice, "/buy album")
		env.Pay(alice)
		require.NotNil(t, env.Last(alice).Document)
		require.True(t, env.Last(alice).Protected)
		env.Tap(alice, "Show the goods again")
		require.True(t, env.Last(alice).Protected)
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		require.False(t, env.Last(alice).Protected)
	})
}

func TestAPaidOrderHasItsReceipt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		_, found := testenv.FindButton(env.Last(alice), "Receipt")
		require.False(t, found, "nothing is paid yet")
		order := orderIn(t, env.Last(alice).Text)
		env.Pay(alice)
		env.refund(string(order))
		env.Say(alice, "/start o_"+string(order))
		env.Tap(alice, "Receipt")
		sent := env.Last(alice)
		require.NotNil(t, sent.Document)
		require.Equal(t, "receipt-"+string(order)+".pdf", sent.Document.Name)
		words := strings.Join(strings.Fields(pdfText(t, sent.Document.Data)), " ")
		for _, part := range []string{
			"Test Shop", string(order), "VPN <30> days", "2 × 5.00 USD", "Total 10.00 USD", "Paid 9.9980004 USDT", "1 USDT = 1.0002 USD", "Sent back", "Paid in the end",
		} {
			require.Contains(t, words, part)
		}
		require.Contains(t, sent.Text, string(order), "the same as text")
		env.Tap(alice, "Receipt")
		require.Equal(t, sent.Document.Data, env.Last(alice).Document.Data)
	})
}

// pdfText is the text of a PDF as Poppler's pdftotext reads it.
func pdfText(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext of poppler-utils is not installed")
	}
	cmd := exec.CommandContext(t.Context(), tool, "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	text, err := cmd.Output()
	require.NoError(t, err)
	return string(text)
}

// An order's number is one word, is found in whatever form it is typed, and the wallet leads back to
// the order.
func TestTheWalletLeadsBackToTheOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.Pay(alice)
		require.Equal(t, "openBot", in.ButtonName)
		_, start, found := strings.Cut(in.ButtonURL, "?start=")
		require.True(t, found)
		env.Say(alice, "/start "+start)
		require.Contains(t, env.Last(alice).Text, in.Payload)
		id, err := shop.ParseOrderID(in.Payload[:7] + "-" + in.Payload[7:])
		require.NoError(t, err)
		require.Equal(t, in.Payload, string(id))
	})
}
