package storage

import (
	"bytes"
	"context"
	"time"

	"shopbot/internal/shop"
)

// defaultPage is how many orders are listed if the caller does not say.
const defaultPage = 100

// Order implements shop.Store.
func (db *DB) Order(ctx context.Context, id shop.OrderID) (shop.Order, error) {
	return query(ctx, db, func(t *tx) (shop.Order, error) {
		o, err := t.order(id)
		if err != nil {
			return shop.Order{}, err
		}
		return o.Order, nil
	})
}

// OrderOfCheck implements shop.Store.
func (db *DB) OrderOfCheck(ctx context.Context, rail shop.RailID, check string) (shop.OrderID, error) {
	return query(ctx, db, func(t *tx) (shop.OrderID, error) {
		return shop.OrderID(t.get(bucketChecks, checkKey(rail, check))), nil
	})
}

// maxReferred is how many orders of one reference are listed. Usually there is one.
const maxReferred = 10

// OrdersOfReference implements shop.Store.
func (db *DB) OrdersOfReference(ctx context.Context, reference string) ([]shop.OrderID, error) {
	return query(ctx, db, func(t *tx) ([]shop.OrderID, error) {
		return t.ordersOfReference(reference, maxReferred), nil
	})
}

func (t *tx) ordersOfReference(reference string, most int) (ids []shop.OrderID) {
	t.scan(bucketReferences, under(reference), nil, func(id, _ []byte) bool {
		ids = append(ids, shop.OrderID(id))
		return len(ids) < most
	})
	return ids
}

// OrdersOf implements shop.Store. A limit of 0 is 100.
func (db *DB) OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) ([]shop.Order, error) {
	return query(ctx, db, func(t *tx) ([]shop.Order, error) { return t.ordersOf(buyer, before, limit), nil })
}

func (t *tx) ordersOf(buyer int64, before shop.OrderID, limit int) []shop.Order {
	end := latest
	if before != "" {
		last, err := t.order(before)
		if err != nil { // it comes from a button, so it may be anything
			return nil
		}
		end = madeKey(&last.Order)
	}
	p := newPage(limit)
	t.scanBack(bucketByBuyer, number(buyer), end, func(made, _ []byte) bool { return p.add(t, idAfterMoment(made)) })
	p.read(t)
	return p.orders
}

// latest is above every moment in a key.
var latest = []byte{0xff}

// Waiting implements shop.Store.
func (db *DB) Waiting(ctx context.Context, most int) (shop.Waiting, error) {
	return query(ctx, db, func(t *tx) (w shop.Waiting, _ error) {
		w = shop.Waiting{Stock: t.allStock(), Questions: t.openQuestions()}
		t.scan(bucketByState, under(string(shop.StateHeld)), nil, func(_, _ []byte) bool {
			if w.Held == most {
				return false
			}
			w.Held++
			return true
		})
		return w, nil
	})
}

// idAhead is how much earlier or later the time in an order's id may be than the order itself: a
// button may be drawn a day before it is pressed, and a message wait at Telegram for as long.
const idAhead = 48 * time.Hour

// Orders implements shop.Store.
func (db *DB) Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error) {
	var from, end []byte
	if !f.Since.IsZero() {
		from = []byte(shop.FirstOrderID(f.Since.Add(-idAhead)))
	}
	if !f.Until.IsZero() {
		end = []byte(shop.FirstOrderID(f.Until.Add(idAhead)))
	}
	if after := under(string(f.After)); f.After != "" && bytes.Compare(after, from) > 0 {
		from = after // the least key above After
	}
	in, prefix := bucketOrders, []byte(nil)
	if f.State != "" {
		in, prefix = bucketByState, under(string(f.State))
	}
	return query(ctx, db, func(t *tx) ([]shop.Order, error) {
		p := newPage(f.Limit)
		p.filter = &f
		t.scan(in, prefix, from, func(id, record []byte) bool {
			if end != nil && bytes.Compare(id, end) >= 0 {
				return false
			}
			if in == bucketOrders {
				return p.addRecord(t, shop.OrderID(id), record)
			}
			return p.add(t, shop.OrderID(id))
		})
		p.read(t)
		return p.orders, nil
	})
}

// page collects a bounded number of orders.
type page struct {
	limit  int
	filter *shop.Filter // by time; nil: all
	orders []shop.Order
	noted  [][]byte // ids of orders that are still to be read
}

func newPage(limit int) page {
	if limit <= 0 {
		limit = defaultPage
	}
	return page{limit: limit}
}

// add notes an order, which read adds, and reports whether there is room for more.
func (p *page) add(t *tx, id shop.OrderID) bool {
	p.noted = append(p.noted, []byte(id))
	return len(p.orders)+len(p.noted) < p.limit || p.read(t)
}

// read adds the orders that are noted, and reports whether there is room for more.
func (p *page) read(t *tx) bool {
	t.in.Expect(bucketOrders, p.noted...)
	for _, id := range p.noted {
		p.addRecord(t, shop.OrderID(id), t.get(bucketOrders, id))
	}
	p.noted = nil
	return len(p.orders) < p.limit
}

// addRecord adds an order by its record, and reports whether there is room for more. One that cannot
// be read is passed over.
func (p *page) addRecord(t *tx, id shop.OrderID, record []byte) bool {
	if o, ok := t.decodeReadable(id, record); ok && p.wants(&o.Order) {
		p.orders = append(p.orders, o.Order)
	}
	return len(p.orders) < p.limit
}

func (p *page) wants(o *shop.Order) bool {
	f := p.filter
	return f == nil || !o.Created.Before(f.Since) && (f.Until.IsZero() || o.Created.Before(f.Until))
}
