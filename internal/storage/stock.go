package storage

import (
	"context"
	"fmt"

	"shopbot/internal/shop"
)

// stock counts a product's units. A record that cannot be decoded is noted.
func (t *tx) stock(sku string) shop.Stock {
	record := t.get(bucketStock, []byte(sku))
	if record == nil {
		return shop.Stock{}
	}
	s, err := decode[shop.Stock](record)
	if err != nil {
		t.check(fmt.Errorf("stock of %s: %w", sku, err))
	}
	return s
}

// moveStock moves units as the change of an order demands: into its reservation, out of it, or from
// the free ones to after's own. *shop.SoldOutError about the first line that is short, and nothing
// is written.
func (t *tx) moveStock(before, after *shop.Order) error {
	had, reserved, owed := before.Reserved(), after.Reserved(), after.Owed()
	changed := map[string]shop.Stock{}
	for i := range after.Lines {
		sku := after.Lines[i].SKU
		reserve, own := reserved[sku]-had[sku], owed[sku]
		if _, seen := changed[sku]; seen || reserve == 0 && own == 0 {
			continue
		}
		s := t.stock(sku)
		if t.failed != nil {
			return t.failed
		}
		if s.Free < reserve+own {
			return &shop.SoldOutError{SKU: sku, Left: max(s.Free, 0)}
		}
		s.Free -= reserve + own
		s.Reserved += reserve
		s.Sold += own
		if s.Reserved < 0 {
			return fmt.Errorf("%w: fewer units of %s are counted as reserved than order %s has", ErrDamaged, sku, before.ID)
		}
		changed[sku] = s
	}
	if len(owed) > 0 {
		take := func(sku string, n int) ([]string, error) { return t.takeUnits(after.ID, sku, n) }
		if err := after.TakeUnits(take); err != nil {
			return err
		}
	}
	for sku, s := range changed {
		t.putRecord(bucketStock, []byte(sku), s)
	}
	return t.failed
}

// takeUnits makes the n units of a product that were put on sale first an order's own.
func (t *tx) takeUnits(id shop.OrderID, sku string, n int) (units []string, err error) {
	var keys [][]byte
	of := map[int64]int{} // units by their batch
	t.scan(bucketUnits, under(sku), nil, func(rest, value []byte) bool {
		batch, unit := readUnit(value)
		keys = append(keys, join(under(sku), rest))
		units = append(units, unit)
		of[batch]++
		return len(units) < n
	})
	if len(units) < n {
		t.check(fmt.Errorf("%w: more units of %s are counted than there are", ErrDamaged, sku))
	}
	if t.failed != nil {
		return nil, t.failed
	}
	for i, key := range keys {
		t.remove(bucketUnits, key)
		t.put(bucketKnown, markKey(sku, units[i]), soldTo(id))
	}
	for batch, taken := range of {
		t.takeFromBatch(sku, batch, taken)
	}
	return units, t.failed
}

// Stock implements shop.Store. A product whose record cannot be decoded is passed over.
func (db *DB) Stock(ctx context.Context) (all map[string]shop.Stock, err error) {
	err = db.read(ctx, func(t *tx) error {
		all = t.allStock()
		return t.failed
	})
	return all, err
}

func (t *tx) allStock() map[string]shop.Stock {
	all := map[string]shop.Stock{}
	t.scan(bucketStock, nil, nil, func(sku, record []byte) bool {
		s, err := decode[shop.Stock](record)
		if err != nil {
			t.log.Error("stock passed over", "sku", string(sku), "error", err)
			return true
		}
		all[string(sku)] = s
		return true
	})
	return all
}

// StockOf implements shop.Store.
func (db *DB) StockOf(ctx context.Context, sku string) (s shop.Stock, err error) {
	err = db.read(ctx, func(t *tx) error {
		s = t.stock(sku)
		return t.failed
	})
	return s, err
}
