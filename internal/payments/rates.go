package payments

import (
	"context"
	"math/big"
	"slices"
	"time"

	"shopbot/internal/money"
)

// crossDecimals is how exact a rate is that was worked out from two others.
const crossDecimals = 18

// Rates is the table of exchange rates at one moment. It does not change and is safe for concurrent
// use. Rates are for show, never for booking.
type Rates struct{ table map[pair]money.Rate }

type pair struct{ from, to money.Currency }

// newRates leaves out rows that the API calls invalid and those that cannot be read.
func newRates(rows []ExchangeRate) *Rates {
	r := &Rates{table: make(map[pair]money.Rate, 4*len(rows))}
	unusable := func(row ExchangeRate) bool { return !row.IsValid || row.Rate == money.Rate{} }
	rows = slices.DeleteFunc(slices.Clone(rows), unusable)
	for _, row := range rows {
		r.table[pair{row.Source, row.Target}] = row.Rate
	}
	for _, row := range rows {
		if back := (pair{row.Target, row.Source}); r.table[back] == (money.Rate{}) {
			r.table[back] = row.Rate.Inverse()
		}
	}
	values := valuesInUSD(rows)
	for from, a := range values {
		for to, b := range values {
			if _, known := r.Rate(from, to); known {
				continue
			}
			rate, err := money.ParseRate(new(big.Rat).Quo(a, b).FloatString(crossDecimals), from, to)
			if err == nil { // else it is too small or too big to be expressed
				r.table[pair{from, to}] = rate
			}
		}
	}
	return r
}

// valuesInUSD works out what each currency is worth in USD: assets as the API says, fiat currencies
// by an asset that has a rate in both, USDT if possible.
func valuesInUSD(rows []ExchangeRate) map[money.Currency]*big.Rat {
	known := map[money.Currency]*big.Rat{usd: big.NewRat(1, 1)}
	rates := make([]*big.Rat, len(rows))
	for i, row := range rows {
		rates[i], _ = new(big.Rat).SetString(row.decimal)
		if rates[i] != nil && row.Target == usd {
			known[row.Source] = rates[i]
		}
	}
	for _, onlyUSDT := range []bool{true, false} {
		for i, row := range rows {
			source := known[row.Source]
			if rates[i] != nil && source != nil && known[row.Target] == nil && (!onlyUSDT || row.Source == "USDT") {
				known[row.Target] = new(big.Rat).Quo(source, rates[i])
			}
		}
	}
	return known
}

// Rate is what one unit of from is worth in to: as the API says, else the inverse of that, else by
// way of USD. It is false where none of them is known.
func (r *Rates) Rate(from, to money.Currency) (money.Rate, bool) {
	rate, ok := r.table[pair{from, to}]
	return rate, ok
}

func (c *Client) loadRates(ctx context.Context) (*Rates, error) {
	rows, err := c.GetExchangeRates(ctx)
	if err != nil {
		return nil, err
	}
	return newRates(rows), nil
}

// Rate is what one unit of from is worth in to, and how old that knowledge is. It never waits:
// where nothing is known yet, or what is known has run out, it is false and starts a request, so
// that a later call knows.
func (c *Client) Rate(from, to money.Currency) (rate money.Rate, age time.Duration, ok bool) {
	table, age, ok := c.rates.peek()
	if !ok {
		return money.Rate{}, age, false
	}
	rate, ok = table.Rate(from, to)
	return rate, age, ok
}

// Rates is the table of rates: from the cache while that is fresh, else asked for, else the old one
// for as long as Config.RatesMaxStale allows.
func (c *Client) Rates(ctx context.Context) (*Rates, error) { return c.rates.get(ctx) }
