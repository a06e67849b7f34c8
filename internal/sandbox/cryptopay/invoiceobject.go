package cryptopay

import "shopbot/internal/money"

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
