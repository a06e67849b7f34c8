package storage

import (
	"bytes"
	"context"
	"fmt"

	"shopbot/internal/shop"
)

// stock counts a product's units.
func (t *tx) stock(sku string) shop.Stock {
	if s, changed := t.book.stock[sku]; changed {
		return s
	}
	s, err := decodeStock(t.get(stocks, []byte(sku)))
	t.check(err)
	return s
}

func (t *tx) putStock(sku string, s shop.Stock) {
	t.wrote = true
	t.book.stock[sku] = s
}

// settleStock moves units as the change of an order demands: into its
// reservation, out of it, or off the shelf, to be after's own for ever.
// *shop.SoldOutError, and nothing written, where there are too few.
func (t *tx) settleStock(before, after *shop.Order) error {
	reserve, owed := after.Reserved()-before.Reserved(), after.Owed()
	if reserve == 0 && owed == 0 {
		return nil
	}
	sku := after.Item.SKU
	s := t.stock(sku)
	if s.Free < reserve+owed {
		return &shop.SoldOutError{SKU: sku, Left: max(s.Free, 0)}
	}
	var room [8][]byte
	places, keys := t.oldestUnits(sku, owed, room[:0], after.Keys)
	if t.failed == nil && (len(places) < owed || s.Reserved+reserve < 0) {
		t.check(fmt.Errorf("%w: stock of %s is counted as %+v and there are fewer", ErrDamaged, sku, s))
	}
	if t.failed != nil {
		return t.failed
	}
	for _, place := range places {
		t.remove(units, place)
	}
	if len(places) > 0 {
		t.moveFront(units, under(sku), places[len(places)-1])
	}
	after.Keys = keys
	s.Free -= reserve + owed
	s.Reserved += reserve
	s.Sold += owed
	t.putStock(sku, s)
	return nil
}

// oldestUnits appends the n units that were put on sale first. places are valid until the transaction ends.
func (t *tx) oldestUnits(sku string, n int, places [][]byte, keys []string) ([][]byte, []string) {
	if n == 0 {
		return places, keys
	}
	prefix := under(sku)
	w := t.walkBriefly(units, t.front(units, prefix))
	for len(places) < n {
		place, key := w.next()
		if !bytes.HasPrefix(place, prefix) {
			break
		}
		places, keys = append(places, place), append(keys, string(key))
	}
	return places, keys
}

// Stock implements shop.Store.
func (db *DB) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	all := map[string]shop.Stock{}
	err := db.read(ctx, func(t *tx) error {
		t.scan(stocks, nil, nil, func(sku, record []byte) bool {
			s, err := decodeStock(bytes.Clone(record))
			t.check(err)
			all[string(sku)] = s
			return true
		})
		return t.failed
	})
	return all, err
}

// StockOf implements shop.Store.
func (db *DB) StockOf(ctx context.Context, sku string) (s shop.Stock, err error) {
	err = db.read(ctx, func(t *tx) error {
		s = t.stock(sku)
		return t.failed
	})
	return s, err
}
