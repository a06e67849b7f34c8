package shop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// couponShop sells vpn and game of the category play, and guide of the category read.
func couponShop() *catalog.Catalog {
	return &catalog.Catalog{
		Shop: catalog.Shop{Currency: "USD"},
		Products: []catalog.Product{
			{SKU: "vpn", Category: "play"}, {SKU: "game", Category: "play"}, {SKU: "guide", Category: "read"},
		},
	}
}

func TestACouponSaves(t *testing.T) {
	usd := func(s string) money.Amount { return amount(t, s, "USD") }
	one := func(sku, price string, n int) Line { return Line{SKU: sku, Quantity: n, Price: usd(price)} }
	for name, test := range map[string]struct {
		coupon Coupon
		lines  []Line
		saves  string
		reason CouponReason
	}{
		"a percentage":                         {coupon: Coupon{Percent: 10}, lines: []Line{one("vpn", "10.50", 1)}, saves: "1.05 USD"},
		"a percentage of all pieces":           {coupon: Coupon{Percent: 10}, lines: []Line{one("vpn", "10.50", 3)}, saves: "3.15 USD"},
		"whole cents, the fraction is paid":    {coupon: Coupon{Percent: 33}, lines: []Line{one("vpn", "0.99", 1)}, saves: "0.32 USD"},
		"less than a cent is nothing":          {coupon: Coupon{Percent: 1}, lines: []Line{one("vpn", "0.99", 1)}, reason: CouponNothing},
		"an amount":                            {coupon: Coupon{Amount: usd("2")}, lines: []Line{one("vpn", "10.50", 1)}, saves: "2 USD"},
		"an amount, once an order":             {coupon: Coupon{Amount: usd("2")}, lines: []Line{one("vpn", "10.50", 2)}, saves: "2 USD"},
		"never the whole price":                {coupon: Coupon{Amount: usd("10.50")}, lines: []Line{one("vpn", "10.50", 1)}, reason: CouponWholePrice},
		"never more than the price":            {coupon: Coupon{Amount: usd("20")}, lines: []Line{one("vpn", "10.50", 1)}, reason: CouponWholePrice},
		"its products alone":                   {coupon: Coupon{Percent: 50, SKUs: []string{"game"}}, lines: []Line{one("vpn", "4", 1), one("game", "2", 1)}, saves: "1 USD"},
		"its products, also whole":             {coupon: Coupon{Amount: usd("3"), SKUs: []string{"game"}}, lines: []Line{one("vpn", "4", 1), one("game", "2", 1)}, saves: "2 USD"},
		"its categories alone":                 {coupon: Coupon{Percent: 50, Categories: []string{"read"}}, lines: []Line{one("vpn", "4", 1), one("guide", "2", 1)}, saves: "1 USD"},
		"products and categories":              {coupon: Coupon{Percent: 50, SKUs: []string{"vpn"}, Categories: []string{"read"}}, lines: []Line{one("vpn", "4", 1), one("guide", "2", 1)}, saves: "3 USD"},
		"nothing elsewhere":                    {coupon: Coupon{Percent: 50, SKUs: []string{"game"}}, lines: []Line{one("vpn", "4", 1)}, reason: CouponElsewhere},
		"nothing below its minimum":            {coupon: Coupon{Percent: 50, Minimum: usd("5")}, lines: []Line{one("vpn", "4.99", 1)}, reason: CouponMinimum},
		"from its minimum on":                  {coupon: Coupon{Percent: 50, Minimum: usd("5")}, lines: []Line{one("vpn", "5", 1)}, saves: "2.5 USD"},
		"nothing in a currency of the past":    {coupon: Coupon{Amount: amount(t, "1", "EUR")}, lines: []Line{one("vpn", "5", 1)}, reason: CouponElsewhere},
		"no minimum in a currency of the past": {coupon: Coupon{Percent: 9, Minimum: amount(t, "1", "EUR")}, lines: []Line{one("vpn", "5", 1)}, reason: CouponMinimum},
	} {
		o := Order{Lines: test.lines}
		saved, err := test.coupon.Discount(test.lines, o.net(), couponShop())
		if refused(t, name, test.reason, true, err); test.reason == "" {
			require.Equal(t, test.saves, saved.Amount.String(), name)
		}
	}
}

