package storage

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"shopbot/internal/shop"
)

// defaultPage is how many orders are listed where the caller does not say.
const defaultPage = 100

// Order implements shop.Store.
func (db *DB) Order(ctx context.Context, id shop.OrderID) (o shop.Order, err error) {
	err = db.read(ctx, func(t *tx) error {
		o, err = t.order(id)
		return err
	})
	return o, err
}

// OrdersOf implements shop.Store. A limit of 0 is 100.
func (db *DB) OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) ([]shop.Order, error) {
	end := []byte(before)
	if before == "" {
		end = []byte{0xff} // above every id
	}
	page := pageOf(limit)
	err := db.read(ctx, func(t *tx) error {
		t.scanBack(byBuyer, number(buyer), end, func(id []byte) bool { return page.add(t, nil, id, nil) })
		return t.failed
	})
	return page.orders, err
}

// Orders implements shop.Store.
func (db *DB) Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error) {
	var from []byte
	if !f.Since.IsZero() {
		from = []byte(shop.FirstOrderID(f.Since))
	}
	if after := under(string(f.After)); f.After != "" && bytes.Compare(after, from) > 0 {
		from = after // the least key above After
	}
	page := pageOf(f.Limit)
	err := db.read(ctx, func(t *tx) error {
		if f.State == "" {
			everywhere := ordersEverywhere()
			t.scanTogether(everywhere[:], from, func(b *bucket, id, record []byte) bool { return page.add(t, b, id, record) })
			return t.failed
		}
		// In work there are few, whatever their state.
		t.scan(inWork, nil, from, func(id, record []byte) bool {
			return stateOf(record) != f.State || page.add(t, inWork, id, record)
		})
		resting := pageOf(f.Limit)
		if f.State == shop.StateDelivered {
			t.scan(delivered, nil, from, func(id, record []byte) bool { return resting.add(t, delivered, id, record) })
		} else {
			t.scan(byState, stateKey(f.State, ""), from, func(id, _ []byte) bool { return resting.add(t, nil, id, nil) })
		}
		page.merge(resting)
		return t.failed
	})
	return page.orders, err
}

// page collects a bounded number of orders.
type page struct {
	limit  int
	orders []shop.Order
}

func pageOf(limit int) page {
	if limit <= 0 {
		limit = defaultPage
	}
	return page{limit: limit}
}

// merge adds the orders of a page of the same limit, both oldest first.
func (p *page) merge(other page) {
	p.orders = append(p.orders, other.orders...)
	slices.SortFunc(p.orders, func(a, b shop.Order) int { return cmp.Compare(a.ID, b.ID) })
	p.orders = p.orders[:min(len(p.orders), p.limit)]
}

// add adds an order and reports whether there is room for more. record is looked up where it is nil.
func (p *page) add(t *tx, in *bucket, id, record []byte) bool {
	var o *savedOrder
	var err error
	if record != nil {
		o, err = t.decode(in, shop.OrderID(id), record)
	} else {
		o, err = t.indexed(shop.OrderID(id))
	}
	if err != nil {
		t.check(err)
		return false
	}
	p.orders = append(p.orders, o.Order)
	return len(p.orders) < p.limit
}

// indexed reads an order that an index names.
func (t *tx) indexed(id shop.OrderID) (*savedOrder, error) {
	o, err := t.saved(id)
	if errors.Is(err, shop.ErrNotFound) {
		return nil, fmt.Errorf("%w: an index names order %q, which is not there", ErrDamaged, id)
	}
	return o, err
}
