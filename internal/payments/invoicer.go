package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// Invoicer puts a Client into the words of package shop, whose Invoicer and
// Rates it fulfils. This is the upper floor of the package: nothing below knows of orders.
type Invoicer struct {
	client *Client
	link   func(shop.OrderID) string
}

// NewInvoicer makes an Invoicer. link is where a payer is led back to after
// paying for an order; "" for nowhere.
func NewInvoicer(c *Client, link func(shop.OrderID) string) *Invoicer {
	return &Invoicer{client: c, link: link}
}

// CreateInvoice asks for an invoice with the order's id as payload. A shop priced
// in a fiat currency lets the payer choose among the order's assets.
func (i *Invoicer) CreateInvoice(ctx context.Context, o shop.Order, ttl time.Duration) (shop.Invoice, error) {
	r := InvoiceRequest{
		CurrencyType: Crypto, Amount: o.Total, Payload: string(o.ID), ExpiresIn: ttl,
		Description: description(o),
	}
	if !catalog.IsAsset(o.Total.Currency()) {
		r.CurrencyType, r.AcceptedAssets = Fiat, o.Assets
	}
	if url := i.link(o.ID); url != "" {
		r.PaidButton, r.PaidButtonURL = ButtonCallback, url
	}
	in, err := i.client.CreateInvoice(ctx, r)
	if err != nil {
		return shop.Invoice{}, inWordsOfShop(err)
	}
	return invoiceOf(in), nil
}

// description is what the payer reads in the wallet.
func description(o shop.Order) string {
	text := []rune(fmt.Sprintf("%s × %d · %s", o.Item.Title.In(o.Buyer.Language), o.Item.Quantity, o.ID))
	return string(text[:min(len(text), maxDescription)])
}

// FindBills finds the invoices with the order's id as payload that are payable or paid.
func (i *Invoicer) FindBills(ctx context.Context, id shop.OrderID, since time.Time) ([]shop.Bill, error) {
	found, err := i.client.FindInvoicesByPayload(ctx, string(id), since)
	return billsOf(found), inWordsOfShop(err)
}

// Bills looks invoices up, up to 1000 at once. Many together are a comparison and let
// those that a buyer waits for go first.
func (i *Invoicer) Bills(ctx context.Context, invoices []int64) ([]shop.Bill, error) {
	if len(invoices) == 0 {
		return nil, nil
	}
	if len(invoices) > 1 {
		ctx = Background(ctx)
	}
	found, err := i.client.GetInvoices(ctx, InvoiceFilter{IDs: invoices})
	return billsOf(found), inWordsOfShop(err)
}

// DeleteInvoice makes an invoice unpayable. One that is gone is as good.
func (i *Invoicer) DeleteInvoice(ctx context.Context, invoice int64) error {
	err := i.client.DeleteInvoice(ctx, invoice)
	if errors.Is(err, ErrInvoiceNotFound) {
		return nil
	}
	return inWordsOfShop(err)
}

// Transfer sends a refund under its own id, so that repeating it finds the coins gone already.
func (i *Invoicer) Transfer(ctx context.Context, buyer int64, r shop.Refund) (int64, error) {
	t, err := i.client.Transfer(ctx, TransferRequest{UserID: buyer, Amount: r.Amount, SpendID: string(r.ID)})
	return t.ID, inWordsOfShop(err)
}

// FindTransfer tells whether the transfer under the refund's id was made.
func (i *Invoicer) FindTransfer(ctx context.Context, r shop.Refund) (id int64, found bool, err error) {
	t, found, err := i.client.findTransfer(ctx, string(r.ID))
	return t.ID, found, inWordsOfShop(err)
}

// Rate is what one unit of from is worth in to, and whether that is known now.
func (i *Invoicer) Rate(from, to money.Currency) (money.Rate, bool) {
	rate, _, known := i.client.Rate(from, to)
	return rate, known
}

// PaymentEvent is the shop's news of a paid invoice; false for an update that
// is of another type, tells of no payment, or is for no order of a shop.
func PaymentEvent(u Update, raw []byte, received time.Time) (shop.Event, bool) {
	id, err := shop.ParseOrderID(u.Invoice.Payload)
	if u.Type != UpdateInvoicePaid || u.Invoice.Status != InvoicePaid || err != nil {
		return shop.Event{}, false
	}
	return shop.Event{
		Order: id, Payment: paymentOf(u.Invoice), Source: shop.FromWebhook, Received: received, Raw: raw,
	}, true
}

// invoiceOf prefers the link that opens the wallet inside Telegram.
func invoiceOf(in Invoice) shop.Invoice {
	return shop.Invoice{ID: in.ID, URL: cmp.Or(in.MiniAppURL, in.BotURL, in.WebAppURL)}
}

func billsOf(found []Invoice) []shop.Bill {
	bills := make([]shop.Bill, 0, len(found))
	for _, in := range found {
		b := shop.Bill{Invoice: invoiceOf(in), Order: shop.OrderID(in.Payload), Raw: in.Raw}
		switch in.Status {
		case InvoicePaid:
			b.Status, b.Payment = shop.InvoicePaid, paymentOf(in)
		case InvoiceExpired:
			b.Status = shop.InvoiceClosed
		default: // a status that we do not know may still be payable
			b.Status = shop.InvoiceOpen
		}
		bills = append(bills, b)
	}
	return bills
}

func paymentOf(in Invoice) shop.Payment {
	p := shop.Payment{Invoice: in.ID, Amount: in.PaidAmount, Fee: in.Fee, Price: in.Amount, At: in.PaidAt}
	sent := slices.Contains(in.Unread, "paid_amount") // but not to be read, so it equals nothing
	if p.Amount.Currency() == "" && in.CurrencyType != Fiat && !sent {
		p.Amount = in.Amount // documented for fiat invoices only; a crypto one is paid exactly
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	return p
}

// inWordsOfShop tells final refusals and waits from doubtful failures.
func inWordsOfShop(err error) error {
	if err == nil {
		return nil
	}
	if _, wrong := errors.AsType[*FieldError](err); wrong {
		return &shop.RefusedError{Name: "INVALID", Err: err}
	}
	// A *TransferMismatchError is no refusal: coins did go out under that id, so a person has to look.
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e.Refused():
		return &shop.RefusedError{Name: e.Name, Hint: e.Hint(), Err: err}
	case ok && e.RetryAfter > 0:
		return &shop.RetryAfterError{Wait: e.RetryAfter, Err: err}
	}
	return err
}