func TestACouponIsUsable(t *testing.T) {
	for name, test := range map[string]struct {
		state  CouponState
		reason CouponReason
	}{
		"without limits":               {state: CouponState{Count: CouponCount{Uses: 1000}, ByBuyer: 1000}},
		"on its first day":             {state: CouponState{Coupon: Coupon{From: "2026-12-10"}}},
		"on its last day":              {state: CouponState{Coupon: Coupon{Until: "2026-12-10"}}},
		"not before":                   {state: CouponState{Coupon: Coupon{From: "2026-12-11"}}, reason: CouponEarly},
		"not after":                    {state: CouponState{Coupon: Coupon{Until: "2026-12-09"}}, reason: CouponEnded},
		"not when stopped":             {state: CouponState{Coupon: Coupon{Stopped: true}}, reason: CouponStopped},
		"not as a reward that is void": {state: CouponState{Void: true}, reason: CouponStopped},
		"below its limit":              {state: CouponState{Coupon: Coupon{Limit: 3}, Count: CouponCount{Uses: 2}}},
		"not at its limit":             {state: CouponState{Coupon: Coupon{Limit: 3}, Count: CouponCount{Uses: 3}}, reason: CouponUsedUp},
		"not above its limit":          {state: CouponState{Coupon: Coupon{Limit: 3}, Count: CouponCount{Uses: 4}}, reason: CouponUsedUp},
		"not at the buyer's limit":     {state: CouponState{Coupon: Coupon{PerBuyer: 1}, ByBuyer: 1}, reason: CouponUsed},
		"not a single one again":       {state: CouponState{Coupon: Coupon{Limit: 1}, Count: CouponCount{Uses: 1}, ByBuyer: 1}, reason: CouponUsed},
		"another code of a batch":      {state: CouponState{Coupon: Coupon{Limit: 1, Batch: "GIFT"}, ByBuyer: 1}},
		"not another one's":            {state: CouponState{Coupon: Coupon{For: 8}}, reason: CouponUnknown},
		"one's own":                    {state: CouponState{Coupon: Coupon{For: 7}}},
		"not the name of a batch":      {state: CouponState{Coupon: Coupon{Codes: 3}}, reason: CouponUnknown},
	} {
		refused(t, name, test.reason, false, test.state.Usable(7, "2026-12-10"))
	}
}

// refused checks that a coupon was refused for a reason, or taken if that is empty.
func refused(t *testing.T, name string, reason CouponReason, misfit bool, err error) {
	t.Helper()
	if reason == "" {
		require.NoError(t, err, name)
		return
	}
	var no *CouponError
	require.ErrorAs(t, err, &no, name)
	require.Equal(t, reason, no.Reason, name)
	require.Equal(t, misfit, no.Misfit(), name)
}

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	for written, want := range map[string]string{"spring": "SPRING", "Spring-26\n": "SPRING-26", "gift—abc": "GIFT-ABC", "123": "123"} {
		code, err := ParseCouponCode(written)
		require.NoError(t, err, written)
		require.Equal(t, want, code)
	}
	for _, bad := range []string{"", "ab", "-abc", "abc-", "ЁЛКА", "a b c", "a_b", "abcdefghijklmnopqrstuvwxyz1234567", "<b>x</b>"} {
		_, err := ParseCouponCode(bad)
		require.ErrorIs(t, err, ErrBadCouponCode, bad)
	}
}

// Whatever is bought and whatever the coupon: something is left to pay, it has no smaller part than
// the currency's, and the shares of the lines add up to it.
func TestACouponLeavesAPriceThatIsShared(t *testing.T) {
	of := couponShop()
	skus := []string{"vpn", "game", "guide"}
	rapid.Check(t, func(t *rapid.T) {
		currency := money.Currency(rapid.SampledFrom([]string{"USD", "TON"}).Draw(t, "currency"))
		some := func(what string) money.Amount {
			s := fmt.Sprintf("%d.%02d", rapid.IntRange(0, 50).Draw(t, what), rapid.IntRange(1, 99).Draw(t, what+" cents"))
			return amount(t, s, currency)
		}
		o := Order{ID: "A", Buyer: Buyer{ID: 7}}
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			o.Lines = append(o.Lines, Line{
				SKU: rapid.SampledFrom(skus).Draw(t, "sku"), Quantity: rapid.IntRange(1, 9).Draw(t, "quantity"), Price: some("price"),
			})
		}
		o.Total = o.net()
		c := Coupon{Code: "SPRING"}
		if rapid.Bool().Draw(t, "percent?") {
			c.Percent = rapid.IntRange(1, 99).Draw(t, "percent")
		} else {
			c.Amount = some("amount")
		}
		c.SKUs = rapid.SliceOfNDistinct(rapid.SampledFrom(skus), 0, 2, rapid.ID).Draw(t, "for")
		before := o.Total
		view := View{Coupon: func(string) (CouponState, error) { return CouponState{Coupon: c}, nil }}
		require.NoError(t, o.useCoupon("SPRING", view, of))
		require.Positive(t, o.Total.Sign())
		require.True(t, o.Total.Equal(o.net()))
		require.LessOrEqual(t, mustCompare(o.Total, before), 0)
		require.True(t, o.Total.Equal(o.Total.Percent(100, catalog.Decimals(currency))), "%s has a smaller part", o.Total)
		sum := money.Amount{}
		for _, share := range o.lineShares(o.Total) {
			require.GreaterOrEqual(t, share.Sign(), 0)
			sum, _ = sum.Add(share)
		}
		require.True(t, sum.Equal(o.Total))
		if o.Coupon() != "" {
			require.Equal(t, -1, mustCompare(o.Total, before))
			require.Equal(t, CouponCount{Uses: 1}, o.CouponUse())
		}
	})
}
