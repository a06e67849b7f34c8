package cryptopay

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of what plainDecimal expands, far beyond any amount of money.
const (
	maxNumberLength = 64
	maxExponent     = 40
)

// plainDecimal writes a number without its exponent: "1e-05" is "0.00001". SDKs
// send such texts for tiny amounts. A text without an exponent comes back as it
// is, number or not: the money package has the last word.
func plainDecimal(text string) (string, error) {
	if len(text) > maxNumberLength {
		return "", fmt.Errorf("a number of %d characters", len(text))
	}
	mantissa, power, scientific := cutExponent(text)
	if !scientific {
		return text, nil
	}
	exponent, err := strconv.Atoi(power)
	if err != nil || exponent < -maxExponent || exponent > maxExponent {
		return "", fmt.Errorf("number %q: bad exponent", text)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", fmt.Errorf("number %q: want digits and at most one point before the exponent", text)
	}
	return movePoint(whole, fraction, exponent), nil
}

func cutExponent(text string) (mantissa, power string, found bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

// movePoint is whole.fraction × 10^exponent, without superfluous zeros.
func movePoint(whole, fraction string, exponent int) string {
	digits := whole + fraction
	point := len(whole) + exponent
	if point < 1 {
		digits = strings.Repeat("0", 1-point) + digits
		point = 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole = strings.TrimLeft(digits[:point], "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(digits[point:], "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
