package payments

import "github.com/tidwall/gjson"

// wireInvoice is an invoice on the wire. The types are those of the API's own
// answers, see the package's testdata.
type wireInvoice struct {
	ID              scalar
	Hash            scalar
	CurrencyType    scalar
	Asset           scalar
	Fiat            scalar
	Amount          scalar
	PaidAsset       scalar
	PaidAmount      scalar
	PaidFiatRate    scalar
	AcceptedAssets  codes
	FeeAsset        scalar
	FeeAmount       scalar
	Fee             scalar // older name of fee_amount
	FeeInUSD        scalar
	PayURL          scalar // older name of bot_invoice_url
	BotURL          scalar
	MiniAppURL      scalar
	WebAppURL       scalar
	Description     scalar
	Status          scalar
	CreatedAt       scalar
	AllowComments   scalar
	AllowAnonymous  scalar
	ExpiresAt       scalar
	PaidUSDRate     scalar
	USDRate         scalar // older name of paid_usd_rate
	PaidAt          scalar
	PaidAnonymously scalar
	Comment         scalar
	HiddenMessage   scalar
	Payload         scalar
	PaidButton      scalar
	PaidButtonURL   scalar
	wireSwap
}

type wireSwap struct {
	SwapTo    scalar
	IsSwapped scalar
	UID       scalar
	SwappedTo scalar
	Rate      scalar
	Output    scalar
	USDAmount scalar
	SwapUSD   scalar
}

// set takes a field. Those that nobody here asks for are left out.
func (w *wireInvoice) set(name string, value gjson.Result) {
	if name == "accepted_assets" {
		w.AcceptedAssets = codesOf(value)
		return
	}
	if to := w.field(name); to != nil {
		*to = scalarOf(value)
	}
}

// field finds the place of a field by its name on the wire.
func (w *wireInvoice) field(name string) *scalar {
	switch name {
	case "invoice_id":
		return &w.ID
	case "hash":
		return &w.Hash
	case "currency_type":
		return &w.CurrencyType
	case "asset":
		return &w.Asset
	case "fiat":
		return &w.Fiat
	case "amount":
		return &w.Amount
	case "paid_asset":
		return &w.PaidAsset
	case "paid_amount":
		return &w.PaidAmount
	case "paid_fiat_rate":
		return &w.PaidFiatRate
	case "fee_asset":
		return &w.FeeAsset
	case "fee_amount":
		return &w.FeeAmount
	case "fee":
		return &w.Fee
	case "fee_in_usd":
		return &w.FeeInUSD
	case "pay_url":
		return &w.PayURL
	case "bot_invoice_url":
		return &w.BotURL
	case "mini_app_invoice_url":
		return &w.MiniAppURL
	case "web_app_invoice_url":
		return &w.WebAppURL
	case "description":
		return &w.Description
	case "status":
		return &w.Status
	case "created_at":
		return &w.CreatedAt
	case "allow_comments":
		return &w.AllowComments
	case "allow_anonymous":
		return &w.AllowAnonymous
	case "expiration_date":
		return &w.ExpiresAt
	case "paid_usd_rate":
		return &w.PaidUSDRate
	case "usd_rate":
		return &w.USDRate
	case "paid_at":
		return &w.PaidAt
	case "paid_anonymously":
		return &w.PaidAnonymously
	case "comment":
		return &w.Comment
	case "hidden_message":
		return &w.HiddenMessage
	case "payload":
		return &w.Payload
	case "paid_btn_name":
		return &w.PaidButton
	case "paid_btn_url":
		return &w.PaidButtonURL
	}
	return w.wireSwap.field(name)
}

func (w *wireSwap) field(name string) *scalar {
	switch name {
	case "swap_to":
		return &w.SwapTo
	case "is_swapped":
		return &w.IsSwapped
	case "swapped_uid":
		return &w.UID
	case "swapped_to":
		return &w.SwappedTo
	case "swapped_rate":
		return &w.Rate
	case "swapped_output":
		return &w.Output
	case "swapped_usd_amount":
		return &w.USDAmount
	case "swapped_usd_rate":
		return &w.SwapUSD
	}
	return nil
}
