package catalog_test

import (
	"math/big"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// inShop is a catalog of one product with these fields, in a shop with those.
func inShop(shop, product string) string {
	return "shop: {name: A, currency: USD" + shop + "}\ncategories: [{id: games, title: Games}]\n" +
		"products:\n  - {sku: vpn, category: games, title: VPN, deliver: keys" + product + "}\n"
}

func TestAPriceBecomesStarsByOneRule(t *testing.T) {
	for name, test := range map[string]struct {
		shop, product string
		on            catalog.Date
		quantity      int
		want          []string // prices of one
	}{
		"coins alone, unless the catalog says more":  {"", `, price: "10.50"`, "", 1, []string{"10.5 USD"}},
		"derived and rounded up":                     {`, pay: [crypto, stars], stars_rate: "0.013"`, `, price: "10.50"`, "", 1, []string{"10.5 USD", "808 XTR"}},
		"derived, and nothing to round":              {`, pay: [crypto, stars], stars_rate: "0.5"`, `, price: "10.50"`, "", 1, []string{"10.5 USD", "21 XTR"}},
		"less than one Star is one":                  {`, pay: [stars], stars_rate: "5"`, `, price: "0.01"`, "", 1, []string{"1 XTR"}},
		"given":                                      {`, pay: [crypto, stars]`, `, price: "10", stars: "500"`, "", 1, []string{"10 USD", "500 XTR"}},
		"given goes before derived":                  {`, pay: [crypto, stars], stars_rate: "0.013"`, `, price: "10", stars: "500"`, "", 1, []string{"10 USD", "500 XTR"}},
		"the order of the ways means nothing":        {`, pay: [stars, crypto]`, `, price: "10", stars: "500"`, "", 1, []string{"10 USD", "500 XTR"}},
		"a product that takes Stars alone":           {``, `, price: "10", stars: "500", pay: [stars]`, "", 1, []string{"500 XTR"}},
		"a product that takes none in such a shop":   {`, pay: [crypto, stars], stars_rate: "1"`, `, price: "10", pay: [crypto]`, "", 1, []string{"10 USD"}},
		"a given price follows a sale":               {`, pay: [crypto, stars]`, `, price: "10", stars: "501", sale: {price: "5", until: 2026-12-31}`, "2026-12-01", 1, []string{"5 USD", "251 XTR"}},
		"a given price follows the price of several": {`, pay: [crypto, stars]`, `, price: "10", stars: "500", quantity_prices: [{from: 3, price: "9"}]`, "", 3, []string{"9 USD", "450 XTR"}},
		"a derived price follows a sale":             {`, pay: [stars], stars_rate: "0.02"`, `, price: "10", sale: {price: "5"}`, "", 1, []string{"250 XTR"}},
	} {
		c := parse(t, inShop(test.shop, test.product))
		p := &c.Products[0]
		var got []string
		for _, price := range c.Shop.Prices(p, p.UnitPrice(test.quantity, test.on)) {
			got = append(got, price.String())
		}
		require.Equal(t, test.want, got, name)
	}
}

func TestAPriceInStarsIsNeverNothingNorMoreThanAStarAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(1, 10_000_000).Draw(t, "cents")
		price, err := money.Parse(big.NewRat(cents, 100).FloatString(2), "USD")
		require.NoError(t, err)
		s := catalog.Shop{Currency: "USD", Pay: []catalog.PayWay{catalog.PayStars}}
		p := catalog.Product{Price: price}
		var worth *big.Rat // of a Star
		if rapid.Bool().Draw(t, "given") {
			stars := rapid.IntRange(1, catalog.MaxStars).Draw(t, "stars")
			p.Stars, err = money.Parse(strconv.Itoa(stars), catalog.Stars)
			require.NoError(t, err)
			worth = new(big.Rat).Quo(price.Rational(), big.NewRat(int64(stars), 1))
		} else {
			s.StarsRate, err = money.Parse(rapid.SampledFrom([]string{"0.013", "0.02", "1", "0.000001", "333.333"}).Draw(t, "rate"), "USD")
			require.NoError(t, err)
			worth = s.StarsRate.Rational()
		}
		asked, err := money.Parse(big.NewRat(rapid.Int64Range(1, cents).Draw(t, "sale"), 100).FloatString(2), "USD")
		require.NoError(t, err)
		stars := s.StarsFor(&p, asked)
		exact := new(big.Rat).Quo(asked.Rational(), worth)
		above := new(big.Rat).Sub(stars.Rational(), exact)
		if stars.Sign() <= 0 || !stars.Rational().IsInt() || above.Sign() < 0 || above.Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("%s at %s a Star are %s, exactly %s", asked, worth.FloatString(9), stars, exact.FloatString(9))
		}
	})
}

