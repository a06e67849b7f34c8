package payments

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"shopbot/internal/money"
)

// MaxDescription is how long an invoice's description may be, in characters.
const MaxDescription = 1024

// Other documented limits of an invoice's parameters.
const (
	maxHiddenMessage = 2048
	maxPayloadBytes  = 4096 // the page says 4 KB and leaves open of what: bytes are the stricter reading
	minExpiresIn     = time.Second
	maxExpiresIn     = 31 * 24 * time.Hour
)

// InvoiceRequest is what createInvoice is asked. What is left zero is not sent,
// and the API's own default holds.
type InvoiceRequest struct {
	CurrencyType   CurrencyType     // Crypto by default
	Amount         money.Amount     // required; of an asset or, with Fiat, of a fiat currency
	AcceptedAssets []money.Currency // of a fiat invoice; all by default
	Description    string           // shown to the payer; up to 1024 characters
	HiddenMessage  string           // shown after payment; up to 2048 characters
	PaidButton     PaidButton       // none by default
	PaidButtonURL  string           // required with PaidButton
	SwapTo         money.Currency   // convert what is paid into this asset; best effort
	Payload        string           // given back with the invoice; up to 4096 bytes
	AllowComments  *bool            // true by default
	AllowAnonymous *bool            // true by default
	ExpiresIn      time.Duration    // whole seconds from 1 s to 31 days; never by default
}

type createInvoiceParams struct {
	CurrencyType   CurrencyType   `json:"currency_type,omitempty"`
	Asset          money.Currency `json:"asset,omitempty"`
	Fiat           money.Currency `json:"fiat,omitempty"`
	AcceptedAssets string         `json:"accepted_assets,omitempty"`
	Amount         string         `json:"amount"`
	Description    string         `json:"description,omitempty"`
	HiddenMessage  string         `json:"hidden_message,omitempty"`
	PaidButton     PaidButton     `json:"paid_btn_name,omitempty"`
	PaidButtonURL  string         `json:"paid_btn_url,omitempty"`
	SwapTo         money.Currency `json:"swap_to,omitempty"`
	Payload        string         `json:"payload,omitempty"`
	AllowComments  *bool          `json:"allow_comments,omitempty"`
	AllowAnonymous *bool          `json:"allow_anonymous,omitempty"`
	ExpiresIn      int64          `json:"expires_in,omitempty"`
}

func (r InvoiceRequest) params() createInvoiceParams {
	p := createInvoiceParams{
		CurrencyType:   r.CurrencyType,
		AcceptedAssets: codes(r.AcceptedAssets).join(),
		Amount:         r.Amount.Decimal(),
		Description:    r.Description,
		HiddenMessage:  r.HiddenMessage,
		PaidButton:     r.PaidButton,
		PaidButtonURL:  r.PaidButtonURL,
		SwapTo:         r.SwapTo,
		Payload:        r.Payload,
		AllowComments:  r.AllowComments,
		AllowAnonymous: r.AllowAnonymous,
		ExpiresIn:      int64(r.ExpiresIn / time.Second),
	}
	if r.CurrencyType == Fiat {
		p.Fiat = r.Amount.Currency()
	} else {
		p.Asset = r.Amount.Currency()
	}
	return p
}

func (r InvoiceRequest) check() error {
	c := checker{method: "createInvoice"}
	c.amount("amount", r.Amount)
	c.codes("accepted_assets", r.AcceptedAssets)
	c.want(len(r.AcceptedAssets) == 0 || r.CurrencyType == Fiat, "accepted_assets", "none unless currency_type is fiat")
	c.text("description", r.Description, MaxDescription)
	c.text("hidden_message", r.HiddenMessage, maxHiddenMessage)
	c.text("payload", r.Payload, maxPayloadBytes)
	c.want(len(r.Payload) <= maxPayloadBytes, "payload", fmt.Sprintf("at most %d bytes", maxPayloadBytes))
	c.want(r.SwapTo == "" || r.SwapTo.Valid(), "swap_to", "a code such as USDT")
	c.want(r.ExpiresIn == 0 || r.ExpiresIn >= minExpiresIn && r.ExpiresIn <= maxExpiresIn && r.ExpiresIn%time.Second == 0,
		"expires_in", "whole seconds from 1 second to 31 days")
	c.want((r.PaidButton == "") == (r.PaidButtonURL == ""), "paid_btn_url", "an address together with paid_btn_name, or neither")
	if r.PaidButtonURL != "" {
		c.webAddress("paid_btn_url", r.PaidButtonURL)
	}
	return c.err()
}

