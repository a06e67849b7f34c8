package payments

import (
	"bytes"
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

// Invoice is a bill as Crypto Pay has it. Fields that were not sent are zero; everything about the
// payment is, as long as Status is not InvoicePaid.
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

// usd is the currency in which the API values payments.
const usd money.Currency = "USD"

// UnmarshalJSON reads an invoice as the API sends it. Only one without an invoice_id is an error.
func (inv *Invoice) UnmarshalJSON(data []byte) error {
	if !gjson.ValidBytes(data) {
		return fmt.Errorf("invoice: %w: malformed", errNotObject)
	}
	return inv.read(gjson.ParseBytes(data), bytes.Clone(data))
}

// read reads an invoice that is well-formed JSON. It keeps raw.
func (inv *Invoice) read(data gjson.Result, raw []byte) error {
	var room [usualFields]field
	var unread []string
	o, err := newObject(data, room[:0], &unread)
	if err != nil {
		return fmt.Errorf("invoice: %w", err)
	}
	id, err := o.id("invoice_id")
	if err != nil {
		return fmt.Errorf("invoice: %w", err)
	}
	kind, paid := CurrencyType(o.text("currency_type")), o.currency("paid_asset")
	priced := o.currency("asset", "fiat")
	if kind == Fiat {
		priced = o.currency("fiat")
	}
	*inv = Invoice{
		ID:              id,
		Hash:            o.text("hash"),
		Status:          InvoiceStatus(o.text("status")),
		CurrencyType:    kind,
		AcceptedAssets:  o.codes("accepted_assets"),
		BotURL:          o.text("bot_invoice_url", "pay_url"),
		MiniAppURL:      o.text("mini_app_invoice_url"),
		WebAppURL:       o.text("web_app_invoice_url"),
		Description:     o.text("description"),
		HiddenMessage:   o.text("hidden_message"),
		Payload:         o.text("payload"),
		PaidButton:      PaidButton(o.text("paid_btn_name")),
		PaidButtonURL:   o.text("paid_btn_url"),
		AllowComments:   o.isTrue("allow_comments"),
		AllowAnonymous:  o.isTrue("allow_anonymous"),
		CreatedAt:       o.time("created_at"),
		ExpiresAt:       o.time("expiration_date"),
		Amount:          o.amount(priced, "amount"),
		PaidAt:          o.time("paid_at"),
		PaidAnonymously: o.isTrue("paid_anonymously"),
		PaidAmount:      o.amount(paid, "paid_amount"),
		Fee:             o.amount(o.currency("fee_asset", "paid_asset"), "fee_amount", "fee"),
		FeeInUSD:        o.amount(usd, "fee_in_usd"),
		PaidUSDRate:     o.rate(paid, usd, "paid_usd_rate", "usd_rate"),
		PaidFiatRate:    o.rate(paid, priced, "paid_fiat_rate"),
		Comment:         o.text("comment"),
		Swap: Swap{
			To:      o.currency("swap_to"),
			Done:    o.isTrue("is_swapped"),
			UID:     o.text("swapped_uid"),
			Into:    o.currency("swapped_to"),
			Rate:    o.text("swapped_rate"),
			Output:  o.amount(o.currency("swapped_to"), "swapped_output"),
			USD:     o.amount(usd, "swapped_usd_amount"),
			USDRate: o.text("swapped_usd_rate"),
		},
		Raw: raw,
	}
	inv.Unread = unread
	return nil
}
