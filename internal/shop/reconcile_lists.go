package shop

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// onItsWay is how old a payment has to be to count as missed: until then its
// webhook, or sync, may just be bringing it.
const onItsWay = 5 * time.Minute

// paidBills looks for paid invoices of ours whose payments the orders do not have, and receives them.
func (a *audit) paidBills(ctx context.Context) error {
	for b, err := range a.ledger.PaidBills(ctx, a.report.Since) {
		if err != nil {
			return fmt.Errorf("paid invoices: %w", err)
		}
		a.report.Invoices++
		id, ours := ownOrderID(string(b.Order))
		if !ours {
			continue
		}
		if err := a.paidBill(ctx, id, b); err != nil {
			return fmt.Errorf("invoice %d: %w", b.Invoice.ID, err)
		}
	}
	return nil
}

func (a *audit) paidBill(ctx context.Context, id OrderID, b Bill) error {
	d := Difference{Kind: PaidThere, Order: id, Invoice: b.Invoice.ID, There: b.Payment.Amount}
	o, err := a.store.Order(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		d.Kind = NoOrderPaid
		a.found(ctx, d)
		return nil
	case err != nil:
		return err
	case o.paidBy(b.Invoice.ID):
		return nil
	}
	err = a.receiveBill(ctx, b)
	if err != nil && !errors.Is(err, ErrIllegalMove) {
		return err
	}
	d.Mended = err == nil
	if !d.Mended || a.began.Sub(b.Payment.At) > onItsWay {
		a.found(ctx, d)
	}
	return nil
}

// openBills looks for invoices that can be paid although nobody waits for it.
func (a *audit) openBills(ctx context.Context) error {
	for b, err := range a.ledger.OpenBills(ctx, a.report.Since) {
		if err != nil {
			return fmt.Errorf("open invoices: %w", err)
		}
		a.report.Invoices++
		id, ours := ownOrderID(string(b.Order))
		if !ours {
			continue
		}
		if err := a.openBill(ctx, id, b.Invoice.ID); err != nil {
			return fmt.Errorf("invoice %d: %w", b.Invoice.ID, err)
		}
	}
	return nil
}

func (a *audit) openBill(ctx context.Context, id OrderID, invoice int64) error {
	d := Difference{Kind: SpareInvoice, Order: id, Invoice: invoice, Mended: true}
	o, err := a.store.Order(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		d.Kind, d.Mended = NoOrderOpen, false
		a.found(ctx, d)
		return nil
	case err != nil || o.expects(invoice):
		return err
	}
	now, err := a.ledger.Bills(ctx, []int64{invoice}) // the list is older than the order
	if err != nil || len(now) == 0 || now[0].Status != InvoiceOpen {
		return err
	}
	if err := a.ledger.DeleteInvoice(ctx, invoice); err != nil {
		return err
	}
	a.found(ctx, d)
	return nil
}

// transfers looks for transfers in a refund's name that no order knows of. A refund that is still
// pending is not one: its worker finds the transfer by itself.
func (a *audit) transfers(ctx context.Context) error {
	for t, err := range a.ledger.Transfers(ctx, a.report.Since) {
		if a.transfersRefused(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("transfers: %w", err)
		}
		a.report.Transfers++
		id, ours := refundOrder(t.SpendID)
		if !ours {
			continue
		}
		o, err := a.store.Order(ctx, id)
		switch {
		case err == nil && o.transferOf(t):
		case err == nil || errors.Is(err, ErrNotFound):
			a.found(ctx, Difference{
				Kind: TransferStray, Order: id, Refund: RefundID(t.SpendID), Transfer: t.ID, There: t.Amount,
			})
		default:
			return err
		}
	}
	return nil
}