// CreateInvoice makes an invoice. Every call makes a new one: it is tried again
// by itself only after failures that surely did nothing. After an error for
// which MayHaveHappened is true look with FindInvoicesByPayload before asking again.
func (c *Client) CreateInvoice(ctx context.Context, r InvoiceRequest) (Invoice, error) {
	if err := r.check(); err != nil {
		return Invoice{}, err
	}
	return call[Invoice](ctx, c, operation{
		method: "createInvoice", params: r.params(), repeat: unlessDone,
		about: []slog.Attr{slog.String("payload", logged(r.Payload)), slog.String("amount", r.Amount.String())},
	})
}

// logged is a text of the app's own, short enough for a log.
func logged(s string) string {
	const longest = 64
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

// DeleteInvoice makes an invoice unpayable and takes it out of all lists. It is
// repeatable: one that is gone once a try was in doubt counts as deleted. One
// that was never there is ErrInvoiceNotFound.
func (c *Client) DeleteInvoice(ctx context.Context, id int64) error {
	check := checker{method: "deleteInvoice"}
	check.ids("invoice_id", []int64{id})
	if err := check.err(); err != nil {
		return err
	}
	return goneIs(ErrInvoiceNotFound, c.delete(ctx, operation{
		method: "deleteInvoice", params: map[string]int64{"invoice_id": id}, repeat: harmless,
		about: []slog.Attr{slog.Int64("invoice", id)},
	}))
}

func (c *Client) delete(ctx context.Context, op operation) error {
	done, err := call[scalar](ctx, c, op)
	if err != nil {
		return err
	}
	if !done.isTrue() {
		return &Error{Method: op.method, Status: 200, Outcome: OutcomeUnknown, cause: errors.New("answer is not true")}
	}
	return nil
}

// goneIs takes "not found" for success where an earlier try may have deleted it:
// only then is the outcome of such a refusal unknown.
func goneIs(notFound, err error) error {
	if errors.Is(err, notFound) && MayHaveHappened(err) {
		return nil
	}
	return err
}

// InvoiceFilter chooses invoices. The zero filter is all of them.
type InvoiceFilter struct {
	Assets []money.Currency
	Fiat   money.Currency
	IDs    []int64       // unknown ones are missing from the answer
	Status InvoiceStatus // InvoiceActive or InvoicePaid; the API cannot filter by others
	Page
}

type getInvoicesParams struct {
	Asset  string         `json:"asset,omitempty"`
	Fiat   money.Currency `json:"fiat,omitempty"`
	IDs    string         `json:"invoice_ids,omitempty"`
	Status InvoiceStatus  `json:"status,omitempty"`
	Offset int            `json:"offset,omitempty"`
	Count  int            `json:"count,omitempty"`
}

func (f InvoiceFilter) check() error {
	c := checker{method: "getInvoices"}
	c.codes("asset", f.Assets)
	c.want(f.Fiat == "" || f.Fiat.Valid(), "fiat", "a code such as USD")
	c.ids("invoice_ids", f.IDs)
	c.page(f.Page)
	return c.err()
}

// GetInvoices is one part of the list of invoices, in an order that the API does
// not promise. With IDs and no Count it is all of them, up to 1000.
func (c *Client) GetInvoices(ctx context.Context, f InvoiceFilter) ([]Invoice, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	l, err := call[list[Invoice]](ctx, c, operation{
		method: "getInvoices", repeat: reading,
		params: getInvoicesParams{
			Asset: codes(f.Assets).join(), Fiat: f.Fiat, IDs: joinIDs(f.IDs), Status: f.Status,
			Offset: f.Offset, Count: max(f.Count, len(f.IDs)),
		},
	})
	return l.items, err
}

// Invoices goes through all invoices that f chooses, page by page, each once.
// It ends at the first error, which comes last.
func (c *Client) Invoices(ctx context.Context, f InvoiceFilter) iter.Seq2[Invoice, error] {
	return rows(f.Page, func(inv Invoice) int64 { return inv.ID }, func(p Page) ([]Invoice, error) {
		f.Page = p
		return c.GetInvoices(ctx, f)
	})
}
