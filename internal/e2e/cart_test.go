package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

// fillCart puts one piece of each product into a person's cart, and opens it.
func (env *testEnv) fillCart(who int64, skus ...string) {
	env.T.Helper()
	for _, sku := range skus {
		env.Say(who, "/start p_"+sku)
		env.Press(who, "ct:add:"+sku)
	}
	env.Say(who, "/cart")
}

// lastAlert is what the last press of somebody was answered with.
func (env *testEnv) lastAlert(who int64) string {
	env.T.Helper()
	alerts := env.Telegram().Alerts(botToken, who)
	require.NotEmpty(env.T, alerts)
	return alerts[len(alerts)-1].Text
}

func TestThreeProductsAreOneInvoiceAndThreeTapsEach(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start")
		taps := 0
		tap := func(label string) {
			env.Tap(alice, label)
			taps++
		}
		for _, title := range []string{"VPN", "Guide", "Album"} {
			tap("Games")
			tap(title)
			tap("Add to cart")
			require.Contains(t, env.Last(alice).Text, "✅ In your cart: "+title)
		}
		tap("🛒 Cart · 3")
		require.Contains(t, env.Last(alice).Text, "Total: 10.50 USD")
		tap("Order · 10.50 USD")
		require.LessOrEqual(t, taps, 3*3+2)
		require.Len(t, env.Telegram().Sent(botToken, alice), 1, "all in one message that is edited")
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)

		in := env.Pay(alice)
		require.Equal(t, "10.5", in.Amount.Decimal())
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		var goods []string
		for _, m := range env.Telegram().Sent(botToken, alice)[1:] {
			switch {
			case strings.Contains(m.Text, "KEY-01"):
				goods = append(goods, "vpn")
			case strings.Contains(m.Text, "The whole <secret>"):
				goods = append(goods, "guide")
			case m.Document != nil:
				goods = append(goods, m.Document.Name)
			}
		}
		require.Equal(t, []string{"vpn", "guide", "album.zip"}, goods, "one message a product, in their order")
		env.Say(alice, "/cart")
		require.Contains(t, env.Last(alice).Text, "Your cart is empty")
	})
}

func TestOfTwoCartsWithTheLastUnitOneGetsItAndTheOtherIsToldWhichLineIsShort(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/buy vpn 9")
		env.fillCart(alice, "vpn", "guide")
		env.fillCart(boris, "guide", "vpn")
		for _, who := range []int64{alice, boris} {
			m := env.Last(who)
			buy, found := testenv.FindButton(m, map[int64]string{alice: "7.50 USD", boris: "7,50\u00a0USD"}[who])
			require.True(t, found, m)
			require.NoError(t, env.Telegram().TapData(botToken, who, m.ID, buy.Data))
		}
		env.Settle()
		winner, loser := alice, boris
		short, rest := "VPN на 30 дней: сейчас закончилось.", "Заказать · 2,50\u00a0USD"
		if env.PayLink(alice) == "" {
			winner, loser = boris, alice
			short, rest = "VPN <30> days is sold out just now.", "Order · 2.50 USD"
		}
		require.NotEmpty(t, env.PayLink(winner))
		require.Empty(t, env.PayLink(loser))
		require.Contains(t, env.lastAlert(loser), short)
		require.Contains(t, env.Last(loser).Text, short)
		require.Contains(t, env.stockLine(), "0 free · 10 reserved")
		require.Len(t, env.CryptoPay().Invoices(appToken), 2, "olga's and the winner's")

		env.Tap(loser, rest)
		require.Equal(t, "2.5", env.Pay(loser).Amount.Decimal(), "what is left can be had")
		require.Empty(t, env.KeysOf(loser))
		env.Pay(winner)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(winner))
	})
}

// While a cart waits, prices, limits and stock change, and the shop is restarted.
func TestACartOfYesterdaySaysWhatChangedAndAsks(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.fillCart(alice, "vpn", "guide", "album")
		env.Press(alice, "ct:more:vpn")
		env.Press(alice, "ct:more:vpn")
		require.Contains(t, env.Last(alice).Text, "VPN <30> days × 3 · 15.00 USD")
		old := env.Last(alice)
		buy, found := testenv.FindButton(old, "Order · 20.50 USD")
		require.True(t, found)
		time.Sleep(20 * time.Hour)
		env.WriteCatalog(strings.NewReplacer(`price: "5.00", limit: 10`, `price: "6.00", limit: 2`, "deliver: text", "deliver: text, hidden: true").Replace(testenv.Catalog))

		press := func() {
			require.NoError(t, env.Telegram().TapData(botToken, alice, old.ID, buy.Data))
			env.Settle()
		}
		press()
		require.Empty(t, env.CryptoPay().Invoices(appToken), "nothing is charged that was not shown")
		for _, change := range []string{
			"VPN <30> days: one order takes no more than 2 now, you wanted 3.", "VPN <30> days: 6.00 USD each, it was 5.00 USD.",
			"Guide is not for sale any more.", "Do you want it like this?",
		} {
			require.Contains(t, env.Last(alice).Text, change)
		}
		env.Say(alice, "/cart")
		require.Contains(t, env.Last(alice).Text, "Guide is not for sale any more.")
		press()
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		env.Tap(alice, "Order · 15.00 USD")
		require.Equal(t, "15", env.Pay(alice).Amount.Decimal())
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		press()
		require.Contains(t, env.lastAlert(alice), "Nothing was ordered")
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
	})
}

