package payments

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"shopbot/internal/money"
)

// MaxDescription is how long an invoice's description may be, in characters.
const MaxDescription = 1024

// Other documented limits of an invoice's parameters.
const (
	maxHiddenMessage = 2048
	maxPayloadBytes  = 4096 // the page says 4 KB and leaves open of what: bytes are the stricter reading
	maxExpiresIn     = 31 * 24 * time.Hour
)

// InvoiceRequest is what createInvoice is asked. What is left zero is not sent, and the API's own
// default holds.
type InvoiceRequest struct {
	CurrencyType   CurrencyType     // Crypto by default
	Amount         money.Amount     // required; of an asset or, with Fiat, of a fiat currency
	AcceptedAssets []money.Currency // of a fiat invoice; all by default
	Description    string           // shown to the payer; up to 1024 characters
	HiddenMessage  string           // shown after payment; up to 2048 characters
	PaidButton     PaidButton       // no button by default
	PaidButtonURL  string           // required with PaidButton
	SwapTo         money.Currency   // convert what is paid into this asset; best effort
	Payload        string           // given back with the invoice; up to 4096 bytes
	AllowComments  *bool            // true by default
	AllowAnonymous *bool            // true by default
	ExpiresIn      time.Duration    // whole seconds from 1 s to 31 days; never by default
}

func (r InvoiceRequest) params() params {
	priceField := "asset"
	if r.CurrencyType == Fiat {
		priceField = "fiat"
	}
	return params{
		"currency_type":   r.CurrencyType,
		priceField:        r.Amount.Currency(),
		"accepted_assets": join(r.AcceptedAssets),
		"amount":          r.Amount.Decimal(),
		"description":     r.Description,
		"hidden_message":  r.HiddenMessage,
		"paid_btn_name":   r.PaidButton,
		"paid_btn_url":    r.PaidButtonURL,
		"swap_to":         r.SwapTo,
		"payload":         r.Payload,
		"allow_comments":  r.AllowComments,
		"allow_anonymous": r.AllowAnonymous,
		"expires_in":      int64(r.ExpiresIn / time.Second),
	}
}

func (r InvoiceRequest) validate() error {
	v := validator{method: "createInvoice"}
	v.amount("amount", r.Amount)
	v.codes("accepted_assets", r.AcceptedAssets...)
	v.want(len(r.AcceptedAssets) == 0 || r.CurrencyType == Fiat, "accepted_assets", "none unless currency_type is fiat")
	v.text("description", r.Description, MaxDescription)
	v.text("hidden_message", r.HiddenMessage, maxHiddenMessage)
	v.text("payload", r.Payload, maxPayloadBytes)
	v.want(len(r.Payload) <= maxPayloadBytes, "payload", fmt.Sprintf("at most %d bytes", maxPayloadBytes))
	v.want(r.SwapTo == "" || r.SwapTo.Valid(), "swap_to", "a code such as USDT")
	inRange := r.ExpiresIn >= time.Second && r.ExpiresIn <= maxExpiresIn && r.ExpiresIn%time.Second == 0
	v.want(r.ExpiresIn == 0 || inRange, "expires_in", "whole seconds from 1 second to 31 days")
	v.want((r.PaidButton == "") == (r.PaidButtonURL == ""), "paid_btn_url",
		"an address together with paid_btn_name, or neither")
	u, err := url.Parse(r.PaidButtonURL)
	isWeb := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	v.want(r.PaidButtonURL == "" || isWeb, "paid_btn_url", "an address that begins with http:// or https://")
	return v.err()
}

// CreateInvoice makes an invoice. Every call makes a new one, so it is tried again only after
// failures that surely did nothing. After an error for which MayHaveHappened is true look with
// FindInvoicesByPayload before asking again.
func (c *Client) CreateInvoice(ctx context.Context, r InvoiceRequest) (Invoice, error) {
	if err := r.validate(); err != nil {
		return Invoice{}, err
	}
	return call[Invoice](ctx, c, operation{
		method: "createInvoice", params: r.params(), repeat: unlessDone,
		about: []slog.Attr{slog.String("payload", shortened(r.Payload)), slog.String("amount", r.Amount.String())},
	})
}

