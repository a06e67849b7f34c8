package shop

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// onItsWay is how old a payment has to be to count as missed: until then its
// webhook, or sync, may just be bringing it.
const onItsWay = 5 * time.Minute

// paidInvoices looks for paid invoices of ours whose payments the orders do not have, and records
// them.
func (r *reconciliation) paidInvoices(ctx context.Context) error {
	return r.ownInvoices(ctx, r.ledger.PaidInvoices(ctx, r.report.Since), r.paidInvoice)
}

// ownInvoices compares each invoice of ours in a list.
func (r *reconciliation) ownInvoices(
	ctx context.Context, list iter.Seq2[RemoteInvoice, error], compare func(context.Context, OrderID, RemoteInvoice) error,
) error {
	for in, err := range list {
		if err != nil {
			return fmt.Errorf("list invoices: %w", err)
		}
		r.report.Invoices++
		id, ours := ownOrderID(string(in.Order))
		if !ours {
			continue
		}
		if err := compare(ctx, id, in); err != nil {
			return fmt.Errorf("invoice %s: %w", in.Invoice.ID, err)
		}
	}
	return nil
}

func (r *reconciliation) paidInvoice(ctx context.Context, id OrderID, in RemoteInvoice) error {
	d := Difference{Kind: PaidThere, Order: id, Invoice: in.Invoice.ID, There: in.Payment.Amount}
	o, err := r.store.Order(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		d.Kind = NoOrderPaid
		r.found(ctx, d)
		return nil
	case err != nil:
		return err
	case o.paidBy(r.rail, in.Invoice.ID):
		return nil
	case in.Subscription: // it may have made an order of its own
		if renewals, err := r.store.OrdersOfReference(ctx, in.Invoice.ID); err != nil || len(renewals) > 0 {
			return err
		}
	}
	err = r.recordRemote(ctx, in)
	if err != nil && !errors.Is(err, ErrIllegalMove) {
		return err
	}
	d.Mended = err == nil
	if !d.Mended || r.began.Sub(in.Payment.At) > onItsWay {
		r.found(ctx, d)
	}
	return nil
}

// openInvoices looks for invoices that can be paid although no order waits for the payment.
func (r *reconciliation) openInvoices(ctx context.Context) error {
	return r.ownInvoices(ctx, r.ledger.OpenInvoices(ctx, r.report.Since), r.openInvoice)
}

func (r *reconciliation) openInvoice(ctx context.Context, id OrderID, in RemoteInvoice) error {
	invoice := in.Invoice.ID
	d := Difference{Kind: SpareInvoice, Order: id, Invoice: invoice, Mended: true}
	o, err := r.store.Order(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		d.Kind, d.Mended = NoOrderOpen, false
		r.found(ctx, d)
		return nil
	case err != nil || o.expects(r.rail, invoice):
		return err
	}
	now, err := r.ledger.Invoices(ctx, []string{invoice}) // the list is older than the order
	if err != nil || len(now) == 0 || now[0].Status != InvoiceOpen {
		return err
	}
	if err := r.ledger.CloseInvoice(ctx, invoice); err != nil {
		return err
	}
	r.found(ctx, d)
	return nil
}

// transfers looks for transfers in a refund's name that no order knows of. A refund that is still
// pending is not one: its worker finds the transfer.
func (r *reconciliation) transfers(ctx context.Context) error {
	for t, err := range r.ledger.Transfers(ctx, r.report.Since) {
		if r.transfersRefused(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("transfers: %w", err)
		}
		r.report.Transfers++
		if t.Payment != "" {
			if err := r.wholeRefund(ctx, t); err != nil {
				return err
			}
			continue
		}
		id, ours := refundOrder(t.SpendID)
		if !ours {
			continue
		}
		o, err := r.store.Order(ctx, id)
		switch {
		case err == nil && o.transferOf(t):
		case err == nil || errors.Is(err, ErrNotFound):
			r.found(ctx, Difference{
				Kind: TransferStray, Order: id, Refund: RefundID(t.SpendID), Transfer: t.ID, There: t.Amount,
			})
		default:
			return err
		}
	}
	return nil
}

// wholeRefund looks whether the order of a payment knows that it went back, and else records it.
func (r *reconciliation) wholeRefund(ctx context.Context, t Transfer) error {
	orders, err := r.store.OrdersOfReference(ctx, t.Payment)
	if err != nil || len(orders) == 0 {
		return err // another program's
	}
	o, err := r.store.Order(ctx, orders[0])
	if err != nil {
		return err
	}
	refund, known := o.RefundOf(t.Payment)
	if known && (refund.Status == RefundSent || r.began.Sub(refund.Requested) < onItsWay) {
		return nil
	}
	d := Difference{Kind: TransferStray, Order: o.ID, Refund: refund.ID, Transfer: t.ID, There: t.Amount}
	d.Mended = r.RefundReceived(ctx, IncomingRefund{Order: o.ID, Payment: t.Payment, At: t.At}) == nil && o.Buyer.ID != 0
	r.found(ctx, d)
	return nil
}

// checks looks for checks to buyers that are like one of their refunds and that no refund has:
// coins that were set aside twice.
func (r *reconciliation) checks(ctx context.Context) error {
	given := map[int64][]OrderID{} // orders with checks, by buyer
	for check, err := range r.ledger.Checks(ctx, r.report.Since) {
		if r.transfersRefused(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("checks: %w", err)
		}
		if check.User == 0 {
			continue
		}
		if of, err := r.store.OrderOfCheck(ctx, r.rail, check.ID); err != nil {
			return err
		} else if of != "" {
			continue
		}
		orders, known := given[check.User]
		if !known {
			if orders, err = r.checkOrders(ctx, check.User); err != nil {
				return err
			}
			given[check.User] = orders
		}
		for _, like := range orders {
			o, err := r.store.Order(ctx, like)
			if err != nil {
				return err
			}
			if o.gaveLike(check) {
				r.found(ctx, Difference{Kind: CheckStray, Order: like, Transfer: check.ID, There: check.Amount})
				break
			}
		}
	}
	return nil
}

// gaveLike reports whether a refund of o was made by a check of the same amount.
func (o *Order) gaveLike(check Check) bool {
	return slices.ContainsFunc(o.Refunds, func(r Refund) bool {
		return r.Way == ByCheck && r.Status == RefundSent && r.Amount.Equal(check.Amount)
	})
}
