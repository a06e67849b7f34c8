package cryptopay

import (
	"slices"

	"shopbot/internal/money"
)

// Toncoin has been called Gram since June 2026. Which code the real service uses is not known.
const (
	ton  money.Currency = "TON"
	gram money.Currency = "GRAM"
)

// SetGram sets whether Toncoin has the code GRAM in place of TON, false at first. The coins of apps
// and users get the other name too. Invoices that were made before keep the name that they have,
// and nobody can pay them with it any more.
func (s *Service) SetGram(on bool) {
	s.mu.Lock()
	if from, to := ton, gram; on != s.gram {
		if !on {
			from, to = to, from
		}
		s.gram = on
		s.renameAsset(from, to)
	}
	s.mu.Unlock()
	s.listeners.Notify()
}

// Gram reports the switch of SetGram.
func (s *Service) Gram() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gram
}

// renameAsset gives an asset another code. The lock is held.
func (s *Service) renameAsset(from, to money.Currency) {
	assets := slices.Clone(s.network.assets) // a reply that is being written may hold the old list
	assets[slices.Index(assets, from)] = to
	s.network.assets, s.rates.assets = assets, assets
	s.rates.price[to] = s.rates.price[from]
	for _, a := range s.apps {
		a.available.rename(from, to)
		a.held.rename(from, to)
	}
	for _, wallet := range s.wallets {
		wallet.rename(from, to)
	}
}

func (b balances) rename(from, to money.Currency) {
	if have, found := b[from]; found {
		delete(b, from)
		b.add(constant(have.Decimal(), to))
	}
}
