package catalog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

// priced has a price, a sale and quantity prices.
const priced = `    price: 10
    deliver: keys
    sale: {price: "8.50", from: 2026-12-01, until: 2026-12-31}
    quantity_prices: [{from: 5, price: 8}, {from: 3, price: "9"}]
`

func TestTheLowestOfAllPricesHolds(t *testing.T) {
	c := parse(t, shop(priced))
	for _, test := range []struct {
		name     string
		quantity int
		on       catalog.Date
		want     string
	}{
		{"one, before the sale", 1, "2026-11-30", "10"},
		{"one, on the first day of the sale", 1, "2026-12-01", "8.5"},
		{"one, on the last day of the sale", 1, "2026-12-31", "8.5"},
		{"one, after the sale", 1, "2027-01-01", "10"},
		{"just too few", 2, "2026-11-30", "10"},
		{"three", 3, "2026-11-30", "9"},
		{"four", 4, "2026-11-30", "9"},
		{"five", 5, "2026-11-30", "8"},
		{"three in the sale, which is lower", 3, "2026-12-10", "8.5"},
		{"five in the sale, which is not lower", 5, "2026-12-10", "8"},
	} {
		require.Equal(t, test.want, c.Products[0].UnitPrice(test.quantity, test.on).Decimal(), test.name)
	}
}

func TestASaleWithoutDatesHoldsAlways(t *testing.T) {
	p := parse(t, shop("    price: 10\n    deliver: keys\n    sale: {price: 9}\n")).Products[0]
	require.Equal(t, "9", p.UnitPrice(1, "2000-01-01").Decimal())
	require.Equal(t, "9", p.UnitPrice(1, "2999-01-01").Decimal())
}

func TestADayBeginsAtMidnightOfTheShop(t *testing.T) {
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	require.NoError(t, err)
	s := catalog.Shop{Timezone: kathmandu}
	midnight := time.Date(2026, 12, 1, 0, 0, 0, 0, kathmandu)
	require.Equal(t, catalog.Date("2026-12-01"), s.DateOf(midnight.UTC()))
	require.Equal(t, catalog.Date("2026-11-30"), s.DateOf(midnight.Add(-time.Nanosecond)))
	require.Equal(t, catalog.Date("2026-11-30"), catalog.Shop{}.DateOf(midnight))
}

func TestAPriceThatCannotHoldIsAFault(t *testing.T) {
	for fields, says := range map[string]string{
		`sale: {price: 10}`:                                     "write less than 10",
		`sale: {price: 0}`:                                      "write what the buyer pays",
		`sale: {from: 2026-12-01}`:                              "a sale without price",
		`sale: {price: 9, from: 1.12.2026}`:                     "write a day such as 2026-12-31",
		`sale: {price: 9, until: 2026-02-30}`:                   "write a day such as 2026-12-31",
		`sale: {price: 9, untl: 2026-02-28}`:                    "did you mean until?",
		`sale: {price: 9, from: 2026-12-02, until: 2026-12-01}`: "not before 2026-12-02",
		`sale: 9`:                                                           "sale is not a group of fields",
		`quantity_prices: []`:                                               "list at least one",
		`quantity_prices: [{from: 1, price: 9}]`:                            "write a whole number from 2 up",
		`quantity_prices: [{from: 11, price: 9}]`:                           "one order has at most 10",
		`quantity_prices: [{from: 3, price: 12}]`:                           "write less than 10",
		`quantity_prices: [{from: 3}]`:                                      "a quantity price without price",
		`quantity_prices: [{price: 3}]`:                                     "a quantity price without from",
		`quantity_prices: [{from: 3, price: 9}, {from: 3, price: 8}]`:       "two prices from 3 pieces",
		`quantity_prices: {from: 3, price: 9}`:                              "quantity_prices is not a list",
		`quantity_prices: [{from: 3, price: 9.001}, {from: 5, price: 8.5}]`: "round it to 2 decimals",
	} {
		_, err := catalog.Parse("shop.yaml", []byte(shop("    price: 10\n    deliver: keys\n    "+fields+"\n")), beside(t))
		require.ErrorContains(t, err, says, fields)
	}
}

func TestPricesAreWrittenComparedAndCopied(t *testing.T) {
	c := parse(t, shop(priced))
	again, err := catalog.Parse("again.yaml", c.Draft().YAML(), beside(t))
	require.NoError(t, err, string(c.Draft().YAML()))
	require.Empty(t, catalog.Diff(c, again))
	for n := range 6 {
		for _, day := range []catalog.Date{"2026-11-30", "2026-12-01", "2027-01-01"} {
			want, got := c.Products[0].UnitPrice(n, day), again.Products[0].UnitPrice(n, day)
			require.True(t, want.Equal(got), "%d on %s: %s, %s", n, day, want, got)
		}
	}

	d := c.Draft()
	d.Products[0].Sale.Until = ""
	d.Products[0].QuantityPrices[1].From = 6
	require.Equal(t, catalog.Date("2026-12-31"), c.Products[0].Sale.Until, "a draft shares nothing")
	changed, err := catalog.Parse("changed.yaml", d.YAML(), beside(t))
	require.NoError(t, err)
	var said []string
	for _, change := range catalog.Diff(c, changed) {
		said = append(said, change.Field+": "+change.Before+" → "+change.After)
	}
	require.Equal(t, []string{
		`sale: price 8.50, from 2026-12-01, until 2026-12-31 → price 8.50, from 2026-12-01`,
		`quantity_prices: {from: 3, price: "9.00"}, {from: 5, price: "8.00"} → {from: 3, price: "9.00"}, {from: 6, price: "8.00"}`,
	}, said)
}
