package shop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Catalog is the catalog of this moment.
func (s *Shop) Catalog() *catalog.Catalog { return s.cfg.Catalog() }

// Order reads any order, for owners. ErrNotFound if there is no such order.
func (s *Shop) Order(ctx context.Context, id OrderID) (Order, error) { return s.store.Order(ctx, id) }

// OrderOf reads a buyer's own order. Somebody else's is ErrNotFound, like one that does not exist.
func (s *Shop) OrderOf(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.store.Order(ctx, id)
	if err == nil && o.Buyer.ID != buyer {
		return Order{}, ErrNotFound
	}
	return o, err
}

// RecordSentAgain notes in the audit trail that somebody sent the goods of an order to its buyer
// once more. by is their Telegram id.
func (s *Shop) RecordSentAgain(ctx context.Context, id OrderID, by int64) error {
	return s.store.Record(ctx, AuditEntry{Act: AuditSentAgain, Order: id, By: by})
}

// TrailOf lists what the audit trail says of an order, oldest first, for owners. ErrNotFound if there
// is no such order.
func (s *Shop) TrailOf(ctx context.Context, id OrderID) ([]AuditEntry, error) {
	return s.store.TrailOf(ctx, id)
}

// OrdersOf lists a buyer's orders, newest first, those before the given id ("": from the newest).
func (s *Shop) OrdersOf(ctx context.Context, buyer int64, before OrderID, limit int) ([]Order, error) {
	return s.store.OrdersOf(ctx, buyer, before, limit)
}

// OrdersOfReference lists the orders that have a reference of the payment service, for owners: an
// invoice, a transfer or a check.
func (s *Shop) OrdersOfReference(ctx context.Context, reference string) ([]OrderID, error) {
	return s.store.OrdersOfReference(ctx, reference)
}

// FindUnit tells where a unit is, of every product that has or had it. One that is a file is found by
// its SHA-256 in hexadecimal.
func (s *Shop) FindUnit(ctx context.Context, asked string) ([]UnitPlace, error) {
	unit := asked
	if sum, err := hex.DecodeString(asked); err == nil && len(sum) == sha256.Size {
		unit = FileUnit{SHA256: strings.ToLower(asked)}.Unit()
	}
	places, err := s.store.FindUnits(ctx, []string{unit})
	if err == nil && len(places[0]) == 0 && unit != asked {
		places, err = s.store.FindUnits(ctx, []string{asked})
	}
	if err != nil {
		return nil, err
	}
	return places[0], nil
}

// Orders lists orders, oldest first, for owners.
func (s *Shop) Orders(ctx context.Context, f Filter) ([]Order, error) { return s.store.Orders(ctx, f) }

// Cancel gives up a buyer's own unpaid order. An order that is past that is
// returned as it is, with a *MoveError.
func (s *Shop) Cancel(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	o, err := s.OrderOf(ctx, buyer, id)
	if err != nil {
		return o, err
	}
	at := now()
	return s.cancel(ctx, id, func(o *Order, _ Free) error {
		if err := o.Cancel(CancelByBuyer); err != nil {
			return err
		}
		o.Ended = at
		return nil
	})
}

