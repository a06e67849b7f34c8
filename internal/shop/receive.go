package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// PaymentReceived takes in a paid invoice, from whatever source and however
// often. When it returns nil, the payment is on disk, and what follows from it
// happens by itself. ErrNotFound where the invoice is for no order of this shop.
func (s *Shop) PaymentReceived(ctx context.Context, e Event) (Order, error) {
	fresh := false
	o, err := s.store.Receive(ctx, e, func(o *Order, free int) error {
		err := o.Receive(e.Payment, free)
		fresh = err == nil
		return err
	})
	if err != nil {
		return o, err
	}
	if fresh {
		s.log.LogAttrs(ctx, slog.LevelInfo, "payment received",
			slog.String("order", string(o.ID)), slog.Int64("invoice", e.Payment.Invoice),
			slog.String("amount", e.Payment.Amount.String()), slog.String("source", string(e.Source)), slog.String("state", string(o.State)))
		s.changed(&o)
		if e.Source == FromSync {
			s.silence.doubt(e.Payment.At)
		}
	}
	return o, nil
}

// receiveBill takes in a payment that was found by asking.
func (s *Shop) receiveBill(ctx context.Context, b Bill) error {
	_, err := s.PaymentReceived(context.WithoutCancel(ctx), Event{
		Order: b.Order, Payment: b.Payment, Source: FromSync, Received: time.Now(), Raw: b.Raw,
	})
	if err != nil {
		return fmt.Errorf("receive payment of invoice %d: %w", b.Invoice.ID, err)
	}
	return nil
}

// syncForever compares open invoices with the payment service now and then, so
// that a shop works without any webhook, only a little slower.
func (s *Shop) syncForever(ctx context.Context) {
	tick := time.NewTicker(s.cfg.SyncInterval)
	defer tick.Stop()
	for {
		if err := s.Sync(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "invoices not compared", "error", err)
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

// Sync compares all open invoices with the payment service once and receives those that were paid.
func (s *Shop) Sync(ctx context.Context) error {
	var failed error // one payment that cannot be stored does not keep the others waiting
	page := Filter{State: StateAwaiting, Limit: syncPage}
	for {
		orders, err := s.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return errors.Join(failed, err)
		}
		ids := make([]int64, 0, len(orders))
		for _, o := range orders {
			ids = append(ids, o.Invoice.ID)
		}
		bills, err := s.invoicer.Bills(ctx, ids)
		if err != nil {
			return fmt.Errorf("look up %d invoices: %w", len(ids), err)
		}
		for _, b := range bills {
			if b.Status != InvoicePaid {
				continue
			}
			failed = errors.Join(failed, s.receiveBill(ctx, b))
		}
		page.After = orders[len(orders)-1].ID
	}
}
