package money

import (
	"fmt"

	"github.com/quagmt/udecimal"
)

// Rate says how much of one currency a single unit of another is worth.
// The zero Rate converts nothing.
type Rate struct {
	value    udecimal.Decimal
	from, to Currency
}

// ParseRate reads a positive decimal: what one unit of from is worth in to.
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
	// One digit more than is kept, and cut: enough to round by.
	return Rate{value: udecimal.One.MustDiv(r.value).RoundHAZ(maxDecimals), from: r.to, to: r.from}
}

// Convert is a in the rate's other currency, rounded to the given number of
// decimals, half away from zero; ErrCurrencyMismatch where a is not of the
// rate's first currency. For show, never for booking.
func (r Rate) Convert(a Amount, decimals int32) (Amount, error) {
	if r.from == "" || a.currency != r.from {
		return Amount{}, fmt.Errorf("%w: %s and a rate of %q", ErrCurrencyMismatch, a, string(r.from))
	}
	return Amount{value: a.value.Mul(r.value).RoundHAZ(uint8(min(max(decimals, 0), maxDecimals))), currency: r.to}, nil
}
