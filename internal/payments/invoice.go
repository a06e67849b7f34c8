package payments

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"shopbot/internal/money"
)

// CurrencyType tells whether an invoice is priced in an asset or in a fiat currency.
type CurrencyType string

// The currency types.
const (
	Crypto CurrencyType = "crypto"
	Fiat   CurrencyType = "fiat"
)

// InvoiceStatus is a state of an invoice. The set is open.
type InvoiceStatus string

// The known statuses. A deleted invoice has none: it is missing from all lists.
const (
	InvoiceActive  InvoiceStatus = "active"
	InvoicePaid    InvoiceStatus = "paid"
	InvoiceExpired InvoiceStatus = "expired"
)

// PaidButton names the button that a payer sees after paying. The set is open.
type PaidButton string

// The known buttons.
const (
	ButtonViewItem    PaidButton = "viewItem"
	ButtonOpenChannel PaidButton = "openChannel"
	ButtonOpenBot     PaidButton = "openBot"
	ButtonCallback    PaidButton = "callback"
)

// Invoice is a bill as Crypto Pay has it. Fields that were not sent are zero;
// in particular everything about the payment, as long as Status is not InvoicePaid.
type Invoice struct {
	ID           int64
	Hash         string
	Status       InvoiceStatus
	CurrencyType CurrencyType
	Amount       money.Amount // what is asked, in the asset or fiat currency that it is priced in

	AcceptedAssets []money.Currency // of a fiat invoice
	// Links to pay at, any of which a pay button may hold.
	BotURL, MiniAppURL, WebAppURL string

	Description, HiddenMessage    string
	Payload                       string // what the app put in, unchanged
	PaidButton                    PaidButton
	PaidButtonURL                 string
	AllowComments, AllowAnonymous bool
	CreatedAt, ExpiresAt, PaidAt  time.Time // ExpiresAt is zero where it never expires
	PaidAmount                    money.Amount
	Fee                           money.Amount // kept by Crypto Pay, part of PaidAmount
	FeeInUSD                      money.Amount
	PaidUSDRate                   money.Rate // paid asset in USD
	PaidFiatRate                  money.Rate // paid asset in the currency of a fiat invoice
	PaidAnonymously               bool
	Comment                       string // of the payer
	Swap                          Swap

	// Unread names the fields whose values could not be expressed and are zero here.
	Unread []string
	// Raw is the whole object as it was sent.
	Raw json.RawMessage
}

// Swap is the conversion of a payment into another asset, tried on request and not promised.
type Swap struct {
	To      money.Currency // asked for
	Done    bool
	UID     string
	Into    money.Currency
	Rate    string // as sent
	Output  money.Amount
	USD     money.Amount
	USDRate string // as sent
}

// UnmarshalJSON reads an invoice as the API sends it. Only one without an
// invoice_id is an error.
func (inv *Invoice) UnmarshalJSON(data []byte) error {
	if !gjson.ValidBytes(data) {
		return fmt.Errorf("invoice: %w: malformed", errNotObject)
	}
	return inv.read(gjson.ParseBytes(data))
}

// read reads an invoice that is known to be well-formed JSON. Its texts are parts of the object's.
func (inv *Invoice) read(object gjson.Result) error {
	var w wireInvoice
	if err := eachField(object, w.set); err != nil {
		return fmt.Errorf("invoice: %w", err)
	}
	id, err := readID("invoice_id", w.ID)
	if err != nil {
		return fmt.Errorf("invoice: %w", err)
	}
	*inv = Invoice{
		ID:             id,
		Hash:           string(w.Hash),
		Status:         InvoiceStatus(w.Status),
		CurrencyType:   CurrencyType(w.CurrencyType),
		AcceptedAssets: w.AcceptedAssets,
		BotURL:         string(cmp.Or(w.BotURL, w.PayURL)),
		MiniAppURL:     string(w.MiniAppURL),
		WebAppURL:      string(w.WebAppURL),
		Description:    string(w.Description),
		HiddenMessage:  string(w.HiddenMessage),
		Payload:        string(w.Payload),
		PaidButton:     PaidButton(w.PaidButton),
		PaidButtonURL:  string(w.PaidButtonURL),
		AllowComments:  w.AllowComments.isTrue(),
		AllowAnonymous: w.AllowAnonymous.isTrue(),
		Comment:        string(w.Comment),
		Raw:            json.RawMessage(object.Raw),
	}
	var f fields
	inv.CreatedAt = f.time("created_at", w.CreatedAt)
	inv.ExpiresAt = f.time("expiration_date", w.ExpiresAt)
	inv.readMoney(&f, &w)
	inv.readSwap(&f, &w.wireSwap)
	inv.Unread = f.unread
	return nil
}

func (inv *Invoice) readMoney(f *fields, w *wireInvoice) {
	priced, paid := money.Currency(cmp.Or(w.Asset, w.Fiat)), money.Currency(w.PaidAsset)
	if inv.CurrencyType == Fiat {
		priced = money.Currency(w.Fiat)
	}
	inv.Amount = f.amount("amount", w.Amount, priced)
	inv.PaidAt = f.time("paid_at", w.PaidAt)
	inv.PaidAnonymously = w.PaidAnonymously.isTrue()
	inv.PaidAmount = f.amount("paid_amount", w.PaidAmount, paid)
	inv.Fee = f.amount("fee_amount", cmp.Or(w.FeeAmount, w.Fee), money.Currency(cmp.Or(w.FeeAsset, w.PaidAsset)))
	inv.FeeInUSD = f.amount("fee_in_usd", w.FeeInUSD, usd)
	inv.PaidUSDRate = f.rate("paid_usd_rate", cmp.Or(w.PaidUSDRate, w.USDRate), paid, usd)
	inv.PaidFiatRate = f.rate("paid_fiat_rate", w.PaidFiatRate, paid, priced)
}

func (inv *Invoice) readSwap(f *fields, w *wireSwap) {
	inv.Swap = Swap{
		To: money.Currency(w.SwapTo), Done: w.IsSwapped.isTrue(), UID: string(w.UID),
		Into: money.Currency(w.SwappedTo), Rate: string(w.Rate), USDRate: string(w.SwapUSD),
	}
	inv.Swap.Output = f.amount("swapped_output", w.Output, inv.Swap.Into)
	inv.Swap.USD = f.amount("swapped_usd_amount", w.USDAmount, usd)
}
