package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// PaymentReceived takes in a paid invoice, from whatever source and however
// often. When it returns nil, the payment is on disk, and the workers do what follows
// from it. ErrNotFound where the invoice is for no order of this shop.
func (s *Shop) PaymentReceived(ctx context.Context, p IncomingPayment) (Order, error) {
	fresh := false
	s.addRate(&p.Payment)
	o, err := s.store.RecordPayment(ctx, p, func(o *Order, free Free) error {
		if p.renews(o) {
			return errRenewal
		}
		err := o.ApplyPayment(p.Payment, free)
		if fresh = err == nil; fresh {
			o.subscribe(&p)
		}
		return err
	})
	if errors.Is(err, errRenewal) {
		return s.renew(ctx, p)
	}
	if err != nil {
		return o, err
	}
	if fresh {
		s.log.LogAttrs(ctx, slog.LevelInfo, "payment received",
			slog.String("order", string(o.ID)), slog.String("invoice", p.Payment.Invoice),
			slog.String("amount", p.Payment.Amount.String()), slog.String("source", string(p.Source)), slog.String("state", string(o.State)))
		if o.Hold == HoldWrongValue && len(o.Payments) == 1 {
			s.log.ErrorContext(ctx, "payment is far from its price", "order", o.ID, "invoice", p.Payment.Invoice,
				"amount", p.Payment.Amount, "rate", p.Payment.Rate, "price", p.Payment.Price)
		}
		s.changed(&o)
		if p.Source == FromSync && p.Payment.Rail == CryptoPay {
			s.webhooks.missed(p.Payment.At)
		}
	}
	return o, nil
}

// recordRemote takes in a payment that was found by asking.
func (s *Shop) recordRemote(ctx context.Context, in RemoteInvoice) error {
	_, err := s.PaymentReceived(context.WithoutCancel(ctx), IncomingPayment{
		Order: in.Order, Payment: in.Payment, Source: FromSync, Received: time.Now(), Raw: in.Raw,
		Payer: in.Payer, Subscription: in.Subscription,
	})
	if err != nil {
		return fmt.Errorf("record payment of invoice %s: %w", in.Invoice.ID, err)
	}
	return nil
}

// syncLoop compares open invoices with the payment service now and then, so that a shop works
// without any webhook, only a little slower, and sends on the orders that stock has come for.
func (s *Shop) syncLoop(ctx context.Context) {
	tick := time.NewTicker(s.cfg.SyncInterval)
	defer tick.Stop()
	for {
		if err := s.Sync(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "compare open invoices failed", "error", err)
		}
		if err := s.releaseAllWaiting(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "release orders that wait for stock failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// syncPage is how many invoices one question to the payment service names.
const syncPage = 200

// Sync compares all open invoices with the payment service once. It records the payments of those
// that were paid, and ends the orders of those that cannot be paid any more, whatever our clock
// says.
func (s *Shop) Sync(ctx context.Context) error {
	var failed error // one payment that cannot be stored does not keep the others waiting
	page := Filter{State: StateAwaiting, Limit: syncPage}
	for {
		orders, err := s.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return errors.Join(failed, err)
		}
		found, unasked := s.lookUp(ctx, orders)
		failed = errors.Join(failed, anyOf(unasked))
		if len(unasked) > 0 && len(found) == 0 {
			return failed // the service is down; the next round asks again
		}
		for id, in := range found {
			switch in.Status {
			case InvoicePaid:
				failed = errors.Join(failed, s.recordRemote(ctx, in))
			case InvoiceClosed:
				failed = errors.Join(failed, s.lapse(ctx, id, in.Status))
			case InvoiceOpen:
			}
		}
		page.After = orders[len(orders)-1].ID
	}
}

// anyOf is one of the errors; all of them are about the same service.
func anyOf(errs map[OrderID]error) error {
	for _, err := range errs {
		return err
	}
	return nil
}

// CheckPayment asks the payment service about a buyer's order now, and returns it as it is then.
func (s *Shop) CheckPayment(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil || len(o.Payments) > 0 || o.InvoiceClosed {
		return o, err
	}
	var invoices []RemoteInvoice
	for _, by := range o.paysBy() {
		if o.InvoiceBy(by).ID == "" {
			continue // there is nothing that could have been paid; a lost answer is looked for anyway
		}
		rail, err := s.railBy(&o, by)
		if err != nil {
			return o, err
		}
		found, err := s.remoteInvoices(ctx, rail, o)
		if err != nil {
			return o, fmt.Errorf("ask for the invoice of order %s: %w", id, err)
		}
		invoices = append(invoices, found...)
	}
	for _, in := range invoices {
		if in.Status != InvoicePaid {
			continue
		}
		if err := s.recordRemote(ctx, in); err != nil {
			return o, err
		}
	}
	return s.store.Order(ctx, id)
}
