package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"shopbot/internal/shop"
)

// Checkout implements shop.Store.
func (db *DB) Checkout(ctx context.Context, o shop.Order, maxOpen int) (stored shop.Order, created bool, err error) {
	if o.ID == "" {
		return shop.Order{}, false, shop.ErrBadOrderID
	}
	err = db.write(ctx, func(t *tx) error {
		stored, created = shop.Order{}, false
		found, err := t.order(o.ID)
		switch {
		case err == nil:
			stored = found
			return nil
		case !errors.Is(err, shop.ErrNotFound):
			return err
		case maxOpen > 0 && t.openOrders(o.Buyer.ID, maxOpen) >= maxOpen:
			return shop.ErrTooManyOpen
		}
		fresh := detach(o)
		if err := t.putOrder(&savedOrder{}, &fresh, nil); err != nil {
			return err
		}
		stored, created = fresh, true
		return nil
	})
	if err != nil {
		return shop.Order{}, false, err
	}
	return stored, created, nil
}

// openOrders counts a buyer's unpaid orders, and stops at the given number.
func (t *tx) openOrders(buyer int64, enough int) int {
	n := 0
	t.scan(inWorkOf, number(buyer), nil, func(id, _ []byte) bool {
		if t.unpaid(shop.OrderID(id)) {
			n++
		}
		return n < enough
	})
	return n
}

// Change implements shop.Store. With ErrUnchanged from rule the order is returned
// as it is, and no error.
func (db *DB) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	return db.apply(ctx, id, rule, nil)
}

// Receive implements shop.Store. A payment that is known costs no commit, and one of the latest does not wait for others' either.
func (db *DB) Receive(ctx context.Context, e shop.Event, rule shop.Rule) (shop.Order, error) {
	if db.recent.has(e.Payment.Invoice) {
		if o, known := db.received(ctx, e, rule); known {
			return o, nil
		}
	}
	o, err := db.apply(ctx, e.Order, rule, db.packer.pack(e))
	if err == nil {
		db.recent.add(e.Payment.Invoice)
	}
	return o, err
}

// received reads the order whose payment is known already. What can be read is on disk.
func (db *DB) received(ctx context.Context, e shop.Event, rule shop.Rule) (o shop.Order, known bool) {
	err := db.read(ctx, func(t *tx) (err error) {
		if o, err = t.order(e.Order); err != nil {
			return err
		}
		after := detach(o)
		known = errors.Is(rule(&after, t.stock(o.Item.SKU).Free+o.Reserved()), shop.ErrUnchanged)
		return t.failed
	})
	return o, known && err == nil
}

// unpaid reports whether an order has yet to get its first payment, by the little that tells so.
func (t *tx) unpaid(id shop.OrderID) bool {
	o := shop.Order{State: stateOf(t.get(inWork, []byte(id)))}
	return o.Open()
}

// apply applies rule to an order. news is what it follows from, if that is a payment.
func (db *DB) apply(ctx context.Context, id shop.OrderID, rule shop.Rule, news *packedEvent) (o shop.Order, err error) {
	id = shop.OrderID(strings.Clone(string(id))) // the queue of work keeps it, and not the webhook that it is a part of
	err = db.write(ctx, func(t *tx) (err error) {
		before, err := t.saved(id)
		if err != nil {
			return err
		}
		o = before.Order
		free := t.stock(o.Item.SKU).Free + o.Reserved()
		after := detach(o)
		switch err := rule(&after, free); {
		case errors.Is(err, shop.ErrUnchanged):
			return nil
		case err != nil:
			return err
		case after.ID != o.ID || after.Buyer.ID != o.Buyer.ID || after.Item.SKU != o.Item.SKU:
			return fmt.Errorf("order %s: a rule made another order of it", id)
		}
		if err := t.putOrder(before, &after, news); err != nil {
			return err
		}
		o = after
		return nil
	})
	return o, err
}

// order reads an order, or gives shop.ErrNotFound.
func (t *tx) order(id shop.OrderID) (shop.Order, error) {
	o, err := t.saved(id)
	if err != nil {
		return shop.Order{}, err
	}
	return o.Order, nil
}

// saved is order, to be changed and put.
func (t *tx) saved(id shop.OrderID) (*savedOrder, error) {
	for _, b := range ordersEverywhere() {
		if record := t.get(b, []byte(id)); record != nil {
			return t.decode(b, id, record)
		}
	}
	return nil, shop.ErrNotFound
}

// decode reads an order's record, which stays valid as what get returns does.
func (t *tx) decode(in *bucket, id shop.OrderID, record []byte) (*savedOrder, error) {
	o, err := decodeOrder(id, record)
	if err != nil {
		return nil, err
	}
	copied, err := t.terms(o.terms)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", id, err)
	}
	quantity := o.Item.Quantity
	o.Item, o.Assets = copied.item, copied.assets
	o.Item.Quantity = quantity
	o.bucket = in
	return o, nil
}

// putOrder writes an order with everything that follows from it. before is what was stored, the zero
// value for a new one; news is what the change was about, if that was a payment. What an order copied from
// the catalog never changes. Where units are owed they become after's own.
// *shop.SoldOutError, and nothing written, where there are too few.
func (t *tx) putOrder(before *savedOrder, after *shop.Order, news *packedEvent) error {
	if err := t.settleStock(&before.Order, after); err != nil {
		return err
	}
	saved := savedOrder{Order: *after, trail: before.trail, terms: before.terms}
	if before.ID == "" {
		saved.terms = t.putTerms(after)
	}
	for _, e := range shop.Trail(&before.Order, after) {
		r := auditRecord{AuditEntry: e, previous: saved.trail}
		r.At = t.now()
		if news != nil && news.tells(e) {
			r.packedEvent = *news
		}
		saved.trail = t.append(r)
	}
	t.putRecord(before, &saved)
	t.reindex(before, &saved)
	shop.Tally(&before.Order, after, t.counters(after.Item.SKU))
	return t.failed
}

// putRecord writes an order where it belongs now.
func (t *tx) putRecord(before, after *savedOrder) {
	id := []byte(after.ID)
	after.bucket = home(&after.Order)
	if before.bucket != nil && before.bucket != after.bucket {
		t.remove(before.bucket, id)
	}
	t.room = encodeOrder(t.room, after)
	t.put(after.bucket, id, t.room)
}

// detach copies o so that a rule which changes what o refers to leaves o alone.
func detach(o shop.Order) shop.Order {
	o.Assets = slices.Clone(o.Assets)
	o.Payments = slices.Clone(o.Payments)
	o.Keys = slices.Clone(o.Keys)
	o.Refunds = slices.Clone(o.Refunds)
	o.Notices = slices.Clone(o.Notices)
	o.Retries = maps.Clone(o.Retries)
	return o
}
