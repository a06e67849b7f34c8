// Package starsrail makes Telegram Stars a rail of the shop: it turns a telegram.Client into a
// shop.Rail with its shop.Ledger, and messages about payments into what the shop takes in. It has no
// rules of its own.
//
// Telegram has no invoice that can be asked for or closed: a link stays payable, and the shop
// decides at each pre-checkout query. So an invoice's id here is that of its order, and a payment's
// that of Telegram's charge, which is in the list of transactions.
package starsrail

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Limits of an invoice, in characters (core.telegram.org/bots/api#createinvoicelink).
const (
	maxTitle       = 32
	maxDescription = 255
)

// SubscriptionPeriod is the only one that Telegram knows.
const SubscriptionPeriod = 30 * 24 * time.Hour

// Rail is the shop.Rail of one bot.
type Rail struct {
	client *telegram.Client

	mu   sync.Mutex
	mark mark
}

// New makes a Rail.
func New(client *telegram.Client) *Rail { return &Rail{client: client} }

// ID is shop.Stars.
func (*Rail) ID() shop.RailID { return shop.Stars }

// Can is what Telegram offers: payments are found in its list of transactions, and go back whole.
func (*Rail) Can() shop.Abilities {
	return shop.Abilities{LookUp: true, Refund: true, FindRefund: true, WholeRefunds: true, Renewals: true}
}

// Ledger is Telegram's list of transactions. It keeps what it has read, so each reconciliation
// takes one of its own.
func (r *Rail) Ledger() shop.Ledger { return &ledger{rail: r} }

// CreateInvoice makes the link of an order, that of a subscription if its product is one. Repeating
// it does no harm. ttl has no effect: links have no end.
func (r *Rail) CreateInvoice(ctx context.Context, o shop.Order, _ time.Duration) (shop.Invoice, error) {
	stars, err := strconv.Atoi(o.PriceBy(shop.Stars).Decimal())
	if err != nil {
		return shop.Invoice{}, &shop.RefusedError{
			Name: "INVALID", About: shop.AboutAmount, Err: fmt.Errorf("%s is no number of Stars", o.PriceBy(shop.Stars)),
		}
	}
	title := cut(o.Lines[0].Title.In(o.Buyer.Language), maxTitle)
	p := &bot.CreateInvoiceLinkParams{
		Title: title, Description: cut(description(&o), maxDescription), Payload: string(o.ID), Currency: telegram.StarCurrency,
		Prices: []models.LabeledPrice{{Label: title, Amount: stars}},
	}
	if o.IsSubscription() {
		p.SubscriptionPeriod = int(SubscriptionPeriod / time.Second)
	}
	link, err := r.client.CreateInvoiceLink(ctx, p)
	if err != nil {
		return shop.Invoice{}, toShopError(err)
	}
	in := shop.Invoice{ID: string(o.ID)}
	if shop.ValidLink(link) {
		in.URL = link
	}
	return in, nil
}

// FindInvoices finds the payments of an order that were made since and did not go back.
func (r *Rail) FindInvoices(ctx context.Context, id shop.OrderID, since time.Time) ([]shop.RemoteInvoice, error) {
	return r.payments(ctx, map[shop.OrderID]bool{id: true}, since)
}

// LookUp finds the payments of orders by their ids that did not go back. It has no unpaid ones:
// Telegram lists none.
func (r *Rail) LookUp(ctx context.Context, invoices []string) ([]shop.RemoteInvoice, error) {
	asked, since := make(map[shop.OrderID]bool, len(invoices)), time.Now()
	for _, id := range invoices {
		o, err := shop.ParseOrderID(id)
		if err != nil {
			return nil, fmt.Errorf("invoice %q: %w", id, err)
		}
		asked[o] = true
		if at := o.Time(); at.Before(since) {
			since = at
		}
	}
	return r.payments(ctx, asked, since.Add(-clockSkew))
}

// payments finds the payments of orders that were made since and did not go back. It gives none
// with an error: a refund is further down the list than its payment.
func (r *Rail) payments(ctx context.Context, of map[shop.OrderID]bool, since time.Time) (found []shop.RemoteInvoice, err error) {
	l := &ledger{rail: r}
	for in, err := range l.PaidInvoices(ctx, since) {
		if err != nil {
			return nil, err
		}
		if of[in.Order] {
			found = append(found, in)
		}
	}
	found = slices.DeleteFunc(found, func(in shop.RemoteInvoice) bool {
		_, back := l.refunds[in.Payment.Invoice]
		return back
	})
	for i := range found {
		found[i].Invoice.ID = string(found[i].Order)
	}
	return found, nil
}

// CloseInvoice does nothing: the shop refuses to take the payment.
func (*Rail) CloseInvoice(context.Context, string) error { return nil }

// Refund gives the Stars of the payment back that the refund is of. Repeating it does no harm. The
// id of the transfer is that of the payment.
func (r *Rail) Refund(ctx context.Context, o shop.Order, refund shop.Refund) (transfer string, err error) {
	p, found := o.PaymentToRefund(refund)
	if !found || p.Rail != shop.Stars {
		return "", &shop.RefusedError{Name: "INVALID", Err: fmt.Errorf("refund %s is of no payment with Stars", refund.ID)}
	}
	return p.Invoice, toShopError(r.client.RefundStarPayment(ctx, o.Buyer.ID, p.Invoice))
}

// FindRefund tells whether the payment that the refund is of went back.
func (r *Rail) FindRefund(ctx context.Context, o shop.Order, refund shop.Refund) (transfer string, found bool, err error) {
	p, paid := o.PaymentToRefund(refund)
	if !paid {
		return "", false, nil
	}
	for t, err := range r.Ledger().Transfers(ctx, p.At.Add(-clockSkew)) {
		if err != nil {
			return "", false, err
		}
		if t.ID == p.Invoice {
			return t.ID, true, nil
		}
	}
	return "", false, nil
}

// EndRenewals keeps the subscription of a payment from renewing itself.
func (r *Rail) EndRenewals(ctx context.Context, payer int64, payment string) error {
	return toShopError(r.client.EditUserStarSubscription(ctx, payer, payment, true))
}

// Assets is not among what the rail can do, nor is GiveCheck.
func (*Rail) Assets(context.Context) ([]money.Currency, error) { return nil, errCannot }

// GiveCheck is not among what the rail can do.
func (*Rail) GiveCheck(context.Context, shop.Order, money.Amount) (shop.Check, error) {
	return shop.Check{}, errCannot
}

// description is what the payer reads below the title.
func description(o *shop.Order) string {
	if len(o.Lines) == 1 && o.Lines[0].Quantity == 1 {
		return "#" + string(o.ID) // the title says the rest
	}
	text := o.Lines[0].Title.In(o.Buyer.Language)
	if n := o.Lines[0].Quantity; n > 1 {
		text += fmt.Sprintf(" × %d", n)
	}
	if more := len(o.Lines) - 1; more > 0 {
		text += fmt.Sprintf(" + %d", more)
	}
	number := " · " + string(o.ID)
	return cut(text, maxDescription-utf8.RuneCountInString(number)) + number
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// amount is a number of Stars.
func amount(stars int64) money.Amount {
	a, _ := money.Parse(strconv.FormatInt(max(stars, 0), 10), telegram.StarCurrency) // a decimal
	return a
}
