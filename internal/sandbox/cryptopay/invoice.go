package cryptopay

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Errors of Pay and of the other things that a user does.
var (
	ErrNotFound    = errors.New("not found")
	ErrAlreadyPaid = errors.New("already paid")
	ErrExpired     = errors.New("expired")
	ErrAsset       = errors.New("asset not accepted")
	ErrNoMoney     = errors.New("not enough coins in the wallet")
)

// Status is the state of an invoice.
type Status string

// The states of an invoice. A deleted one is gone.
const (
	StatusActive  Status = "active"
	StatusPaid    Status = "paid"
	StatusExpired Status = "expired"
)

// Invoice is an invoice as the page that shows it to a payer needs it.
type Invoice struct {
	ID             int64
	AppID          int64
	Hash           string
	Amount         money.Amount     // of an asset, or of a fiat currency if Fiat is set
	Fiat           bool             // whether the payer chooses the asset
	Accepted       []money.Currency // of a fiat invoice: the assets to choose from
	SwapTo         money.Currency   // asset to turn the income into; never set on the test network
	Description    string
	HiddenMessage  string // for the payer, after payment
	Payload        string // for the merchant only
	ButtonName     string // viewItem, openChannel, openBot or callback; empty: no button
	ButtonURL      string
	AllowComments  bool
	AllowAnonymous bool
	CreatedAt      time.Time
	ExpiresAt      time.Time // zero: never
	Status         Status    // when the copy was made
	BotURL         string
	MiniAppURL     string
	WebAppURL      string
	Payment        Payment // zero unless paid

	token string
}

// Payment is how an invoice was paid.
type Payment struct {
	At        time.Time
	Payer     int64 // known to the sandbox only, never to the merchant
	Amount    money.Amount
	Fee       money.Amount // of the same asset; the merchant gets Amount less Fee
	FeeUSD    money.Amount
	FiatRate  money.Amount // of a fiat invoice: price of one unit of the asset in its currency
	USDRate   money.Amount // the same in USD
	Anonymous bool
	Comment   string
	Swap      Swap // zero unless the income was turned into another asset
}

// statusAt is the invoice's state at a moment: it expires without an event.
func (v *Invoice) statusAt(t time.Time) Status {
	switch {
	case !v.Payment.At.IsZero():
		return StatusPaid
	case !v.ExpiresAt.IsZero() && !t.Before(v.ExpiresAt):
		return StatusExpired
	}
	return StatusActive
}

// snapshot is a copy for the caller.
func (v *Invoice) snapshot() Invoice {
	c := *v
	c.Accepted = slices.Clone(v.Accepted)
	c.Status = v.statusAt(now())
	return c
}

// Invoice finds an invoice by its id, its hash or any of its links, or returns ErrNotFound.
func (s *Service) Invoice(ref string) (Invoice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.invoice(ref)
	if err != nil {
		return Invoice{}, err
	}
	return v.snapshot(), nil
}

// Invoices lists an app's invoices, oldest first.
func (s *Service) Invoices(token string) (invoices []Invoice) {
	s.withApp(token, func(a *app) {
		for _, v := range a.invoices {
			invoices = append(invoices, v.snapshot())
		}
	})
	return invoices
}

// invoice is Invoice without the copy. The lock is held.
func (s *Service) invoice(ref string) (*Invoice, error) {
	if v := s.invoices[s.find("IV", ref)]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("invoice %.100q: %w", ref, ErrNotFound)
}
