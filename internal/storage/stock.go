package storage

import (
	"bytes"
	"context"
	"fmt"

	"shopbot/internal/shop"
)

// stock counts a product's units.
func (t *tx) stock(sku string) shop.Stock {
	s, err := decodeStock(t.get(stocks, []byte(sku)))
	t.check(err)
	return s
}

// settleStock moves units as the change of an order demands: into its
// reservation, out of it, or off the shelf, to be the order's for ever (taken).
// *shop.SoldOutError, and nothing written, where there are too few.
func (t *tx) settleStock(before, after *shop.Order) (taken []string, err error) {
	reserve, owed := after.Reserved()-before.Reserved(), after.Owed()
	if reserve == 0 && owed == 0 {
		return nil, nil
	}
	sku := after.Item.SKU
	s := t.stock(sku)
	if s.Free < reserve+owed {
		return nil, &shop.SoldOutError{SKU: sku, Left: max(s.Free, 0)}
	}
	var places [][]byte
	if owed > 0 {
		places, taken = t.oldestUnits(sku, owed)
	}
	if t.failed == nil && (len(taken) < owed || s.Reserved+reserve < 0) {
		t.check(fmt.Errorf("%w: stock of %s is counted as %+v and there are fewer", ErrDamaged, sku, s))
	}
	if t.failed != nil {
		return nil, t.failed
	}
	for _, place := range places {
		t.remove(units, place)
	}
	s.Free -= reserve + owed
	s.Reserved += reserve
	s.Sold += owed
	t.put(stocks, []byte(sku), encodeStock(s))
	return taken, nil
}

// oldestUnits finds the units that were put on sale first. places are valid until the transaction ends.
func (t *tx) oldestUnits(sku string, n int) (places [][]byte, keys []string) {
	c, prefix := t.cursor(units), under(sku)
	if c == nil {
		return nil, nil
	}
	for place, key := c.Seek(prefix); len(keys) < n && bytes.HasPrefix(place, prefix); place, key = c.Next() {
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
