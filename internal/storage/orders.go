package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// orderRecord is an order as it is stored.
type orderRecord struct {
	shop.Order

	// Trail is the number of the last audit entry about the order; 0 if there is none.
	Trail int64 `json:"trail,omitempty"`
}

func decodeOrder(id shop.OrderID, record []byte) (*orderRecord, error) {
	if record == nil {
		return nil, shop.ErrNotFound
	}
	o, err := decode[orderRecord](record)
	switch {
	case err != nil:
		return nil, fmt.Errorf("order %s: %w", id, err)
	case o.ID != id:
		return nil, fmt.Errorf("order %s: %w: it is the record of order %q", id, ErrDamaged, o.ID)
	}
	return &o, nil
}

// order reads an order. Errors: shop.ErrNotFound, or ErrDamaged with the order's id.
func (t *tx) order(id shop.OrderID) (*orderRecord, error) {
	return decodeOrder(id, t.get(bucketOrders, []byte(id)))
}

// readable reads an order for a list. If its record cannot be decoded, or an index names an order
// that is not there, that is logged, and ok is false.
func (t *tx) readable(id shop.OrderID) (o *orderRecord, ok bool) {
	return t.decodeReadable(id, t.get(bucketOrders, []byte(id)))
}

// decodeReadable is readable for a record that was read.
func (t *tx) decodeReadable(id shop.OrderID, record []byte) (o *orderRecord, ok bool) {
	o, err := decodeOrder(id, record)
	if err != nil && t.failed != nil { // the database did not answer, and the caller hears of it
		return nil, false
	}
	if err != nil {
		t.log.Error("order passed over", "order", id, "error", err)
		return nil, false
	}
	return o, true
}

// eachOrder visits orders, which are read at once; see readable.
func (t *tx) eachOrder(ids []shop.OrderID, visit func(*shop.Order)) {
	for _, id := range ids {
		t.in.Expect(bucketOrders, []byte(id))
	}
	for _, id := range ids {
		if o, ok := t.readable(id); ok {
			visit(&o.Order)
		}
	}
}

// Checkout implements shop.Store.
func (db *DB) Checkout(
	ctx context.Context, o shop.Order, until time.Time, rule shop.CheckoutRule,
) (stored shop.Order, created bool, err error) {
	if o.ID == "" {
		return shop.Order{}, false, shop.ErrBadOrderID
	}
	err = db.writeOrder(ctx, o, func(t *tx) error {
		stored, created = shop.Order{}, false
		found, err := t.order(o.ID)
		if err == nil {
			stored = found.Order
			return nil
		}
		if !errors.Is(err, shop.ErrNotFound) {
			return err
		}
		fresh := o
		if err := rule(&fresh, t.view(o.Buyer.ID)); err != nil {
			return err
		}
		if fresh.ID != o.ID || fresh.Buyer.ID != o.Buyer.ID {
			return fmt.Errorf("order %s: a rule changed what identifies it", o.ID)
		}
		if err := t.putOrder(&orderRecord{}, &fresh, nil); err != nil {
			return err
		}
		if fresh.FromCart {
			t.removeCart(o.Buyer.ID)
		}
		t.batch.work = append(t.batch.work, WorkChange{Order: o.ID, Claim: shop.TaskInvoice, Until: until})
		stored, created = fresh, true
		return nil
	})
	if err != nil {
		return shop.Order{}, false, err
	}
	return stored, created, nil
}

