package shop

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

func starsOf(t require.TestingT, n int) money.Amount {
	return amount(t, strconv.Itoa(n), catalog.Stars)
}

func TestADiscountTakesTheSameShareOfStars(t *testing.T) {
	for name, test := range map[string]struct {
		lines     []Line
		discounts []Discount
		want      string
	}{
		"nothing off": {[]Line{{Price: amount(t, "10.50", "USD"), Stars: starsOf(t, 808), Quantity: 3}}, nil, "2424"},
		"a tenth, the buyer pays the fraction": {
			[]Line{{Price: amount(t, "10.50", "USD"), Stars: starsOf(t, 808), Quantity: 1}}, []Discount{{Amount: amount(t, "1.05", "USD")}}, "728",
		},
		"half of one line alone": {
			[]Line{{Price: amount(t, "10", "USD"), Stars: starsOf(t, 1000), Quantity: 1}, {Price: amount(t, "10", "USD"), Stars: starsOf(t, 50), Quantity: 1}},
			[]Discount{{Amount: amount(t, "5", "USD"), Lines: []int{0}}},
			"550",
		},
		"nearly everything leaves a Star": {
			[]Line{{Price: amount(t, "10", "USD"), Stars: starsOf(t, 2), Quantity: 1}}, []Discount{{Amount: amount(t, "9.99", "USD")}}, "1",
		},
		"a line without a price in Stars": {
			[]Line{{Price: amount(t, "10", "USD"), Stars: starsOf(t, 2), Quantity: 1}, {Price: amount(t, "10", "USD"), Quantity: 1}}, nil, "0",
		},
		"more than one payment may have": {[]Line{{Price: amount(t, "10", "USD"), Stars: starsOf(t, 50_001), Quantity: 2}}, nil, "0"},
		"a subscription has a lower bound": {
			[]Line{{Price: amount(t, "10", "USD"), Stars: starsOf(t, 10_001), Quantity: 1, Subscription: true}}, nil, "0",
		},
	} {
		o := Order{Lines: test.lines, Discounts: test.discounts}
		o.setTotals()
		require.Equal(t, test.want, o.Stars.Decimal(), name)
	}
}

// anOrder draws an order whose lines have prices in Stars, with discounts below its price.
func anOrder(t *rapid.T) (o Order) {
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		o.Lines = append(o.Lines, Line{
			Price:    amount(t, big.NewRat(rapid.Int64Range(1, 5000).Draw(t, "cents"), 100).FloatString(2), "USD"),
			Stars:    starsOf(t, rapid.IntRange(1, 500).Draw(t, "stars")),
			Quantity: rapid.IntRange(1, 5).Draw(t, "quantity"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "discounts") {
		var lines []int
		if rapid.Bool().Draw(t, "for a line") {
			lines = []int{rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line")}
		}
		base := o.net()
		if lines != nil {
			base = o.Lines[lines[0]].Sum()
			if len(o.Discounts) > 0 { // what is left of a line is not known
				continue
			}
		}
		d := Discount{Amount: base.Percent(rapid.IntRange(1, 100).Draw(t, "percent"), 2), Lines: lines}
		o.Discounts = append(o.Discounts, d)
		if o.net().Sign() <= 0 || d.Amount.Sign() <= 0 {
			o.Discounts = o.Discounts[:len(o.Discounts)-1]
		}
	}
	o.setTotals()
	return o
}

func TestAnOrderInStarsIsNeverFreeAndNeverBelowItsDiscounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		exact := new(big.Rat)
		for _, line := range o.lineStars() {
			exact.Add(exact, line)
		}
		above := new(big.Rat).Sub(o.Stars.Rational(), exact)
		if o.Stars.Sign() <= 0 || above.Sign() < 0 || above.Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("%s for %s exactly", o.Stars, exact.FloatString(6))
		}
		if len(o.Discounts) == 1 && len(o.Discounts[0].Lines) == 0 { // the same share of both
			var whole, stars money.Amount
			for i := range o.Lines {
				whole, _ = whole.Add(o.Lines[i].Sum())
				stars, _ = stars.Add(o.Lines[i].StarsSum())
			}
			want := new(big.Rat).Mul(stars.Rational(), new(big.Rat).Quo(o.Total.Rational(), whole.Rational()))
			if want.Cmp(exact) != 0 {
				t.Fatalf("%s of %s left, and %s of %s Stars", o.Total, whole, exact.FloatString(6), stars)
			}
		}
	})
}

func TestLinesAndDiscountsInStarsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		o.Rail = Stars
		whole := money.Zero(catalog.Stars)
		for i := range o.Lines {
			whole, _ = whole.Add(o.LinePriceSum(i))
		}
		for i := range o.Discounts {
			whole, _ = whole.Sub(o.Saved(i))
		}
		if !whole.Equal(o.Price()) {
			t.Fatalf("lines less discounts are %s, the price is %s", whole, o.Price())
		}
		sums := money.Zero(catalog.Stars)
		for _, s := range o.LineSums() {
			sums, _ = sums.Add(s.Total)
		}
		if !sums.Equal(o.Price()) {
			t.Fatalf("the lines' shares are %s, the price is %s", sums, o.Price())
		}
	})
}

func TestWhatStarsBroughtIsCountedApart(t *testing.T) {
	before := Order{
		ID: "A", Buyer: Buyer{ID: 1}, State: StateAwaiting, Rail: CryptoPay,
		Lines: []Line{
			{SKU: "vpn", Price: amount(t, "5", "USD"), Stars: starsOf(t, 400), Quantity: 2},
			{SKU: "guide", Price: amount(t, "2", "USD"), Stars: starsOf(t, 150), Quantity: 1},
		},
	}
	before.setTotals()
	count := func(after Order) map[string]*Counters {
		all := map[string]*Counters{}
		Tally(&before, &after, func(sku string) *Counters {
			if all[sku] == nil {
				all[sku] = &Counters{}
			}
			return all[sku]
		})
		return all
	}
	byStars := before.Clone()
	byStars.State, byStars.Payments = StatePaid, []Payment{{Rail: Stars, Amount: starsOf(t, 950), Price: starsOf(t, 950)}}
	all := count(byStars)
	require.Equal(t, Sums{starsOf(t, 950)}, all[""].Revenue, "no dollar came in")
	require.Equal(t, Sums{starsOf(t, 950)}, all[""].Received)
	require.Equal(t, Sums{starsOf(t, 800)}, all["vpn"].Revenue)
	require.Equal(t, Sums{starsOf(t, 150)}, all["guide"].Revenue)

	byCoins := before.Clone()
	byCoins.State, byCoins.Payments = StatePaid, []Payment{{Rail: CryptoPay, Amount: amount(t, "12.01", "USDT"), Price: byCoins.Total}}
	coins := count(byCoins)[""]
	require.Equal(t, Sums{amount(t, "12", "USD")}, coins.Revenue)

	coins.Add(*all[""])
	require.Equal(t, Sums{amount(t, "12", "USD")}, coins.Coins().Revenue)
	require.Equal(t, Sums{starsOf(t, 950)}, coins.Stars().Revenue)
	require.Equal(t, Sums{amount(t, "12.01", "USDT")}, coins.Coins().Received)
	require.Equal(t, 2, coins.Stars().Paid)
}
