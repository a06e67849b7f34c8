package shop

import (
	"context"
	"errors"
	"fmt"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Catalog is the catalog of this moment.
func (s *Shop) Catalog() *catalog.Catalog { return s.cfg.Catalog() }

// Order reads any order, for owners. ErrNotFound where there is none.
func (s *Shop) Order(ctx context.Context, id OrderID) (Order, error) { return s.store.Order(ctx, id) }

// OrderOf reads a buyer's own order. Somebody else's is ErrNotFound, like one that does not exist.
func (s *Shop) OrderOf(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.store.Order(ctx, id)
	if err == nil && o.Buyer.ID != buyer {
		return Order{}, ErrNotFound
	}
	return o, err
}

// TrailOf lists what the audit trail says of an order, oldest first, for owners. ErrNotFound where there is none.
func (s *Shop) TrailOf(ctx context.Context, id OrderID) ([]AuditEntry, error) {
	return s.store.TrailOf(ctx, id)
}

// OrdersOf lists a buyer's orders, newest first, those before the given id ("": from the newest).
func (s *Shop) OrdersOf(ctx context.Context, buyer int64, before OrderID, limit int) ([]Order, error) {
	return s.store.OrdersOf(ctx, buyer, before, limit)
}

// Orders lists orders, oldest first, for owners.
func (s *Shop) Orders(ctx context.Context, f Filter) ([]Order, error) { return s.store.Orders(ctx, f) }

// CheckPayment asks the payment service about a buyer's order now, and returns it as it is then.
func (s *Shop) CheckPayment(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil || len(o.Payments) > 0 || o.Invoice.ID == 0 || o.InvoiceClosed {
		return o, err // paid, or there is nothing that could have been paid; a lost answer is looked for anyway
	}
	bills, err := s.billsOf(ctx, o)
	if err != nil {
		return o, fmt.Errorf("ask for the invoice of order %s: %w", id, err)
	}
	for _, b := range bills {
		if b.Status != InvoicePaid {
			continue
		}
		if err := s.receiveBill(ctx, b); err != nil {
			return o, err
		}
	}
	return s.store.Order(ctx, id)
}

// Cancel gives up a buyer's own unpaid order. An order that is past that is
// returned as it is, with a *MoveError.
func (s *Shop) Cancel(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil {
		return o, err
	}
	return s.cancel(ctx, id, func(o *Order, _ int) error { return o.Cancel(CancelByBuyer) })
}

// SetPlace notes which message shows the order.
func (s *Shop) SetPlace(ctx context.Context, id OrderID, at Place) (Order, error) {
	return s.change(ctx, id, func(o *Order, _ int) error {
		if o.Place == at {
			return ErrUnchanged
		}
		o.Place = at
		return nil
	})
}

// Collect has goods that could not reach the buyer sent again, because the buyer asks for them.
func (s *Shop) Collect(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil || o.State != StateHeld || o.Hold != HoldUndeliverable {
		return o, err
	}
	return s.Release(ctx, id, buyer)
}

// Release sends a held order on to delivery, as by, an owner or its buyer, decided. ErrNoStock
// where the units are still missing.
func (s *Shop) Release(ctx context.Context, id OrderID, by int64) (Order, error) {
	return s.change(ctx, id, func(o *Order, free int) error { return o.Release(free, by) })
}

// RefundRequest is an admin's wish to send coins back.
type RefundRequest struct {
	Order  OrderID
	Amount money.Amount // in the asset that was paid with
	By     int64        // the admin's Telegram id
	Origin Origin       // the press of the button, so that a second one is the same refund
}

// Refund starts a refund. Errors: ErrNotFound, and those of Order.CheckRefund.
func (s *Shop) Refund(ctx context.Context, r RefundRequest) (Order, error) {
	refund := Refund{
		ID: NewRefundID(s.cfg.Key, r.Order, r.Origin), Amount: r.Amount, By: r.By, Requested: now(),
	}
	o, err := s.change(ctx, r.Order, func(o *Order, _ int) error { return o.RequestRefund(refund) })
	if err == nil {
		s.log.InfoContext(ctx, "refund requested", "order", o.ID, "refund", refund.ID, "amount", r.Amount, "admin", r.By)
	}
	return o, err
}

// AddStock puts keys on sale and sends on the orders that were waiting for them, oldest first.
// by is the Telegram id of the owner who does it; 0 for the command line.
func (s *Shop) AddStock(ctx context.Context, sku string, keys []string, by int64) (StockAdded, error) {
	p, found := s.cfg.Catalog().Product(sku)
	if !found {
		return StockAdded{}, fmt.Errorf("%w: %q", ErrUnknownProduct, sku)
	}
	if p.Deliver != catalog.Keys {
		return StockAdded{}, fmt.Errorf("%s: %w", p.SKU, ErrNoKeys)
	}
	added, err := s.store.AddStock(ctx, p.SKU, keys, by)
	if err != nil {
		return added, err
	}
	s.log.InfoContext(ctx, "stock added", "sku", p.SKU, "added", added.Added, "duplicates", added.Duplicates, "admin", by)
	return added, s.releaseWaiting(ctx, p.SKU)
}

// ErrNoKeys says that a product is not delivered as keys and has no stock.
var ErrNoKeys = errors.New("the product is not sold by keys")

// cancel is change by a rule that cancels. The units that come free belong first to
// those who have paid and wait for them.
func (s *Shop) cancel(ctx context.Context, id OrderID, rule Rule) (Order, error) {
	o, err := s.change(ctx, id, rule)
	if err != nil || o.State != StateCancelled || o.Item.Deliver != catalog.Keys {
		return o, err
	}
	if err := s.releaseWaiting(context.WithoutCancel(ctx), o.Item.SKU); err != nil {
		s.log.WarnContext(ctx, "orders that wait for stock not sent on", "sku", o.Item.SKU, "error", err)
	}
	return o, nil
}

func (s *Shop) releaseWaiting(ctx context.Context, sku string) error {
	page := Filter{State: StateHeld}
	for {
		orders, err := s.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return err
		}
		for _, o := range orders {
			page.After = o.ID
			if !o.WaitsForStock(sku) {
				continue
			}
			_, err := s.change(ctx, o.ID, func(o *Order, free int) error {
				if !o.WaitsForStock(sku) { // its buyer was quicker, and wants the money back
					return ErrUnchanged
				}
				return o.Release(free, 0)
			})
			if errors.Is(err, ErrNoStock) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
}

// Stock tells how many units there are, by SKU.
func (s *Shop) Stock(ctx context.Context) (map[string]Stock, error) { return s.store.Stock(ctx) }

// StockOf tells how many units of one product there are.
func (s *Shop) StockOf(ctx context.Context, sku string) (Stock, error) {
	return s.store.StockOf(ctx, sku)
}

// Statistics sums the days from first to last, both included; empty: without bound.
func (s *Shop) Statistics(ctx context.Context, first, last Day) (Statistics, error) {
	return s.store.Statistics(ctx, first, last)
}
