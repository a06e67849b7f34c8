package cryptopay

import (
	"fmt"
	"slices"
	"strconv"

	"shopbot/internal/money"
)

// Offer is one way to pay an invoice.
type Offer struct {
	Asset  money.Currency
	Amount money.Amount // exactly this
}

// Extras are what a payer may add to a payment.
type Extras struct {
	Comment   string // ignored unless the invoice allows comments
	Anonymous bool   // ignored unless the invoice allows anonymity
}

// Offers lists the ways to pay: the asset of a crypto invoice, or the accepted assets of a fiat
// invoice that have a rate, at the current rates.
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
		if !slices.Contains(s.network.assets, asset) { // renamed since
			continue
		}
		if cost, valid := s.rates.cost(v.Amount, asset); valid {
			offers = append(offers, Offer{Asset: asset, Amount: cost})
		}
	}
	return offers
}

// Pay pays an invoice from the payer's wallet by one of its offers; an empty asset means the first.
// The app is credited with the amount less the fee, and the webhook is sent in the background.
// Errors: ErrNotFound, ErrAlreadyPaid, ErrExpired, ErrAsset, ErrNoMoney.
func (s *Service) Pay(ref string, payer int64, asset money.Currency) (Invoice, error) {
	return s.PayWith(ref, payer, asset, Extras{})
}

// PayWith is Pay with a comment, or anonymously.
func (s *Service) PayWith(ref string, payer int64, asset money.Currency, extras Extras) (paid Invoice, err error) {
	defer s.notifyUnless(&err)
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
	s.recordPayment(v, payer, offer.Amount, extras)
	a := s.app(v.token)
	if v.Payment.Swap.Done {
		a.available.add(v.Payment.Swap.Output)
	} else {
		a.available.add(minus(v.Payment.Amount, v.Payment.Fee))
	}
	s.announce(a, v)
	return v.snapshot(), nil
}

// choose finds the offer for an asset, if the invoice can be paid at all.
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

func (s *Service) recordPayment(v *Invoice, payer int64, amount money.Amount, extras Extras) {
	asset := amount.Currency()
	usdRate, _ := s.rates.rate(asset, usd) // every asset has a price in USD
	fee := times(constant("0.03", asset), amount)
	p := Payment{
		At: now(), Payer: payer, Amount: amount, Fee: fee, FeeUSD: times(usdRate, fee), USDRate: usdRate,
		Anonymous: extras.Anonymous && v.AllowAnonymous,
	}
	if v.AllowComments {
		p.Comment = extras.Comment
	}
	if v.Fiat {
		p.FiatRate, _ = s.rates.rate(asset, v.Amount.Currency()) // without a rate there is no offer
	}
	if v.SwapTo != "" {
		p.Swap = s.rates.swap(minus(amount, fee), v.SwapTo, v.ID)
	}
	v.Payment = p
}

// Swap is the result for a payment whose invoice asks for another asset.
type Swap struct {
	Done    bool
	UID     string
	Rate    money.Amount // of one unit of the paid asset, in the target asset
	Output  money.Amount // credited instead of the paid amount less its fee
	USD     money.Amount // worth of the output
	USDRate money.Amount // of one unit of the target asset
}

// swapFields are in a paid invoice that asked for a swap.
type swapFields struct {
	IsSwapped        *bool          `json:"is_swapped,omitempty"`
	SwappedUID       string         `json:"swapped_uid,omitempty"`
	SwappedTo        money.Currency `json:"swapped_to,omitempty"`
	SwappedRate      string         `json:"swapped_rate,omitempty"`
	SwappedOutput    string         `json:"swapped_output,omitempty"`
	SwappedUSDAmount string         `json:"swapped_usd_amount,omitempty"`
	SwappedUSDRate   string         `json:"swapped_usd_rate,omitempty"`
}

func (w Swap) fields() swapFields {
	if !w.Done {
		return swapFields{IsSwapped: &w.Done}
	}
	return swapFields{
		IsSwapped: &w.Done, SwappedUID: w.UID, SwappedTo: w.Output.Currency(), SwappedRate: w.Rate.Decimal(),
		SwappedOutput: w.Output.Decimal(), SwappedUSDAmount: w.USD.Decimal(), SwappedUSDRate: w.USDRate.Decimal(),
	}
}

// swapTargets are the assets that swap_to may name. The sandbox has no rate for SOL: such a swap is
// accepted and never done, as the real one may fail.
func swapTargets() []string {
	return []string{"USDT", "TON", "TRX", "ETH", "SOL", "BTC", "LTC"}
}

// swap turns an income into the target asset, at no charge.
func (r rates) swap(income money.Amount, target money.Currency, id int64) Swap {
	targetPrice, known := r.rate(target, usd)
	price, valid := r.rate(income.Currency(), usd)
	if !known || !valid || target == income.Currency() {
		return Swap{}
	}
	rate, err := constant("1", target).Share(price, targetPrice, rateDecimals)
	if err != nil {
		return Swap{}
	}
	output := times(rate, income)
	return Swap{
		Done: true, UID: strconv.FormatInt(id, 10), Rate: rate,
		Output: output, USD: times(targetPrice, output), USDRate: targetPrice,
	}
}
