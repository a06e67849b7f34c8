package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// placeTwoLines puts an order of two products into the stopped shop's database, as a cart would
// make it: two keys of 5 USD and a guide of 2 USD, 2 USD off.
func (env *testEnv) placeTwoLines() shop.OrderID {
	env.T.Helper()
	usd := func(s string) money.Amount { return usd(env.T, s) }
	at := time.Now()
	o := shop.Order{
		ID: shop.NewOrderID([]byte("key"), shop.Origin{Act: "cart", At: at}), State: shop.StateNew,
		Buyer: shop.Buyer{ID: alice, Name: "Alice", Language: "en"}, Rail: shop.CryptoPay,
		Lines: []shop.Line{
			{SKU: "vpn", Title: catalog.Plain("VPN"), Quantity: 2, Price: usd("5"), Part: shop.Part{Deliver: catalog.Keys}, FromStock: true},
			{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Price: usd("2"), Part: shop.Part{Deliver: catalog.Content, Text: catalog.Plain("Read me twice.")}},
		},
		Discounts: []shop.Discount{{Reason: "coupon SPRING", Amount: usd("2")}}, Total: usd("10"),
		Created: at, Expires: at.Add(time.Hour),
	}
	env.WithDatabase(func(db *storage.DB) {
		_, _, err := db.Checkout(env.T.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil })
		require.NoError(env.T, err)
	})
	return o.ID
}

func usd(t testing.TB, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s, "USD")
	require.NoError(t, err)
	return a
}

func TestAnOrderOfSeveralLinesIsOnePaymentDeliveredAndRefundedLineByLine(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start")
		env.Stop()
		id := string(env.placeTwoLines())
		env.Start()
		env.Settle()
		env.Say(olga, "/stock vpn")
		require.Contains(t, env.Last(olga).Text, "8 free · 2 reserved · 0 sold")
		invoices := env.CryptoPay().Invoices(appToken)
		require.Len(t, invoices, 1, "one invoice for all lines")
		require.Equal(t, id, invoices[0].Payload)

		before := env.coins()
		_, err := env.CryptoPay().Pay(invoices[0].Hash, alice, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		require.Equal(t, 1, env.CountSent(alice, "Read me twice."))

		env.Say(olga, "/order "+id)
		for _, part := range []string{"VPN × 2", "Guide", "coupon SPRING", "KEY-02"} {
			require.Contains(t, env.Last(olga).Text, part)
		}
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "× 2 · 8.33 USD")
		require.Contains(t, env.Last(olga).Text, "× 1 · 1.67 USD")

		paid, err := before.Sub(env.coins())
		require.NoError(t, err)
		env.Say(olga, "/refund "+id+" #2")
		yes, found := testenv.FindButton(env.Last(olga), "Yes, send")
		require.True(t, found)
		ask := env.Last(olga).ID
		for range 2 { // a double tap
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask, yes.Data))
		}
		env.Settle()
		require.Len(t, env.transfers(), 1)
		sixth, err := paid.Share(usd(t, "2"), usd(t, "12"), 8) // 2 of 12 USD before the discount
		require.NoError(t, err)
		spent, err := before.Sub(env.coins())
		require.NoError(t, err)
		back, err := paid.Sub(spent)
		require.NoError(t, err)
		off, err := back.Sub(sixth)
		require.NoError(t, err)
		require.LessOrEqual(t, off.Decimal(), "0.00000001", "cut shares add up to all that was paid")

		env.Say(olga, "/refund "+id+" #2")
		require.Contains(t, env.Last(olga).Text, "it has gone back already")
		require.Len(t, env.transfers(), 1)
	})
}
