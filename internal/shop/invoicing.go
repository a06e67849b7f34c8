package shop

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// giveUpInvoice is how long after checkout a buyer's invoice is tried for.
const giveUpInvoice = 2 * time.Minute

// clockSkew is by how much the payment service's clock may differ from ours.
const clockSkew = 5 * time.Minute

// makeInvoice gets a new order its invoice after Checkout's own attempt had no
// clear end. An earlier attempt may have made one all the same, so it looks first.
func (s *Shop) makeInvoice(ctx context.Context, o Order) error {
	in, err := s.findOrCreateInvoice(ctx, o)
	var no *RefusedError
	switch {
	case errors.As(err, &no), err != nil && time.Since(o.Created) > giveUpInvoice:
		_, err = s.giveUp(ctx, o, err)
		return err
	case err != nil:
		return s.postpone(ctx, o, TaskInvoice, err)
	case in.ID == 0: // it turned out to be paid
		return nil
	}
	_, err = s.invoiced(ctx, o.ID, in, Notice{What: WhatInvoiced, To: ToBuyer})
	return err
}

// findOrCreateInvoice returns the order's one invoice, or none after it has received the payment of one.
func (s *Shop) findOrCreateInvoice(ctx context.Context, o Order) (Invoice, error) {
	bills, err := s.invoicer.FindBills(ctx, o.ID, o.Created.Add(-clockSkew))
	if err != nil {
		return Invoice{}, err
	}
	var found Invoice
	paid := false
	for _, b := range bills {
		switch {
		case b.Status == InvoicePaid:
			paid = true
			if err := s.receiveBill(ctx, b); err != nil {
				return Invoice{}, err
			}
		case b.Status != InvoiceOpen:
		case found.ID == 0 && !paid:
			found = b.Invoice
		default: // one too many
			if err := s.invoicer.DeleteInvoice(ctx, b.Invoice.ID); err != nil {
				return Invoice{}, err
			}
		}
	}
	if found.ID != 0 || paid {
		return found, nil
	}
	return s.invoicer.CreateInvoice(ctx, o, o.patience())
}

// closeInvoice makes sure that nobody pays, unseen, for an order that does not wait for it any more.
func (s *Shop) closeInvoice(ctx context.Context, o Order) error {
	err := s.settleBills(ctx, o)
	if err != nil {
		return s.postpone(ctx, o, TaskClose, err)
	}
	_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.CloseInvoice() })
	return err
}

func (s *Shop) settleBills(ctx context.Context, o Order) error {
	bills, err := s.billsOf(ctx, o)
	if err != nil {
		return err
	}
	for _, b := range bills {
		if b.Status != InvoiceOpen {
			continue
		}
		if err := s.invoicer.DeleteInvoice(ctx, b.Invoice.ID); err != nil {
			return err
		}
		// It may have been paid between the look and the deletion.
		again, err := s.invoicer.Bills(ctx, []int64{b.Invoice.ID})
		if err != nil {
			return err
		}
		bills = append(bills, again...)
	}
	for _, b := range bills {
		if b.Status != InvoicePaid {
			continue
		}
		if err := s.receiveBill(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// billsOf looks the order's invoice up, or searches for it where its answer was lost.
func (s *Shop) billsOf(ctx context.Context, o Order) ([]Bill, error) {
	if o.Invoice.ID != 0 {
		return s.invoicer.Bills(ctx, []int64{o.Invoice.ID})
	}
	return s.invoicer.FindBills(ctx, o.ID, o.Created.Add(-clockSkew))
}

// expire ends unpaid orders whose time is over, after one last question to the payment service.
func (s *Shop) expire(ctx context.Context, orders []Order) {
	ids := make([]int64, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.Invoice.ID)
	}
	bills, err := s.billsByInvoice(ctx, ids)
	for _, o := range orders {
		if err := s.expireOne(ctx, o, bills[o.Invoice.ID], err); err != nil {
			s.log.ErrorContext(ctx, "order step not recorded", "order", o.ID, "state", o.State, "error", err)
		}
	}
}

// giveUpAsking is how long past its end an order stays reserved while the
// payment service cannot be asked how the invoice ended.
const giveUpAsking = 2 * time.Minute

func (s *Shop) expireOne(ctx context.Context, o Order, b Bill, unasked error) error {
	switch {
	case unasked != nil && time.Since(o.Expires) < giveUpAsking:
		return s.postpone(ctx, o, TaskExpire, unasked)
	case b.Status == InvoicePaid:
		return s.receiveBill(ctx, b)
	}
	_, err := s.cancel(ctx, o.ID, func(o *Order, _ int) error {
		if o.State != StateAwaiting {
			return ErrUnchanged
		}
		if err := o.Cancel(CancelExpired); err != nil {
			return err
		}
		if b.Status == InvoiceClosed {
			return o.CloseInvoice()
		}
		return nil
	})
	return err
}

func (s *Shop) billsByInvoice(ctx context.Context, ids []int64) (map[int64]Bill, error) {
	bills, err := s.invoicer.Bills(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up %d invoices: %w", len(ids), err)
	}
	byID := make(map[int64]Bill, len(bills))
	for _, b := range bills {
		byID[b.Invoice.ID] = b
	}
	return byID, nil
}
