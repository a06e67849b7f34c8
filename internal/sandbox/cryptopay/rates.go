package cryptopay

import (
	"fmt"

	"shopbot/internal/money"
)

// rateDecimals is the precision of rates and of amounts computed by them.
const rateDecimals = 8

// usd is the currency in which limits, fees and statistics are compared.
const usd money.Currency = "USD"

// rates are fixed play numbers: plausible, and never true. What is computed with
// them is exact.
type rates struct {
	assets []money.Currency
	price  map[money.Currency]money.Amount // of one unit of an asset, in USD
	fiats  []money.Currency
	perUSD map[money.Currency]money.Amount // of one USD, in the fiat
	broken map[[2]money.Currency]bool      // pairs that are listed, but not valid
}

func playRates(n network) rates {
	r := rates{
		assets: n.assets,
		price: map[money.Currency]money.Amount{
			"USDT": constant("1.0002", usd),
			"TON":  constant("2.51863", usd),
			"BTC":  constant("91873.42", usd),
			"ETH":  constant("3142.715", usd),
			"LTC":  constant("84.3071", usd),
			"BNB":  constant("872.166", usd),
			"TRX":  constant("0.32541579", usd),
			"USDC": constant("1.0001", usd),
			"JET":  constant("0.00814", usd),
		},
		perUSD: map[money.Currency]money.Amount{},
		broken: map[[2]money.Currency]bool{
			{"TRX", "KZT"}: true,
			{"BNB", "UAH"}: true,
			{"LTC", "TRY"}: true,
		},
	}
	r.addFiats()
	return r
}

func (r *rates) addFiats() {
	for _, row := range []struct {
		code   money.Currency
		perUSD string
	}{
		{"USD", "1"},
		{"EUR", "0.8642"},
		{"RUB", "81.264"},
		{"BYN", "3.2715"},
		{"UAH", "42.1185"},
		{"GBP", "0.7581"},
		{"CNY", "7.1142"},
		{"KZT", "521.37"},
		{"UZS", "12043.5"},
		{"GEL", "2.7046"},
		{"TRY", "42.3815"},
		{"AMD", "382.61"},
		{"THB", "32.417"},
		{"INR", "88.702"},
		{"BRL", "5.3328"},
		{"IDR", "16702"},
		{"AZN", "1.7"},
		{"AED", "3.6725"},
		{"PLN", "3.6614"},
		{"ILS", "3.2588"},
		{"KGS", "87.45"},
		{"TJS", "9.2431"},
	} {
		r.fiats = append(r.fiats, row.code)
		r.perUSD[row.code] = constant(row.perUSD, row.code)
	}
}

// rate is what one unit of an asset is worth in a fiat currency, with 8
// decimals; not found where either is unknown or the pair is not valid.
func (r rates) rate(asset, fiat money.Currency) (money.Amount, bool) {
	price, known := r.price[asset]
	perUSD, knownFiat := r.perUSD[fiat]
	if !known || !knownFiat || r.broken[[2]money.Currency{asset, fiat}] {
		return money.Amount{}, false
	}
	return times(perUSD, price), true
}

// worth is an amount of an asset in USD, cut after 8 decimals.
func (r rates) worth(a money.Amount) money.Amount {
	return times(r.price[a.Currency()], a)
}

// cost is what a fiat amount costs in an asset: with 8 decimals, rounded up.
func (r rates) cost(fiat money.Amount, asset money.Currency) (money.Amount, bool) {
	rate, valid := r.rate(asset, fiat.Currency())
	if !valid {
		return money.Amount{}, false
	}
	cost, err := constant("1", asset).Share(fiat, rate, rateDecimals)
	if err != nil {
		return money.Amount{}, false
	}
	// The quotient was cut: where it is too little, the smallest unit is added.
	if enough, err := rate.Share(cost, constant("1", asset), 2*rateDecimals); err != nil || less(enough, fiat) {
		cost, err = cost.Add(constant("0.00000001", asset))
		return cost, err == nil
	}
	return cost, true
}

// times is the price of one unit times the number of units, in the price's
// currency, cut after 8 decimals.
func times(price, units money.Amount) money.Amount {
	// An error would mean that one unit is no unit.
	product, _ := price.Share(units, constant("1", units.Currency()), rateDecimals)
	return product
}

// constant reads a number that stands in this package's source.
func constant(number string, c money.Currency) money.Amount {
	a, err := money.Parse(number, c)
	if err != nil {
		panic(fmt.Sprintf("cryptopay: bad constant: %v", err))
	}
	return a
}

// rateObject is a row of getExchangeRates.
type rateObject struct {
	Valid  bool           `json:"is_valid"`
	Crypto bool           `json:"is_crypto"`
	Fiat   bool           `json:"is_fiat"`
	Source money.Currency `json:"source"`
	Target money.Currency `json:"target"`
	Rate   string         `json:"rate"`
}

// getExchangeRates lists every asset in every fiat currency, and USD in the
// others: real lists have sources that are no assets.
func (s *Service) getExchangeRates(*app, *reader) (any, error) {
	var rows []rateObject
	r := s.rates
	for _, asset := range r.assets {
		for _, fiat := range r.fiats {
			rows = append(rows, rateObject{
				Valid:  !r.broken[[2]money.Currency{asset, fiat}],
				Crypto: true,
				Source: asset,
				Target: fiat,
				Rate:   times(r.perUSD[fiat], r.price[asset]).Decimal(),
			})
		}
	}
	for _, fiat := range r.fiats {
		if fiat != usd {
			rows = append(rows, rateObject{Valid: true, Fiat: true, Source: usd, Target: fiat, Rate: r.perUSD[fiat].Decimal()})
		}
	}
	return rows, nil
}