func TestFaultsOfStarsNameTheRemedy(t *testing.T) {
	for fields, says := range map[[2]string]string{
		{`, pay: [crypto, stars]`, `, price: 1`}:                                   "product vpn takes Stars, and has no price in Stars; add stars: to the product, or stars_rate: to the shop",
		{``, `, price: 1, pay: [stars]`}:                                           "product vpn takes Stars, and has no price in Stars",
		{`, pay: [stars], stars_rate: "0.001"`, `, price: "100.01"`}:               "product vpn costs 100010 Stars, and one payment has at most 100000",
		{`, pay: [stars]`, `, price: 1, stars: "100001"`}:                          "costs 100001 Stars",
		{`, pay: [stars]`, `, price: 1, stars: "0"`}:                               "write a whole number of Stars",
		{`, pay: [stars]`, `, price: 1, stars: "1.5"`}:                             "write a whole number of Stars",
		{`, pay: [stars], stars_rate: "0"`, `, price: 1`}:                          "write what one Star is worth",
		{`, pay: []`, `, price: 1`}:                                                "pay has no entries",
		{`, pay: [star]`, `, price: 1`}:                                            `unknown way of paying "star"; did you mean stars?`,
		{`, pay: [stars, stars]`, `, price: 1, stars: 5`}:                          "pay: stars is here twice",
		{`, assets: [XTR]`, `, price: 1`}:                                          "XTR is not an asset of Crypto Pay; take it out, and write pay: [crypto, stars]",
		{``, `, price: 1, subscription: true, access: 30d`}:                        "only Stars renew a subscription, and product vpn takes none",
		{`, pay: [stars]`, `, price: 1, stars: 5, subscription: true`}:             "Telegram renews a subscription every 30 days, and in no other period; write access: 30d",
		{`, pay: [stars]`, `, price: 1, stars: 5, subscription: true, access: 7d`}: "write access: 30d",
	} {
		_, err := catalog.Parse("shop.yaml", []byte(inShop(fields[0], fields[1])), fstest.MapFS{})
		require.ErrorContains(t, err, says, fields)
	}
	_, err := catalog.Parse("shop.yaml", []byte(inShop(`, pay: [stars]`, `, price: 1, stars: "10001", subscription: true, access: 30d`)), fstest.MapFS{})
	require.ErrorContains(t, err, "product vpn costs 10001 Stars, and one payment has at most 10000")
	_, err = catalog.Parse("shop.yaml", []byte(strings.Replace(inShop("", ", price: 1"), "currency: USD", "currency: XTR", 1)), fstest.MapFS{})
	require.ErrorContains(t, err, "a price in Stars does not say what it is worth; write a currency such as USD")
}

func TestWaysOfPayingAndStarsAreWrittenAsTheyWereRead(t *testing.T) {
	c := parse(t, inShop(`, pay: [crypto, stars], stars_rate: "0.0130"`, `, price: "10.50", stars: "500", pay: [stars], subscription: true, access: 30d`))
	again := parse(t, string(c.Draft().YAML()))
	require.Empty(t, catalog.Diff(c, again))
	require.Equal(t, []catalog.PayWay{catalog.PayStars}, again.Products[0].Pay)
	require.Equal(t, "0.013 USD", again.Shop.StarsRate.String())
	d := c.Draft()
	d.Shop.Pay, d.Products[0].Stars = nil, money.Amount{}
	changed, err := catalog.Parse("c.yaml", d.YAML(), fstest.MapFS{})
	require.NoError(t, err)
	var said []string
	for _, change := range catalog.Diff(c, changed) {
		said = append(said, change.String())
	}
	require.Equal(t, []string{`shop: pay "crypto, stars" removed`, "product vpn: stars 500 removed"}, said)
}
