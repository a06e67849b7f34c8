package cryptopay

import (
	"fmt"

	"shopbot/internal/money"
)

// rateDecimals is the precision of rates and of amounts computed from them.
const rateDecimals = 8

// usd is the currency in which limits, fees and statistics are compared.
const usd money.Currency = "USD"

// rates are fixed, made-up numbers. The arithmetic on them is exact.
type rates struct {
	assets []money.Currency
	price  map[money.Currency]money.Amount // of one unit of an asset, in USD
	fiats  []money.Currency
	perUSD map[money.Currency]money.Amount // of one USD, in the fiat currency
}

func fixedRates(assets []money.Currency) rates {
	r := rates{
		assets: assets,
		price:  map[money.Currency]money.Amount{},
		perUSD: map[money.Currency]money.Amount{},
	}
	for _, a := range knownAssets() {
		r.price[a.code] = constant(a.usdPrice, usd)
	}
	for _, f := range knownFiats() {
		r.fiats = append(r.fiats, f.code)
		r.perUSD[f.code] = constant(f.perUSD, f.code)
	}
	return r
}

// validPair is false for some pairs, which the list of rates marks as not valid.
func validPair(asset, fiat money.Currency) bool {
	switch asset + "/" + fiat {
	case "TRX/KZT", "BNB/UAH", "LTC/TRY":
		return false
	}
	return true
}

// rate is the worth of one unit of an asset in a fiat currency, with 8 decimals. It is not found if
// either is unknown or the pair is not valid.
func (r rates) rate(asset, fiat money.Currency) (money.Amount, bool) {
	price, known := r.price[asset]
	perUSD, knownFiat := r.perUSD[fiat]
	if !known || !knownFiat || !validPair(asset, fiat) {
		return money.Amount{}, false
	}
	return times(perUSD, price), true
}

// worth is an amount of an asset in USD, truncated to 8 decimals.
func (r rates) worth(a money.Amount) money.Amount {
	return times(r.price[a.Currency()], a)
}

// cost is the price of a fiat amount in an asset: with 8 decimals, rounded up.
func (r rates) cost(fiat money.Amount, asset money.Currency) (money.Amount, bool) {
	rate, valid := r.rate(asset, fiat.Currency())
	if !valid {
		return money.Amount{}, false
	}
	cost, err := constant("1", asset).Share(fiat, rate, rateDecimals)
	if err != nil {
		return money.Amount{}, false
	}
	// The quotient is truncated: if it is too little, add the smallest unit.
	if enough, err := rate.Share(cost, constant("1", asset), 2*rateDecimals); err != nil || less(enough, fiat) {
		cost, err = cost.Add(constant("0.00000001", asset))
		return cost, err == nil
	}
	return cost, true
}

// times is a unit price times a number of units, in the price's currency, truncated to 8 decimals.
func times(price, units money.Amount) money.Amount {
	product, _ := price.Share(units, constant("1", units.Currency()), rateDecimals) // both have one currency
	return product
}

// constant parses a number in this package's source.
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

// getExchangeRates lists every asset in every fiat currency, then USD in the other fiat currencies:
// the real list also has sources that are no assets.
func (s *Service) getExchangeRates(*app, *reader) (any, error) {
	var rows []rateObject
	r := s.rates
	for _, asset := range r.assets {
		for _, fiat := range r.fiats {
			rows = append(rows, rateObject{
				Valid: validPair(asset, fiat), Crypto: true, Source: asset, Target: fiat,
				Rate: times(r.perUSD[fiat], r.price[asset]).Decimal(),
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
