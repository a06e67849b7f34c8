package cryptopay

import (
	"cmp"
	"slices"

	"shopbot/internal/money"
)

// purse holds coins by asset. Only amounts of the key's own currency are ever
// stored under it, so the sums below cannot meet two currencies.
type purse map[money.Currency]money.Amount

func (p purse) put(a money.Amount) {
	p[a.Currency()], _ = p[a.Currency()].Add(a)
}

// take removes a, or reports false and removes nothing where there is less.
func (p purse) take(a money.Amount) bool {
	have := p[a.Currency()]
	if less(have, a) {
		return false
	}
	p[a.Currency()] = minus(have, a)
	return true
}

// list gives one amount for each asset in the given order, zeros included, and
// then what there is of other assets.
func (p purse) list(assets []money.Currency) []money.Amount {
	amounts := make([]money.Amount, 0, len(assets))
	for _, asset := range assets {
		amount, there := p[asset]
		if !there {
			amount = money.Zero(asset)
		}
		amounts = append(amounts, amount)
	}
	var others []money.Amount
	for asset, amount := range p {
		if !slices.Contains(assets, asset) {
			others = append(others, amount)
		}
	}
	slices.SortFunc(others, func(a, b money.Amount) int {
		return cmp.Compare(a.Currency(), b.Currency())
	})
	return append(amounts, others...)
}

// less and minus are for amounts of one currency.
func less(a, b money.Amount) bool {
	order, _ := a.Compare(b)
	return order < 0
}

func minus(a, b money.Amount) money.Amount {
	rest, _ := a.Sub(b)
	return rest
}

// playMoney is what every app and every person starts with. The numbers mean
// nothing; they are enough for an afternoon of shopping.
func (s *Service) playMoney() purse {
	p := purse{}
	for _, number := range []struct {
		code   money.Currency
		amount string
	}{
		{"USDT", "1000"},
		{"TON", "500"},
		{"BTC", "0.05"},
		{"ETH", "1"},
		{"LTC", "10"},
		{"BNB", "2"},
		{"TRX", "5000"},
		{"USDC", "1000"},
		{"JET", "10000"},
	} {
		if slices.Contains(s.network.assets, number.code) {
			p.put(constant(number.amount, number.code))
		}
	}
	return p
}

// wallet is a person's purse. Call it with the lock held.
func (s *Service) wallet(user int64) purse {
	if s.wallets[user] == nil {
		s.wallets[user] = s.playMoney()
	}
	return s.wallets[user]
}

// Wallet lists a person's coins, one amount per asset, zeros included. Everybody
// starts with play money.
func (s *Service) Wallet(user int64) []money.Amount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wallet(user).list(s.network.assets)
}

// SetStarted tells whether a person has ever started the wallet's bot, as
// everybody has at first. Whoever has not cannot be found by transfer.
func (s *Service) SetStarted(user int64, started bool) {
	s.change(func() { s.unstarted[user] = !started })
}
