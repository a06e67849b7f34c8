package catalog

import "shopbot/internal/money"

// IsAsset reports whether prices in c are prices in an asset, such as USDT, and
// not in a fiat currency. Fiat codes have three letters (ISO 4217), so a code
// of another length is an asset; one of three letters is a fiat currency unless
// it is a known asset.
//
// The three-letter assets are those that Crypto Pay is known to have offered.
func IsAsset(c money.Currency) bool {
	switch c {
	case "":
		return false
	case "TON", "BTC", "ETH", "LTC", "BNB", "TRX", "SOL", "NOT", "WIF", "JET":
		return true
	}
	return len(c) != 3
}

// isFiat reports whether c is a fiat currency for certain.
func isFiat(c money.Currency) bool {
	switch c {
	case "USD", "EUR", "RUB", "BYN", "UAH", "GBP", "CNY", "KZT", "UZS", "GEL", "TRY", "AMD", "THB", "INR",
		"BRL", "IDR", "AZN", "AED", "PLN", "ILS", "KGS", "TJS", "LKR", "MDL":
		return true
	}
	return false
}

// decimals is how exact a price in c may be: cents, and the nine decimals of
// the finest asset.
func decimals(c money.Currency) int32 {
	if IsAsset(c) {
		return 9
	}
	return 2
}
