// Package money holds exact amounts of one currency each.
//
// It knows neither shops nor payment services. The one idea to keep in mind: a quantity is never
// without its currency, and nothing is rounded unless the caller names the number of decimals.
package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quagmt/udecimal"
)

// Limits of a parsed amount: more digits than any currency has, and few enough that hostile input
// is cheap.
const (
	maxWhole    = 18
	maxDecimals = 18
	// maxStored applies to sums and products, which may have more digits before the point.
	maxStored = 64
)

// Currency is the code of a fiat currency or of an asset, such as USD or USDT. The set of codes is
// open: the payment service defines it.
type Currency string

// Valid reports whether c has the form of a code: 2 to 10 capital letters or digits.
func (c Currency) Valid() bool {
	if len(c) < 2 || len(c) > 10 {
		return false
	}
	for i := range len(c) {
		if x := c[i]; (x < 'A' || x > 'Z') && (x < '0' || x > '9') {
			return false
		}
	}
	return true
}

// ErrCurrencyMismatch means that an operation got amounts of different currencies.
var ErrCurrencyMismatch = errors.New("amounts of different currencies")

// Amount is an exact quantity of one currency, such as 12.5 USDT. It may be negative as the result
// of Sub. The zero Amount has no currency.
type Amount struct {
	value    udecimal.Decimal
	currency Currency
}

// Parse parses a non-negative decimal such as "12.5". Signs, exponents, spaces and digit groups are
// errors, and nothing is ever rounded: more than 18 digits before or after the point are an error.
func Parse(s string, c Currency) (Amount, error) {
	return parse(s, c, maxWhole, maxDecimals)
}

func parse(s string, c Currency, whole, decimals int) (Amount, error) {
	if !c.Valid() {
		return Amount{}, fmt.Errorf("currency %q: want 2 to 10 capital letters or digits, such as USD or USDT", string(c))
	}
	if err := checkDecimal(s, whole, decimals); err != nil {
		return Amount{}, fmt.Errorf("amount %q: %w", clip(s), err)
	}
	v, err := udecimal.Parse(s)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %q: want a decimal such as 12.5", clip(s))
	}
	return Amount{value: v, currency: c}, nil
}

func checkDecimal(s string, mostWhole, mostDecimals int) error {
	whole, frac, point := strings.Cut(s, ".")
	switch {
	case !digits(whole) || point && !digits(frac):
		return errors.New("want a decimal such as 12.5: digits and at most one point")
	case len(whole) > mostWhole:
		return fmt.Errorf("more than %d digits before the point", mostWhole)
	case len(frac) > mostDecimals:
		return fmt.Errorf("more than %d digits after the point", mostDecimals)
	}
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// Zero is 0 of c.
func Zero(c Currency) Amount { return Amount{currency: c} }

// Currency is the currency of a; empty for the zero Amount.
func (a Amount) Currency() Currency { return a.currency }

// Decimal is the bare number in its shortest form, such as "12.5".
func (a Amount) Decimal() string { return a.value.String() }

// String is the number and its currency, such as "12.5 USDT"; "0" for the zero Amount.
func (a Amount) String() string {
	if a.currency == "" {
		return a.value.String()
	}
	return a.value.String() + " " + string(a.currency)
}

// Fixed is the bare number with at least the given count of decimals, such as "12.50" for 2.
// Further digits are kept, never rounded away.
func (a Amount) Fixed(decimals int32) string {
	shortest := a.value.String()
	if _, fraction, _ := strings.Cut(shortest, "."); len(fraction) > int(decimals) {
		return shortest
	}
	return a.value.StringFixed(uint8(max(decimals, 0))) //nolint:gosec // decimals are far below 255
}

// Rounded is a with at most the given count of decimals, halves rounded away from zero. It is for
// showing an amount, never for moving one.
func (a Amount) Rounded(decimals int32) Amount {
	return Amount{value: a.value.RoundHAZ(uint8(max(decimals, 0))), currency: a.currency} //nolint:gosec // far below 255
}

// DecimalsFor is how many decimals show that many digits from the first one that is not zero, at
// least two.
func (a Amount) DecimalsFor(digits int32) int32 {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(a.value.String(), "-"), ".")
	if whole != "0" {
		return max(digits-int32(len(whole)), 2) //nolint:gosec // a number of few digits
	}
	zeros := len(fraction) - len(strings.TrimLeft(fraction, "0"))
	return max(digits+int32(zeros), 2) //nolint:gosec // a number of few digits
}

// Float is the number as nearly as a float can say it, for drawing and for shares in percent.
func (a Amount) Float() float64 { return a.value.InexactFloat64() }

// Sign is -1, 0 or 1.
func (a Amount) Sign() int { return a.value.Sign() }

// IsZero reports whether a is 0 of any currency.
func (a Amount) IsZero() bool { return a.value.IsZero() }

// Add is a + b, or ErrCurrencyMismatch. The zero Amount adds to anything.
func (a Amount) Add(b Amount) (Amount, error) {
	c, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	return Amount{value: a.value.Add(b.value), currency: c}, nil
}

// Sub is a - b, or ErrCurrencyMismatch.
func (a Amount) Sub(b Amount) (Amount, error) {
	c, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	return Amount{value: a.value.Sub(b.value), currency: c}, nil
}

// Compare is -1, 0 or 1 as a is less than, equal to or more than b, or ErrCurrencyMismatch.
func (a Amount) Compare(b Amount) (int, error) {
	if _, err := common(a, b); err != nil {
		return 0, err
	}
	return a.value.Cmp(b.value), nil
}

// Equal reports whether a and b are the same quantity of the same currency.
func (a Amount) Equal(b Amount) bool {
	return a.currency == b.currency && a.value.Equal(b.value)
}

// Times is n times a.
func (a Amount) Times(n int) Amount {
	return Amount{value: a.value.Mul(udecimal.MustFromInt64(int64(n), 0)), currency: a.currency}
}

func common(a, b Amount) (Currency, error) {
	switch {
	case a.currency == b.currency:
		return a.currency, nil
	case a.currency == "":
		return b.currency, nil
	case b.currency == "":
		return a.currency, nil
	}
	return "", fmt.Errorf("%w: %s and %s", ErrCurrencyMismatch, a, b)
}

// AppendText appends what MarshalText writes.
func (a Amount) AppendText(to []byte) ([]byte, error) {
	if a.currency == "" {
		return to, nil
	}
	to, err := a.value.AppendText(to)
	return append(append(to, ' '), a.currency...), err
}

// MarshalText writes "12.5 USDT", and "" for the zero Amount.
func (a Amount) MarshalText() ([]byte, error) {
	if a.currency == "" {
		return nil, nil
	}
	return a.AppendText(nil)
}

// UnmarshalText parses the output of MarshalText: up to 64 digits before the point and 18 after it.
func (a *Amount) UnmarshalText(text []byte) error {
	read, err := ReadAmount(string(text))
	if err == nil {
		*a = read
	}
	return err
}

// ReadAmount parses the output of MarshalText, with the limits of UnmarshalText. The Amount refers
// to s.
func ReadAmount(s string) (Amount, error) {
	if s == "" {
		return Amount{}, nil
	}
	number, code, found := strings.Cut(s, " ")
	if !found {
		return Amount{}, fmt.Errorf("amount %q: want a number and a currency, such as 12.5 USDT", clip(s))
	}
	positive, negative := strings.CutPrefix(number, "-")
	a, err := parse(positive, Currency(code), maxStored, maxDecimals)
	if err != nil {
		return Amount{}, err
	}
	if negative {
		a.value = a.value.Neg()
	}
	return a, nil
}
