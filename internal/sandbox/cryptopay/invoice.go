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

// invoiceObject is an invoice on the wire, with the fields in the order of captured answers. Empty
// ones are left out.
type invoiceObject struct {
	ID             int64            `json:"invoice_id"`
	Hash           string           `json:"hash"`
	CurrencyType   string           `json:"currency_type"`
	Asset          money.Currency   `json:"asset,omitempty"`
	Fiat           money.Currency   `json:"fiat,omitempty"`
	Amount         string           `json:"amount"`
	PaidAsset      money.Currency   `json:"paid_asset,omitempty"`
	PaidAmount     string           `json:"paid_amount,omitempty"`
	PaidFiatRate   string           `json:"paid_fiat_rate,omitempty"`
	AcceptedAssets []money.Currency `json:"accepted_assets,omitempty"`
	FeeAsset       money.Currency   `json:"fee_asset,omitempty"`
	FeeAmount      string           `json:"fee_amount,omitempty"`
	Fee            string           `json:"fee,omitempty"` // webhook only
	FeeInUSD       string           `json:"fee_in_usd,omitempty"`
	PayURL         string           `json:"pay_url"`
	BotURL         string           `json:"bot_invoice_url"`
	MiniAppURL     string           `json:"mini_app_invoice_url"`
	WebAppURL      string           `json:"web_app_invoice_url"`
	Description    string           `json:"description,omitempty"`
	Status         Status           `json:"status"`
	SwapTo         money.Currency   `json:"swap_to,omitempty"`
	swapFields
	CreatedAt       string `json:"created_at"`
	AllowComments   bool   `json:"allow_comments"`
	AllowAnonymous  bool   `json:"allow_anonymous"`
	ExpirationDate  string `json:"expiration_date,omitempty"`
	PaidUSDRate     string `json:"paid_usd_rate,omitempty"`
	USDRate         string `json:"usd_rate,omitempty"` // webhook only
	PaidAt          string `json:"paid_at,omitempty"`
	PaidAnonymously *bool  `json:"paid_anonymously,omitempty"`
	Comment         string `json:"comment,omitempty"`
	HiddenMessage   string `json:"hidden_message,omitempty"`
	Payload         string `json:"payload,omitempty"`
	ButtonName      string `json:"paid_btn_name,omitempty"`
	ButtonURL       string `json:"paid_btn_url,omitempty"`
}

// object is the invoice as the API's methods return it now.
func (v *Invoice) object() invoiceObject {
	o := invoiceObject{
		ID: v.ID, Hash: v.Hash, Status: v.statusAt(now()),
		CurrencyType: "crypto", Asset: v.Amount.Currency(), Amount: v.Amount.Decimal(),
		AcceptedAssets: v.Accepted, SwapTo: v.SwapTo,
		PayURL: v.BotURL, BotURL: v.BotURL, MiniAppURL: v.MiniAppURL, WebAppURL: v.WebAppURL,
		Description: v.Description, HiddenMessage: v.HiddenMessage, Payload: v.Payload,
		CreatedAt: stamp(v.CreatedAt), ExpirationDate: stamp(v.ExpiresAt),
		AllowComments: v.AllowComments, AllowAnonymous: v.AllowAnonymous,
		ButtonName: v.ButtonName, ButtonURL: v.ButtonURL,
	}
	if v.Fiat {
		o.CurrencyType, o.Asset, o.Fiat = "fiat", "", v.Amount.Currency()
	}
	if o.Status == StatusPaid {
		o.addPayment(v)
	}
	return o
}

func (o *invoiceObject) addPayment(v *Invoice) {
	p := v.Payment
	o.PaidAsset = p.Amount.Currency()
	o.PaidAmount = p.Amount.Decimal()
	if v.Fiat {
		o.PaidFiatRate = p.FiatRate.Decimal()
	}
	o.FeeAsset = p.Fee.Currency()
	o.FeeAmount = p.Fee.Decimal()
	o.FeeInUSD = p.FeeUSD.Decimal()
	o.PaidUSDRate = p.USDRate.Decimal()
	o.PaidAt = stamp(p.At)
	o.PaidAnonymously = &p.Anonymous
	o.Comment = p.Comment
	if v.SwapTo != "" {
		o.swapFields = p.Swap.fields()
	}
}

// webhookObject adds the deprecated fields that only webhooks carry.
func (v *Invoice) webhookObject() invoiceObject {
	o := v.object()
	o.Fee, o.USDRate = o.FeeAmount, o.PaidUSDRate
	return o
}
