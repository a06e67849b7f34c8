package shop

import (
	"time"

	"shopbot/internal/money"
)

// A payment is far from its price when it is worth less than 70 % or more than 130 % of it.
//
// Crypto Pay turns the price into coins at the moment of paying and tells the rate, so an honest
// payment differs by rounding. Where it tells none, the shop's own rates are up to rateMaxAge away
// from the payment. In 30 minutes, the usual life of an invoice, large coins move by a few percent
// and small ones by about ten; only a crash reaches thirty, and then a person should look. The
// mistakes that this is for are a mixed-up coin, currency or decimal point: factors, not percents.
const (
	leastValuePercent = 70
	mostValuePercent  = 130
)

// rateMaxAge is how old a payment may be for the rates of this moment to judge it.
const rateMaxAge = 30 * time.Minute

// Value is what the payment was worth in the currency of its price when it was paid, rounded to the
// given number of decimals unless it was paid in that currency; false if that is not known.
func (p *Payment) Value(decimals int32) (money.Amount, bool) {
	if p.Amount.Currency() == p.Price.Currency() {
		return p.Amount, true
	}
	rate, err := money.ParseRate(p.Rate.Decimal(), p.Amount.Currency(), p.Rate.Currency())
	if err != nil || p.Rate.Currency() != p.Price.Currency() {
		return money.Amount{}, false
	}
	value, err := rate.Convert(p.Amount, decimals)
	return value, err == nil
}

// farFromPrice reports whether the payment is worth something else than its price. One of unknown
// value is not.
func (p *Payment) farFromPrice() bool {
	value, known := p.Value(18)
	if !known {
		return false
	}
	value = value.Times(100)
	return mustCompare(value, p.Price.Times(leastValuePercent)) < 0 || mustCompare(value, p.Price.Times(mostValuePercent)) > 0
}

// addRate notes the rate of a fresh payment that came without one.
func (s *Shop) addRate(p *Payment) {
	if !p.Rate.IsZero() || p.Amount.Currency() == p.Price.Currency() || time.Since(p.At).Abs() > rateMaxAge {
		return
	}
	p.Rate, _ = s.worth(p.Amount.Currency(), p.Price.Currency())
}

// worth is what one unit of a currency is worth in another one now; false if that is not known.
func (s *Shop) worth(of, in money.Currency) (money.Amount, bool) {
	if s.cfg.Rates == nil {
		return money.Amount{}, false
	}
	rate, known := s.cfg.Rates.Rate(of, in)
	if !known {
		return money.Amount{}, false
	}
	worth, err := rate.Convert(one(of), 18)
	return worth, err == nil && worth.Sign() > 0
}
