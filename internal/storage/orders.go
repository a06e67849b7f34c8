package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"shopbot/internal/shop"
)

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } //nolint:gosec // bits, not a value

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// getOrder reads an order, or gives shop.ErrNotFound.
func (t *tx) getOrder(id shop.OrderID) (shop.Order, error) {
	raw := t.get(orders, []byte(id))
	if raw == nil {
		return shop.Order{}, shop.ErrNotFound
	}
	var o shop.Order
	if err := json.Unmarshal(raw, &o); err != nil {
		return shop.Order{}, fmt.Errorf("order %s: %w", id, err)
	}
	return o, nil
}

// putOrder writes an order with everything that follows from it. before is
// what was stored, the zero Order for a new one.
func (t *tx) putOrder(before, after *shop.Order) error {
	if err := t.settleStock(before, after); err != nil {
		return err
	}
	raw, err := json.Marshal(after)
	if err != nil {
		return err
	}
	t.count(after.Item.SKU, shop.Tally(before, after), time.Now())
	old, now := indexes(before), indexes(after)
	for _, e := range old {
		if !contains(now, e) {
			t.delete(e.bucket, e.key)
		}
	}
	for _, e := range now {
		if !contains(old, e) {
			t.put(e.bucket, e.key, nil)
		}
	}
	t.put(orders, []byte(after.ID), raw)
	return t.failed
}

// entry is one line of an index.
type entry struct{ bucket, key []byte }

func contains(list []entry, e entry) bool {
	for _, other := range list {
		if bytes.Equal(other.bucket, e.bucket) && bytes.Equal(other.key, e.key) {
			return true
		}
	}
	return false
}

// indexes are all index entries that an order has, and they follow from it alone.
func indexes(o *shop.Order) []entry {
	if o.ID == "" {
		return nil
	}
	id := []byte(o.ID)
	list := []entry{
		{byBuyer, join(number(o.Buyer.ID), id)},
		{byState, stateKey(o.State, id)},
	}
	if o.Open() {
		list = append(list, entry{openByBuyer, join(number(o.Buyer.ID), id)})
	}
	for _, j := range o.Jobs() {
		list = append(list, entry{work, workKey(j.Task, j.Due, id)})
	}
	return list
}

func stateKey(s shop.State, id []byte) []byte { return join([]byte(s), []byte{0}, id) }

func workKey(task shop.Task, due time.Time, id []byte) []byte {
	at := int64(0)
	if !due.IsZero() {
		at = due.UnixNano()
	}
	return join([]byte(task), []byte{0}, number(at), id)
}

// Checkout implements shop.Store.
func (db *DB) Checkout(ctx context.Context, o shop.Order, maxOpen int) (stored shop.Order, created bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		stored, created = shop.Order{}, false
		found, err := t.getOrder(o.ID)
		switch {
		case err == nil:
			stored = found
			return nil
		case !errors.Is(err, shop.ErrNotFound):
			return err
		}
		if maxOpen > 0 && t.openOrders(o.Buyer.ID) >= maxOpen {
			return shop.ErrTooManyOpen
		}
		if s := t.stock(o.Item.SKU); o.Reserved() > s.Free {
			return &shop.SoldOutError{SKU: o.Item.SKU, Left: s.Free}
		}
		stored, created = o, true
		return t.putOrder(&shop.Order{}, &stored)
	})
	return stored, created && err == nil, err
}

func (t *tx) openOrders(buyer int64) int {
	n := 0
	t.scan(openByBuyer, number(buyer), func(_, _ []byte) bool { n++; return true })
	return n
}

// scan visits the entries whose keys begin with prefix, in order, while visit says so.
func (t *tx) scan(bucket, prefix []byte, visit func(key, value []byte) bool) {
	c := t.Bucket(bucket).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !visit(k, v) {
			return
		}
	}
}

// Change implements shop.Store.
func (db *DB) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	return db.apply(ctx, id, rule, func(*tx) error { return nil })
}

// Receive implements shop.Store.
func (db *DB) Receive(ctx context.Context, e shop.Event, rule shop.Rule) (shop.Order, error) {
	return db.apply(ctx, e.Order, rule, func(t *tx) error { return t.putEvent(e) })
}

func (db *DB) apply(ctx context.Context, id shop.OrderID, rule shop.Rule, also func(*tx) error) (o shop.Order, err error) {
	err = db.write(ctx, func(t *tx) error {
		before, err := t.getOrder(id)
		if err != nil {
			return err
		}
		o = before
		free := t.stock(before.Item.SKU).Free + before.Reserved()
		after := before
		if err := rule(&after, free); err != nil {
			if errors.Is(err, shop.ErrUnchanged) {
				return nil
			}
			return err
		}
		if after.Owed() > free {
			return &shop.SoldOutError{SKU: after.Item.SKU, Left: free}
		}
		if err := t.putOrder(&before, &after); err != nil {
			return err
		}
		o = after
		return also(t)
	})
	return o, err
}

// Order implements shop.Store.
func (db *DB) Order(ctx context.Context, id shop.OrderID) (o shop.Order, err error) {
	err = db.read(ctx, func(t *tx) error {
		o, err = t.getOrder(id)
		return err
	})
	return o, err
}

// OrdersOf implements shop.Store.
func (db *DB) OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) (list []shop.Order, err error) {
	prefix := number(buyer)
	err = db.read(ctx, func(t *tx) error {
		c := t.Bucket(byBuyer).Cursor()
		end := join(prefix, []byte(before))
		if before == "" {
			end = join(prefix, []byte{0xff})
		}
		k, _ := c.Seek(end)
		if k == nil {
			k, _ = c.Last()
		} else {
			k, _ = c.Prev()
		}
		for ; k != nil && bytes.HasPrefix(k, prefix) && len(list) < limit; k, _ = c.Prev() {
			o, err := t.getOrder(shop.OrderID(k[len(prefix):]))
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	})
	return list, err
}

const defaultPage = 100

// Orders implements shop.Store.
func (db *DB) Orders(ctx context.Context, f shop.Filter) (list []shop.Order, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	bucket, prefix := orders, []byte(nil)
	if f.State != "" {
		bucket, prefix = byState, stateKey(f.State, nil)
	}
	from := []byte(nil)
	if !f.Since.IsZero() {
		from = []byte(shop.FirstOrderID(f.Since))
	}
	if after := append([]byte(f.After), 0); f.After != "" && bytes.Compare(after, from) > 0 {
		from = after
	}
	err = db.read(ctx, func(t *tx) error {
		c := t.Bucket(bucket).Cursor()
		for k, _ := c.Seek(join(prefix, from)); k != nil && bytes.HasPrefix(k, prefix) && len(list) < limit; k, _ = c.Next() {
			o, err := t.getOrder(shop.OrderID(k[len(prefix):]))
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	})
	return list, err
}
