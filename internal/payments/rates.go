package payments

import (
	"context"
	"math/big"
	"slices"
	"sync"
	"time"

	"shopbot/internal/money"
)

// crossDecimals is how exact a rate is that was worked out from two others.
const crossDecimals = 18

// Rates is the table of exchange rates at one moment. It does not change and is safe for concurrent
// use. Rates are for show, never for booking.
type Rates struct {
	direct map[pair]money.Rate // as sent, and turned round
	usd    map[money.Currency]*big.Rat

	mu      sync.RWMutex
	crossed map[pair]money.Rate // worked out when first asked for; the zero Rate where there is no way
}

type pair struct{ from, to money.Currency }

// newRates leaves out rows that the API calls invalid and those that cannot be read.
func newRates(rows []ExchangeRate) *Rates {
	r := &Rates{
		direct:  make(map[pair]money.Rate, 2*len(rows)),
		usd:     map[money.Currency]*big.Rat{usd: big.NewRat(1, 1)},
		crossed: map[pair]money.Rate{},
	}
	usable := slices.DeleteFunc(slices.Clone(rows), func(row ExchangeRate) bool {
		return !row.IsValid || row.Rate == money.Rate{}
	})
	for _, row := range usable {
		r.direct[pair{row.Source, row.Target}] = row.Rate
	}
	for _, row := range usable {
		if back := (pair{row.Target, row.Source}); r.direct[back] == (money.Rate{}) {
			r.direct[back] = row.Rate.Inverse()
		}
	}
	r.valueInUSD(usable)
	return r
}

// valueInUSD works out what each currency is worth in USD: assets as the API says, fiat currencies
// by an asset that has a rate in both, USDT if possible.
func (r *Rates) valueInUSD(rows []ExchangeRate) {
	values := make([]*big.Rat, len(rows))
	for i, row := range rows {
		value, ok := new(big.Rat).SetString(row.decimal)
		if !ok {
			continue
		}
		values[i] = value
		if row.Target == usd {
			r.usd[row.Source] = value
		}
	}
	for _, onlyUSDT := range []bool{true, false} {
		for i, row := range rows {
			source := r.usd[row.Source]
			if values[i] != nil && source != nil && r.usd[row.Target] == nil && (!onlyUSDT || row.Source == "USDT") {
				r.usd[row.Target] = new(big.Rat).Quo(source, values[i])
			}
		}
	}
}

// Rate is what one unit of from is worth in to: as the API says, else the inverse of that, else by
// way of USD. It is false where none of them is known.
func (r *Rates) Rate(from, to money.Currency) (money.Rate, bool) {
	p := pair{from, to}
	if rate, ok := r.direct[p]; ok {
		return rate, true
	}
	r.mu.RLock()
	rate, ok := r.crossed[p]
	r.mu.RUnlock()
	if !ok {
		return r.cross(p)
	}
	return rate, rate != money.Rate{}
}

// cross works out a rate by way of USD. Only pairs of known currencies are kept, or the table could
// grow without bound.
func (r *Rates) cross(p pair) (money.Rate, bool) {
	from, to := r.usd[p.from], r.usd[p.to]
	if from == nil || to == nil {
		return money.Rate{}, false
	}
	text := new(big.Rat).Quo(from, to).FloatString(crossDecimals)
	rate, err := money.ParseRate(text, p.from, p.to)
	if err != nil {
		rate = money.Rate{} // too small or too big to be expressed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.crossed[p] = rate
	return rate, err == nil
}

func (c *Client) loadRates(ctx context.Context) (*Rates, error) {
	rows, err := c.GetExchangeRates(ctx)
	if err != nil {
		return nil, err
	}
	return newRates(rows), nil
}

// Rate is what one unit of from is worth in to, and how old that knowledge is. It never waits: where
// nothing is known yet, or what is known has run out, it is false and starts a request, so that a
// later call knows.
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

// RefreshRates asks for the rates now, however fresh the cached ones are.
func (c *Client) RefreshRates(ctx context.Context) (*Rates, error) { return c.rates.refresh(ctx, 0) }