func TestACartSurvivesARestartAndBuyingAtOnceLeavesIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.fillCart(alice, "vpn", "guide")
		env.Stop()
		env.Start()
		env.Say(alice, "/buy album")
		require.Equal(t, "3", env.Pay(alice).Amount.Decimal())
		env.Say(alice, "/cart")
		require.Contains(t, env.Last(alice).Text, "Total: 7.50 USD")
		env.Tap(alice, "2: × 1")
		env.Say(alice, "zero")
		env.Tap(alice, "1: × 1")
		env.Say(alice, "two")
		require.Contains(t, env.Last(alice).Text, "Total: 10.00 USD")
		env.Tap(alice, "Order · 10.00 USD")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
	})
}

func TestALapsedCartGoesBackWithOneTapAndReservesNothingMeanwhile(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.fillCart(alice, "vpn", "guide")
		require.Contains(t, env.stockLine(), "10 free · 0 reserved")
		env.Tap(alice, "Order · 7.50 USD")
		require.Contains(t, env.stockLine(), "9 free · 1 reserved")
		time.Sleep(2 * time.Hour)
		env.Settle()
		require.Contains(t, env.stockLine(), "10 free · 0 reserved")
		env.Tap(alice, "Back into the cart")
		require.Contains(t, env.Last(alice).Text, "Total: 7.50 USD")
		require.NotContains(t, env.Last(alice).Text, "Changed")
		env.Tap(alice, "Order · 7.50 USD")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

// A coupon for one product in a cart of three: the refund of each line is what was paid for it, and
// all of them are what was paid.
func TestLinesOfACartGoBackForWhatWasPaidForThem(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("HALF", "50%", "1")
		env.Tap(olga, "Products")
		env.Say(olga, "album")
		env.Tap(olga, "Make it")
		env.fillCart(alice, "vpn", "guide", "album")
		env.Tap(alice, "I have a coupon")
		env.Say(alice, "half")
		require.Contains(t, env.Last(alice).Text, "Coupon HALF: −1.50 USD")
		env.Tap(alice, "Order · 9.00 USD")
		before := env.coins()
		id := env.Pay(alice).Payload
		paid, err := before.Sub(env.coins())
		require.NoError(t, err)
		for line, price := range map[string]string{"1": "5", "2": "2.5", "3": "1.5"} {
			had := env.coins()
			env.Say(olga, "/refund "+id+" #"+line)
			env.Tap(olga, "Yes, send")
			env.Settle()
			back, err := env.coins().Sub(had)
			require.NoError(t, err)
			want, err := paid.Share(usd(t, price), usd(t, "9"), 8)
			require.NoError(t, err)
			off, err := back.Sub(want)
			require.NoError(t, err)
			require.LessOrEqual(t, strings.TrimPrefix(off.Decimal(), "-"), "0.00000001", "line %s", line)
		}
		require.True(t, before.Equal(env.coins()), "%s, and %s before", env.coins(), before)
		env.Stop()
		for _, o := range env.StoredOrders() {
			require.Equal(t, shop.StateRefunded, o.State)
		}
		env.Start()
	})
}

// Where the shop lets buyers choose a coin, the choice stands between the cart and its order. What
// changes meanwhile is still not charged unseen.
func TestACoinIsChosenForACart(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.choosesCoins()
		env.fillCart(alice, "vpn", "guide")
		env.Tap(alice, "Order · 7.50 USD")
		require.Contains(t, env.Last(alice).Text, "Total: 7.50 USD")
		env.Tap(alice, "Back")
		require.Contains(t, env.Last(alice).Text, "Your cart")
		env.Press(alice, "ct:out:guide")
		env.Tap(alice, "Order · 5.00 USD")
		choice := env.Last(alice)
		ton, found := testenv.FindButton(choice, "TON")
		require.True(t, found)
		press := func() {
			require.NoError(t, env.Telegram().TapData(botToken, alice, choice.ID, ton.Data))
			env.Settle()
		}
		env.fillCart(alice, "album")
		press()
		require.Contains(t, env.lastAlert(alice), "Nothing was ordered")
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		env.Press(alice, "ct:out:album")
		press()
		press()
		invoices := env.CryptoPay().Invoices(appToken)
		require.Len(t, invoices, 1, "a double tap is one order")
		env.Say(alice, "/cart")
		require.Contains(t, env.Last(alice).Text, "Your cart is empty")
	})
}