// Renew implements shop.Store.
func (db *DB) Renew(
	ctx context.Context, o shop.Order, p shop.IncomingPayment, rule shop.CheckoutRule,
) (stored shop.Order, created bool, err error) {
	if o.ID == "" || p.Payment.Invoice == "" {
		return shop.Order{}, false, shop.ErrBadOrderID
	}
	err = db.write(ctx, func(t *tx) error {
		stored, created = shop.Order{}, false
		id := o.ID
		if had := t.ordersOfReference(p.Payment.Invoice, 1); len(had) > 0 {
			id = had[0]
		}
		found, err := t.order(id)
		if err == nil {
			stored = found.Order
			return nil
		}
		if !errors.Is(err, shop.ErrNotFound) {
			return err
		}
		fresh := o.Clone()
		if err := rule(&fresh, t.view(o.Buyer.ID)); err != nil {
			return err
		}
		if err := t.putOrder(&orderRecord{}, &fresh, &p); err != nil {
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

// view is what the rule of a checkout sees.
func (t *tx) view(buyer int64) shop.View {
	return shop.View{
		Free:    func(sku string) int { return t.stock(sku).Free },
		Blocked: !t.person(buyer).Blocked.At.IsZero(),
		Latest:  func(n int) ([]shop.Order, error) { return t.ordersOf(buyer, "", n), t.failed },
		Invited: t.isInvited(buyer),
		Coupon:  func(code string) (shop.CouponState, error) { return t.couponState(code, buyer) },
		Cart:    func() (shop.Cart, error) { return t.freshCart(buyer, t.batch.at), t.failed },
	}
}

// Change implements shop.Store.
func (db *DB) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	return db.apply(ctx, id, rule, nil)
}

// RecordPayment implements shop.Store. A known payment needs no commit.
func (db *DB) RecordPayment(ctx context.Context, p shop.IncomingPayment, rule shop.Rule) (shop.Order, error) {
	return db.apply(ctx, p.Order, rule, &p)
}

// apply applies rule to an order. p is the payment that causes the change, or nil.
func (db *DB) apply(ctx context.Context, id shop.OrderID, rule shop.Rule, p *shop.IncomingPayment) (o shop.Order, err error) {
	id = shop.OrderID(strings.Clone(string(id))) // it may be a part of a webhook's body, and is kept in memory
	err = db.writeOrder(ctx, shop.Order{ID: id}, func(t *tx) error {
		o = shop.Order{}
		before, err := t.order(id)
		if err != nil {
			return err
		}
		o = before.Order
		after := o.Clone() // a rule may change in place
		free := func(sku string) int { return t.stock(sku).Free + before.Reserved()[sku] }
		switch err := rule(&after, free); {
		case errors.Is(err, shop.ErrUnchanged):
			return nil
		case err != nil:
			return err
		}
		if err := sameOrder(&before.Order, &after); err != nil {
			return err
		}
		if err := t.putOrder(before, &after, p); err != nil {
			return err
		}
		o = after
		return nil
	})
	return o, err
}

// sameOrder makes sure that a rule did not change what identifies an order.
func sameOrder(before, after *shop.Order) error {
	same := before.ID == after.ID && before.Buyer.ID == after.Buyer.ID && before.Created.Equal(after.Created) && len(before.Lines) == len(after.Lines)
	for i := range before.Lines {
		same = same && before.Lines[i].SKU == after.Lines[i].SKU && before.Lines[i].Quantity == after.Lines[i].Quantity
	}
	if !same {
		return fmt.Errorf("order %s: a rule changed what identifies it", before.ID)
	}
	return nil
}

// putOrder writes an order with everything that follows from it. before is what was stored, the
// zero record for a new order; p is the payment that the change is about, or nil. Units that are
// owed become after's own. *shop.SoldOutError, and nothing is written, if there are too few.
func (t *tx) putOrder(before *orderRecord, after *shop.Order, p *shop.IncomingPayment) error {
	if t.failed != nil { // what the rule was told of the stock may be wrong
		return t.failed
	}
	if err := t.moveStock(&before.Order, after); err != nil {
		return err
	}
	t.moveCoupon(&before.Order, after)
	t.endWishes(&before.Order, after)
	t.followAccess(&before.Order, after)
	record := orderRecord{Order: *after, Trail: before.Trail}
	for _, e := range shop.Trail(&before.Order, after) {
		entry := auditRecord{AuditEntry: e, Previous: record.Trail}
		if p != nil && entry.tellsOf(p) {
			entry.Source, entry.Raw = p.Source, p.Raw
		}
		record.Trail = t.appendAudit(entry)
	}
	t.putRecord(bucketOrders, []byte(after.ID), record)
	t.index(&before.Order, after)
	shop.Tally(&before.Order, after, t.counters)
	t.countBuyer(&before.Order, after)
	t.batch.work = append(t.batch.work, WorkChange{Order: after.ID, Rank: record.Trail, Jobs: after.Jobs()})
	return t.failed
}

// indexEntry is one entry of an index.
type indexEntry struct {
	bucket     *Bucket
	key, value string
}

// indexEntries lists all entries that an order has in the indexes. They follow from its record alone.
func indexEntries(o *shop.Order) []indexEntry {
	if o.ID == "" {
		return nil
	}
	entries := []indexEntry{
		{bucket: bucketByBuyer, key: string(buyerKey(o))},
		{bucket: bucketByState, key: string(stateKey(o.State, o.ID))},
	}
	for _, check := range o.Checks() {
		entries = append(entries, indexEntry{bucketChecks, string(checkKey(o.Rail, check)), string(o.ID)})
	}
	for _, reference := range references(o) {
		entries = append(entries, indexEntry{bucket: bucketReferences, key: string(referenceKey(reference, o.ID))})
	}
	if len(o.Jobs()) > 0 {
		entries = append(entries, indexEntry{bucket: bucketWork, key: string(o.ID)})
	}
	return entries
}

// index replaces before's index entries with after's.
func (t *tx) index(before, after *shop.Order) {
	had, has := indexEntries(before), indexEntries(after)
	for _, e := range had {
		if !slices.Contains(has, e) {
			t.remove(e.bucket, []byte(e.key))
		}
	}
	for _, e := range has {
		if !slices.Contains(had, e) {
			t.put(e.bucket, []byte(e.key), []byte(e.value))
		}
	}
}
