// Package railtest is the conformance suite of rails: it runs what a shop.Rail promises by its
// Abilities against the rail and the service behind it.
package railtest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// Subject is a rail on a service of its own, in which a buyer has enough to pay with.
type Subject struct {
	Rail  shop.Rail
	Buyer int64
	Price money.Amount // what an order of the suite costs by this rail
	// Pay has the buyer pay an invoice, and returns the payment as the shop would have it.
	Pay func(t *testing.T, o shop.Order, in shop.Invoice) shop.Payment
	// Break makes every call of the service fail as in an outage.
	Break func()
}

// Test runs the suite. Each part gets a subject of its own.
func Test(t *testing.T, subject func(t *testing.T) Subject) {
	t.Helper()
	for name, part := range map[string]func(*testing.T, Subject){
		"an invoice has a link, and is found when it is paid": paid,
		"a refund may be repeated, and is found":              refunded,
		"the ledger shows what was done":                      ledger,
		"an outage is no refusal":                             outage,
	} {
		t.Run(name, func(t *testing.T) { part(t, subject(t)) })
	}
}

// order is a paid order of the subject once pay is called.
func (s Subject) order() shop.Order {
	o := shop.Order{
		ID: shop.NewOrderID(nil, shop.Origin{User: s.Buyer, At: time.Now()}), State: shop.StateAwaiting, Buyer: shop.Buyer{ID: s.Buyer, Language: "en"},
		Rail: s.Rail.ID(), Total: s.Price, Created: time.Now(),
		Lines: []shop.Line{{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Price: s.Price}},
	}
	if s.Rail.ID() == shop.Stars {
		o.Stars = s.Price
	}
	return o
}

func (s Subject) invoice(t *testing.T) (shop.Order, shop.Invoice) {
	t.Helper()
	o := s.order()
	in, err := s.Rail.CreateInvoice(t.Context(), o, time.Hour)
	require.NoError(t, err)
	require.NotEmpty(t, in.ID)
	require.True(t, shop.ValidLink(in.URL), in.URL)
	o.Invoice = in
	return o, in
}

// pay makes an order that is paid.
func (s Subject) pay(t *testing.T) shop.Order {
	t.Helper()
	o, in := s.invoice(t)
	p := s.Pay(t, o, in)
	require.NoError(t, o.ApplyPayment(p, func(string) int { return 1 }))
	require.Empty(t, o.Hold)
	return o
}

func paid(t *testing.T, s Subject) {
	t.Helper()
	o, in := s.invoice(t)
	began := o.Created.Add(-time.Minute)
	p := s.Pay(t, o, in)
	require.Equal(t, s.Rail.ID(), p.Rail)
	require.True(t, p.Amount.Equal(s.Price))
	require.True(t, s.Rail.Can().LookUp, "else this part has to learn what it can")
	for _, look := range []func() ([]shop.RemoteInvoice, error){
		func() ([]shop.RemoteInvoice, error) { return s.Rail.LookUp(t.Context(), []string{in.ID}) },
		func() ([]shop.RemoteInvoice, error) { return s.Rail.FindInvoices(t.Context(), o.ID, began) },
	} {
		found, err := look()
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, in.ID, found[0].Invoice.ID)
		require.Equal(t, o.ID, found[0].Order)
		require.Equal(t, shop.InvoicePaid, found[0].Status)
		require.Equal(t, p.Invoice, found[0].Payment.Invoice)
		require.True(t, found[0].Payment.Amount.Equal(s.Price))
	}
	other, err := s.Rail.FindInvoices(t.Context(), "111111111111111", began)
	require.NoError(t, err)
	require.Empty(t, other)
	require.NoError(t, s.Rail.CloseInvoice(t.Context(), in.ID), "closing one that is gone is no error")
}

// refundOf is a refund of a paid order as the shop would ask for it.
func (s Subject) refundOf(o shop.Order) shop.Refund {
	r := shop.Refund{ID: shop.NewRefundID(nil, o.ID, shop.Origin{}), Amount: o.Payments[0].Amount}
	if s.Rail.Can().WholeRefunds {
		r.Payment = o.Payments[0].Invoice
	}
	return r
}

func refunded(t *testing.T, s Subject) {
	t.Helper()
	o := s.pay(t)
	r := s.refundOf(o)
	require.True(t, s.Rail.Can().Refund && s.Rail.Can().FindRefund)
	_, found, err := s.Rail.FindRefund(t.Context(), o, r)
	require.NoError(t, err)
	require.False(t, found)
	first, err := s.Rail.Refund(t.Context(), o, r)
	require.NoError(t, err)
	again, err := s.Rail.Refund(t.Context(), o, r)
	require.NoError(t, err, "a refund may be repeated")
	require.Equal(t, first, again)
	transfer, found, err := s.Rail.FindRefund(t.Context(), o, r)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first, transfer)
	sent := 0
	for _, err := range s.Rail.Ledger().Transfers(t.Context(), o.Created.Add(-time.Minute)) {
		require.NoError(t, err)
		sent++
	}
	require.Equal(t, 1, sent)
}

func ledger(t *testing.T, s Subject) {
	t.Helper()
	o := s.pay(t)
	r := s.refundOf(o)
	transfer, err := s.Rail.Refund(t.Context(), o, r)
	require.NoError(t, err)
	l, began := s.Rail.Ledger(), o.Created.Add(-time.Minute)
	require.Equal(t, []string{o.Payments[0].Invoice}, idsOf(t, l.PaidInvoices, began))
	require.Empty(t, idsOf(t, l.OpenInvoices, began))
	found, err := l.Invoices(t.Context(), []string{o.Payments[0].Invoice, "404404404"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	sent, err := l.TransfersByID(t.Context(), []string{transfer})
	require.NoError(t, err)
	require.Len(t, sent, 1)
	require.True(t, sent[0].Amount.Equal(r.Amount))
	require.Equal(t, s.Buyer, sent[0].User)
	require.True(t, sent[0].SpendID == string(r.ID) || sent[0].Payment == r.Payment && r.Payment != "")
	balances, err := l.Balances(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, balances)
}

func idsOf(t *testing.T, list func(context.Context, time.Time) iter.Seq2[shop.RemoteInvoice, error], since time.Time) (ids []string) {
	t.Helper()
	for in, err := range list(t.Context(), since) {
		require.NoError(t, err)
		ids = append(ids, in.Payment.Invoice)
	}
	return ids
}

// outage checks that no failure is ever taken for a final answer.
func outage(t *testing.T, s Subject) {
	t.Helper()
	o := s.pay(t)
	r := s.refundOf(o)
	s.Break()
	for name, call := range map[string]func(context.Context) error{
		"create":      func(ctx context.Context) error { _, err := s.Rail.CreateInvoice(ctx, s.order(), time.Hour); return err },
		"find":        func(ctx context.Context) error { _, err := s.Rail.FindInvoices(ctx, o.ID, time.Now()); return err },
		"look up":     func(ctx context.Context) error { _, err := s.Rail.LookUp(ctx, []string{o.Invoice.ID}); return err },
		"refund":      func(ctx context.Context) error { _, err := s.Rail.Refund(ctx, o, r); return err },
		"find refund": func(ctx context.Context) error { _, _, err := s.Rail.FindRefund(ctx, o, r); return err },
		"balances":    func(ctx context.Context) error { _, err := s.Rail.Ledger().Balances(ctx); return err },
	} {
		err := call(t.Context())
		require.Error(t, err, name)
		var no *shop.RefusedError
		require.NotErrorAs(t, err, &no, name)
	}
}
