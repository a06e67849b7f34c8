package cryptopay

import (
	"fmt"
	"slices"

	"shopbot/internal/money"
)

// Offer is one way to pay an invoice.
type Offer struct {
	Asset  money.Currency
	Amount money.Amount // exactly this
}

// Extras are what a payer may add to a payment, where the invoice allows it.
type Extras struct {
	Comment   string // dropped where comments are not allowed
	Anonymous bool   // ignored where anonymity is not allowed
}

// Offers lists what a payer may choose from: the one asset of a crypto invoice,
// or the accepted assets of a fiat invoice at the rates of now, as far as there
// are rates.
func (s *Service) Offers(ref string) ([]Offer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.invoice(ref)
	if err != nil {
		return nil, err
	}
	return s.offers(v), nil
}

func (s *Service) offers(v *Invoice) []Offer {
	if !v.Fiat {
		return []Offer{{Asset: v.Amount.Currency(), Amount: v.Amount}}
	}
	var offers []Offer
	for _, asset := range v.Accepted {
		if cost, valid := s.rates.cost(v.Amount, asset); valid {
			offers = append(offers, Offer{Asset: asset, Amount: cost})
		}
	}
	return offers
}

// Pay pays an invoice out of the payer's wallet with one of its offers; an empty
// asset means the first. The app is credited with the amount less the fee, and the
// webhook is sent in the background. Errors: ErrNotFound, ErrAlreadyPaid,
// ErrExpired, ErrAsset, ErrNoMoney.
func (s *Service) Pay(ref string, payer int64, asset money.Currency) (Invoice, error) {
	return s.PayWith(ref, payer, asset, Extras{})
}

// PayWith is Pay with a comment, or without the payer's name.
func (s *Service) PayWith(ref string, payer int64, asset money.Currency, extras Extras) (Invoice, error) {
	paid, err := s.pay(ref, payer, asset, extras)
	if err != nil {
		return Invoice{}, err
	}
	s.changed()
	return paid, nil
}

func (s *Service) pay(ref string, payer int64, asset money.Currency, extras Extras) (Invoice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.invoice(ref)
	if err != nil {
		return Invoice{}, err
	}
	offer, err := s.choose(v, asset)
	if err != nil {
		return Invoice{}, fmt.Errorf("invoice %d: %w", v.ID, err)
	}
	if !s.wallet(payer).take(offer.Amount) {
		return Invoice{}, fmt.Errorf("invoice %d: %s: %w", v.ID, offer.Amount, ErrNoMoney)
	}
	s.settle(v, payer, offer.Amount, extras)
	a := s.app(v.token)
	s.credit(a, v)
	s.announce(a, v)
	return v.snapshot(), nil
}

// choose finds the offer for an asset, if the invoice may be paid at all.
func (s *Service) choose(v *Invoice, asset money.Currency) (Offer, error) {
	switch v.statusAt(now()) {
	case StatusPaid:
		return Offer{}, ErrAlreadyPaid
	case StatusExpired:
		return Offer{}, ErrExpired
	case StatusActive:
	}
	offers := s.offers(v)
	i := slices.IndexFunc(offers, func(o Offer) bool { return asset == "" || o.Asset == asset })
	if i < 0 {
		return Offer{}, fmt.Errorf("%.20q: %w", string(asset), ErrAsset)
	}
	return offers[i], nil
}

// settle writes down how the invoice was paid.
func (s *Service) settle(v *Invoice, payer int64, amount money.Amount, extras Extras) {
	asset := amount.Currency()
	usdRate, _ := s.rates.rate(asset, usd) // every asset has a price in USD
	fee := times(constant("0.03", asset), amount)
	p := Payment{
		At:        now(),
		Payer:     payer,
		Amount:    amount,
		Fee:       fee,
		FeeUSD:    times(usdRate, fee),
		USDRate:   usdRate,
		Anonymous: extras.Anonymous && v.AllowAnonymous,
	}
	if v.AllowComments {
		p.Comment = extras.Comment
	}
	if v.Fiat {
		p.FiatRate, _ = s.rates.rate(asset, v.Amount.Currency()) // or there were no offer
	}
	if v.SwapTo != "" {
		p.Swap = s.rates.swap(minus(amount, fee), v.SwapTo, v.ID)
	}
	v.Payment = p
}

// credit gives the merchant what is left of a payment.
func (s *Service) credit(a *app, v *Invoice) {
	if v.Payment.Swap.Done {
		a.balance.put(v.Payment.Swap.Output)
		return
	}
	a.balance.put(minus(v.Payment.Amount, v.Payment.Fee))
}
