package money

import "strings"

// Currency is the code of a fiat currency or of an asset, such as USD or USDT.
// Which codes exist is for the payment service to say: the set is open.
type Currency string

// Valid reports whether c has the form of a code: 2 to 10 capital letters or digits.
func (c Currency) Valid() bool {
	return len(c) >= 2 && len(c) <= 10 &&
		strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
