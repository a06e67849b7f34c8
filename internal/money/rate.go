package money

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/quagmt/udecimal"
)

// Rate is the worth of one unit of a currency in another. The zero Rate converts nothing.
type Rate struct {
	value    udecimal.Decimal
	from, to Currency
}

// ParseRate parses a positive decimal: the worth of one unit of from in to.
func ParseRate(s string, from, to Currency) (Rate, error) {
	a, err := Parse(s, to)
	if err != nil {
		return Rate{}, err
	}
	if a.Sign() <= 0 || !from.Valid() {
		return Rate{}, fmt.Errorf("rate %s of %q: want more than zero", a, string(from))
	}
	return Rate{value: a.value, from: from, to: to}, nil
}

// Inverse turns "1 TON is 2.5 USD" into "1 USD is 0.4 TON", with 18 decimals.
func (r Rate) Inverse() Rate {
	if r.value.IsZero() {
		return Rate{}
	}
	// The quotient has one digit more than is kept, enough to round by.
	return Rate{value: udecimal.One.MustDiv(r.value).RoundHAZ(maxDecimals), from: r.to, to: r.from}
}

// Convert is a in the rate's other currency, rounded to the given number of decimals, half away
// from zero. If a is not of the rate's first currency, it returns ErrCurrencyMismatch. It is for
// display, never for accounts.
func (r Rate) Convert(a Amount, decimals int32) (Amount, error) {
	if r.from == "" || a.currency != r.from {
		return Amount{}, fmt.Errorf("%w: %s and a rate of %q", ErrCurrencyMismatch, a, string(r.from))
	}
	return Amount{value: a.value.Mul(r.value).RoundHAZ(uint8(min(max(decimals, 0), maxDecimals))), currency: r.to}, nil
}

// Share is a × part ÷ whole, truncated to the given number of decimals, at most 18. part and whole
// must be of one currency, and whole not zero.
func (a Amount) Share(part, whole Amount, decimals int32) (Amount, error) {
	if _, err := common(part, whole); err != nil {
		return Amount{}, err
	}
	if whole.IsZero() {
		return Amount{}, errors.New("share of zero")
	}
	share := a.Rational()
	share.Mul(share, part.Rational()).Quo(share, whole.Rational())
	var cut Amount
	err := cut.UnmarshalText([]byte(truncate(share, min(decimals, maxDecimals)) + " " + string(a.currency)))
	return cut, err
}

// Rational is the number of a without its currency. RoundUp makes an amount of what is computed with
// it.
func (a Amount) Rational() *big.Rat {
	r, _ := new(big.Rat).SetString(a.value.String()) // every decimal parses
	return r
}

// truncate formats r with the given number of decimals, rounded towards zero.
func truncate(r *big.Rat, decimals int32) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	units := new(big.Int).Quo(new(big.Int).Mul(r.Num(), scale), r.Denom())
	return new(big.Rat).SetFrac(units, scale).FloatString(int(decimals))
}

// RoundUp is the least amount of c, with the given number of decimals, at most 18, that is not below
// r, which must not be negative.
func RoundUp(r *big.Rat, c Currency, decimals int32) (Amount, error) {
	decimals = min(decimals, maxDecimals)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	units, rest := new(big.Int).QuoRem(new(big.Int).Mul(r.Num(), scale), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		units.Add(units, big.NewInt(1))
	}
	return parse(new(big.Rat).SetFrac(units, scale).FloatString(int(decimals)), c, maxStored, maxDecimals)
}

// Percent is n hundredths of a, truncated to the given number of decimals, at most 18.
func (a Amount) Percent(n int, decimals int32) Amount {
	part := new(big.Rat).Mul(a.Rational(), big.NewRat(int64(n), 100))
	cut := Amount{currency: a.currency}
	cut.value, _ = udecimal.Parse(truncate(part, min(decimals, maxDecimals))) // digits and a point
	return cut
}