// SetMessage notes which message shows the order, as it is now.
func (s *Shop) SetMessage(ctx context.Context, id OrderID, at MessageRef) (Order, error) {
	return s.change(ctx, id, func(o *Order, _ Free) error {
		if o.Message == at && !o.Outdated {
			return ErrUnchanged
		}
		o.Message, o.Outdated = at, false
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

// Release sends a held order on to delivery, as its buyer or an owner, by, decided. *SoldOutError
// if units are still missing.
func (s *Shop) Release(ctx context.Context, id OrderID, by int64) (Order, error) {
	return s.change(ctx, id, func(o *Order, free Free) error { return o.Release(free, by) })
}

// RefundRequest is what an owner may want to send back.
type RefundRequest struct {
	Order  OrderID
	Amount money.Amount // in the asset that was paid with
	Lines  []int        // the indexes of the lines that Amount is for; empty if it is about an amount
	// Piece and Unit say that it is about one piece of the line alone; Note what is said of a refund
	// by hand. All as in Refund.
	Piece bool
	Unit  string
	Note  string
	Way   RefundWay
	// Payment is the invoice of the surplus payment that it is about; empty for none in particular.
	Payment string
	By      int64  // the admin's Telegram id
	Origin  Origin // the drawing of the button, so that a second press is the same refund
}

func (r RefundRequest) refund(key []byte) Refund {
	return Refund{
		ID: NewRefundID(key, r.Order, r.Origin), Way: r.Way, Amount: r.Amount, Lines: r.Lines, Payment: r.Payment,
		Piece: r.Piece, Unit: r.Unit, Note: r.Note, By: r.By, Requested: now(),
	}
}

// cancel is change by a rule that cancels. The units that come free belong first to
// those who have paid and wait for them.
func (s *Shop) cancel(ctx context.Context, id OrderID, rule Rule) (Order, error) {
	o, err := s.change(ctx, id, rule)
	if err != nil || o.State != StateCancelled {
		return o, err
	}
	for i := range o.Lines {
		if !o.Lines[i].FromStock {
			continue
		}
		if err := s.releaseWaiting(context.WithoutCancel(ctx), o.Lines[i].SKU); err != nil {
			s.log.WarnContext(ctx, "release orders that wait for stock failed", "sku", o.Lines[i].SKU, "error", err)
		}
	}
	return o, nil
}

// releaseAllWaiting sends on the orders that wait for stock which is there: the program may have
// ended, or the disk failed, between the two, or what kept them was paid back.
func (s *Shop) releaseAllWaiting(ctx context.Context) error {
	var failed error
	seen := map[string]bool{}
	for o, err := range s.allOrdersIn(ctx, StateHeld) {
		if err != nil {
			return errors.Join(failed, err)
		}
		if o.waitsForNothing() {
			_, err := s.change(ctx, o.ID, func(o *Order, free Free) error {
				if !o.waitsForNothing() {
					return ErrUnchanged
				}
				return o.Release(free, 0)
			})
			failed = errors.Join(failed, err)
		}
		for l := range o.Lines {
			if sku := o.Lines[l].SKU; !seen[sku] && o.WaitsForStock(sku) {
				seen[sku] = true
				failed = errors.Join(failed, s.releaseWaiting(ctx, sku))
			}
		}
	}
	return failed
}

// releaseWaiting sends on the orders that wait for units of a product, the longest waiting first,
// as far as there are any.
func (s *Shop) releaseWaiting(ctx context.Context, sku string) error {
	for o, err := range s.allOrdersIn(ctx, StateHeld) {
		if err != nil {
			return err
		}
		if !o.WaitsForStock(sku) {
			continue
		}
		_, err := s.change(ctx, o.ID, func(o *Order, free Free) error {
			if !o.WaitsForStock(sku) { // its buyer was quicker, and wants the money back
				return ErrUnchanged
			}
			return o.Release(free, 0)
		})
		soldOut, short := errors.AsType[*SoldOutError](err)
		switch {
		case short && soldOut.SKU == sku:
			return nil // the longest waiting first; who comes later does not overtake
		case short: // waits for another product as well
		case err != nil:
			return err
		}
	}
	return nil
}

// Waiting tells what waits for staff; it counts no more than most of a kind.
func (s *Shop) Waiting(ctx context.Context, most int) (Waiting, error) {
	return s.store.Waiting(ctx, most)
}

// Totals are the counters of all products together on each of the given days or months, in their
// order.
func (s *Shop) Totals(ctx context.Context, days []Day) ([]Counters, error) {
	return s.store.Totals(ctx, days)
}

// Statistics sums the days or months from first to last, both included; empty: without bound.
func (s *Shop) Statistics(ctx context.Context, first, last Day) (Statistics, error) {
	return s.store.Statistics(ctx, first, last)
}
