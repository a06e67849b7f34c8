package money

// Currency is the code of a fiat currency or of an asset, such as USD or USDT.
// Which codes exist is for the payment service to say: the set is open.
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
