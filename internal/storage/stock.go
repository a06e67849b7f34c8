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
// the free ones to after's own, in the place of burned ones too. *shop.SoldOutError about the first
// line that is short, and nothing is written.
func (t *tx) moveStock(before, after *shop.Order) error {
	had, reserved, owed, burned := before.Reserved(), after.Reserved(), after.Owed(), shop.Burned(before, after)
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
		s.Sold += own - len(burned[sku])
		s.Burned += len(burned[sku])
		if s.Reserved < 0 {
			return fmt.Errorf("%w: fewer units of %s are counted as reserved than order %s has", ErrDamaged, sku, before.ID)
		}
		changed[sku] = s
	}
	if len(owed) > 0 {
		take := func(sku string, n int) ([]string, error) { return t.takeUnits(after, sku, n) }
		if err := after.TakeUnits(take); err != nil {
			return err
		}
	}
	for sku, units := range burned {
		for _, unit := range units {
			t.put(bucketKnown, markKey(sku, unit), burnedBy(after.ID, t.batch.at))
		}
	}
	for sku, s := range changed {
		if freed := had[sku] - reserved[sku] - owed[sku]; freed > 0 {
			t.addTurns(sku, s.Free-freed, freed)
		}
		t.putRecord(bucketStock, []byte(sku), s)
	}
	return t.failed
}

// takeUnits makes the n units of a product that were put on sale first an order's own, but for those
// that the order has had. *shop.SoldOutError if there are no others, and nothing is written.
func (t *tx) takeUnits(o *shop.Order, sku string, n int) (units []string, err error) {
	var keys [][]byte
	of, skipped := map[int64]int{}, 0 // units by their batch
	t.scan(bucketUnits, under(sku), nil, func(rest, value []byte) bool {
		batch, unit := readUnit(value)
		if o.Had(sku, unit) {
			skipped++
			return true
		}
		keys = append(keys, join(under(sku), rest))
		units = append(units, unit)
		of[batch]++
		return len(units) < n
	})
	if len(units) < n && skipped > 0 {
		return nil, &shop.SoldOutError{SKU: sku, Left: len(units)}
	}
	if len(units) < n {
		t.check(fmt.Errorf("%w: more units of %s are counted than there are", ErrDamaged, sku))
	}
	if t.failed != nil {
		return nil, t.failed
	}
	for i, key := range keys {
		t.remove(bucketUnits, key)
		t.put(bucketKnown, markKey(sku, units[i]), soldTo(o.ID))
	}
	for batch, taken := range of {
		t.takeFromBatch(sku, batch, taken)
	}
	return units, t.failed
}

// Stock implements shop.Store. A product whose record cannot be decoded is passed over.
func (db *DB) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	return query(ctx, db, func(t *tx) (map[string]shop.Stock, error) { return t.allStock(), nil })
}

func (t *tx) allStock() map[string]shop.Stock {
	all := map[string]shop.Stock{}
	t.scan(bucketStock, nil, nil, func(sku, record []byte) bool {
		if s, ok := decodeLenient[shop.Stock](t, bucketStock, record, "sku", string(sku)); ok {
			all[string(sku)] = s
		}
		return true
	})
	return all
}

// StockOf implements shop.Store.
func (db *DB) StockOf(ctx context.Context, sku string) (shop.Stock, error) {
	return query(ctx, db, func(t *tx) (shop.Stock, error) { return t.stock(sku), nil })
}

// UnitsForSale implements shop.UnitsForSale.
func (db *DB) UnitsForSale(ctx context.Context, sku string, number int64, limit int) ([]shop.StoredUnit, error) {
	return query(ctx, db, func(t *tx) (list []shop.StoredUnit, _ error) {
		t.scan(bucketUnits, nil, unitKey(sku, number+1), func(key, value []byte) bool {
			var u shop.StoredUnit
			u.SKU, u.Number = splitUnit(key)
			u.Batch, u.Unit = readUnit(value)
			list = append(list, u)
			return len(list) < limit
		})
		return list, nil
	})
}