// shortened is a text for a log.
func shortened(s string) string {
	const longest = 64
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

// DeleteInvoice makes an invoice unpayable and takes it out of all lists. It is repeatable: one
// that is gone once a try was in doubt counts as deleted. One that was never there is
// ErrInvoiceNotFound.
func (c *Client) DeleteInvoice(ctx context.Context, id int64) error {
	return c.remove(ctx, "deleteInvoice", "invoice_id", id, ErrInvoiceNotFound)
}

// remove calls a method that deletes something. "Not found" is success where an earlier try may
// have deleted it: only then is the outcome of such a refusal unknown.
func (c *Client) remove(ctx context.Context, method, field string, id int64, notFound error) error {
	v := validator{method: method}
	v.ids(field, id)
	if err := v.err(); err != nil {
		return err
	}
	_, err := call[deleted](ctx, c, operation{
		method: method, params: params{field: id}, repeat: harmless,
		about: []slog.Attr{slog.Int64(strings.TrimSuffix(field, "_id"), id)},
	})
	if errors.Is(err, notFound) && MayHaveHappened(err) {
		return nil
	}
	return err
}

// deleted is the only result of a method that deletes something.
type deleted struct{}

func (*deleted) UnmarshalJSON(data []byte) error {
	if s := string(data); s != "true" && s != `"true"` {
		return errors.New("not true")
	}
	return nil
}

// InvoiceFilter chooses invoices. The zero filter is all of them.
type InvoiceFilter struct {
	Assets []money.Currency
	Fiat   money.Currency
	IDs    []int64       // unknown ones are missing from the answer
	Status InvoiceStatus // InvoiceActive or InvoicePaid; the API cannot filter by others
	Page
}

// GetInvoices is one part of the list of invoices, in an order that the API does not promise. With
// IDs and no Count it is all of them, up to 1000.
func (c *Client) GetInvoices(ctx context.Context, f InvoiceFilter) ([]Invoice, error) {
	v := validator{method: "getInvoices"}
	v.want(f.Fiat == "" || f.Fiat.Valid(), "fiat", "a code such as USD")
	return getList[Invoice](ctx, c, v, f.Page, "invoice_ids", f.IDs, f.Assets,
		params{"fiat": f.Fiat, "status": f.Status})
}

// Invoices goes through all invoices that f chooses, page by page, each once. It ends at the first
// error, which comes last.
func (c *Client) Invoices(ctx context.Context, f InvoiceFilter) iter.Seq2[Invoice, error] {
	return rows("getInvoices", f.Page, func(inv Invoice) int64 { return inv.ID }, func(p Page) ([]Invoice, error) {
		f.Page = p
		return c.GetInvoices(ctx, f)
	})
}

// InvoicesSince is Invoices without those that were made more than five minutes before since. It
// stops early where the list turns out to have the newest first.
func (c *Client) InvoicesSince(ctx context.Context, f InvoiceFilter, since time.Time) iter.Seq2[Invoice, error] {
	return newerThan(c.Invoices(ctx, f), since, invoiceMade)
}

func invoiceMade(inv Invoice) (id int64, at time.Time) { return inv.ID, inv.CreatedAt }

// FindInvoicesByPayload finds the payable and the paid invoices with the given payload that were
// made after createdAfter, give or take five minutes, and of older ones those among the newest. It
// is for the case that createInvoice's answer was lost. It reads active invoices first, so that it
// does not miss one that is paid meanwhile.
//
// The API cannot filter by payload or time, so this reads lists, as InvoicesSince does. The time
// only ends the reading: an invoice that is found counts, since our clock may be wrong.
func (c *Client) FindInvoicesByPayload(ctx context.Context, payload string, createdAfter time.Time) ([]Invoice, error) {
	var found []Invoice
	index := map[int64]int{} // in found, by invoice id
	for _, status := range []InvoiceStatus{InvoiceActive, InvoicePaid} {
		for inv, err := range untilOld(c.Invoices(ctx, InvoiceFilter{Status: status}), createdAfter, invoiceMade) {
			if err != nil {
				return nil, err
			}
			if inv.Payload != payload {
				continue
			}
			if i, known := index[inv.ID]; known {
				found[i] = inv // it was paid meanwhile
				continue
			}
			index[inv.ID] = len(found)
			found = append(found, inv)
		}
	}
	return found, nil
}
