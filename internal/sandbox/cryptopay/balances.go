package cryptopay

import (
	"maps"
	"slices"

	"shopbot/internal/money"
)

// balances are coins by asset. Each amount is of its key's currency, so the sums below cannot fail.
type balances map[money.Currency]money.Amount

func (b balances) add(a money.Amount) {
	b[a.Currency()], _ = b[a.Currency()].Add(a)
}

// take removes a and reports true. If there is less, it removes nothing.
func (b balances) take(a money.Amount) bool {
	have := b[a.Currency()]
	if less(have, a) {
		return false
	}
	b[a.Currency()] = minus(have, a)
	return true
}

// list returns one amount per asset in the given order, zeros included, then any other assets.
func (b balances) list(assets []money.Currency) []money.Amount {
	codes := slices.Clone(assets)
	for _, code := range slices.Sorted(maps.Keys(b)) {
		if !slices.Contains(assets, code) {
			codes = append(codes, code)
		}
	}
	amounts := make([]money.Amount, len(codes))
	for i, code := range codes {
		amounts[i] = money.Zero(code)
		if have, found := b[code]; found {
			amounts[i] = have
		}
	}
	return amounts
}

// less and minus take amounts of one currency.
func less(a, b money.Amount) bool {
	order, _ := a.Compare(b)
	return order < 0
}

func minus(a, b money.Amount) money.Amount {
	rest, _ := a.Sub(b)
	return rest
}

// playMoney is what every app and every user starts with.
func playMoney(codes []money.Currency) balances {
	b := balances{}
	for i, code := range codes { // which may have another name than the known asset
		b.add(constant(knownAssets()[i].playMoney, code))
	}
	return b
}
