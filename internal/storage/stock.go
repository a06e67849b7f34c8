package storage

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"shopbot/internal/shop"
)

func (t *tx) stock(sku string) shop.Stock {
	var s shop.Stock
	if raw := t.get(stocks, []byte(sku)); raw != nil {
		t.check(json.Unmarshal(raw, &s))
	}
	return s
}

func (t *tx) check(err error) {
	if err != nil && t.failed == nil {
		t.failed = err
	}
}

func (t *tx) putStock(sku string, s shop.Stock) {
	raw, err := json.Marshal(s)
	t.check(err)
	t.put(stocks, []byte(sku), raw)
}

// settleStock moves units as the change of an order demands: into its
// reservation, out of it, or from the shelf into the order for ever.
func (t *tx) settleStock(before, after *shop.Order) error {
	reserve, owed := after.Reserved()-before.Reserved(), after.Owed()
	if reserve == 0 && owed == 0 {
		return nil
	}
	s := t.stock(after.Item.SKU)
	s.Free -= reserve + owed
	s.Reserved += reserve
	s.Sold += owed
	if s.Free < 0 || s.Reserved < 0 {
		return &shop.SoldOutError{SKU: after.Item.SKU, Left: max(s.Free+reserve+owed, 0)}
	}
	if owed > 0 {
		keys, err := t.takeUnits(after.Item.SKU, owed)
		if err != nil {
			return err
		}
		after.Keys = keys
	}
	t.putStock(after.Item.SKU, s)
	return nil
}

// takeUnits takes the oldest units off the shelf.
func (t *tx) takeUnits(sku string, n int) ([]string, error) {
	var places [][]byte
	var keys []string
	t.scan(units, unitPrefix(sku), func(k, v []byte) bool {
		if len(keys) == n {
			return false
		}
		places = append(places, append([]byte(nil), k...))
		keys = append(keys, string(v))
		return true
	})
	if len(keys) < n {
		return nil, fmt.Errorf("stock of %s: counted %d more than there are", sku, n-len(keys))
	}
	for _, k := range places {
		t.delete(units, k)
	}
	return keys, nil
}

func unitPrefix(sku string) []byte { return append([]byte(sku), 0) }

// stockPart is how many keys are loaded in one transaction, so that nobody else waits for long.
const stockPart = 1000

// AddStock implements shop.Store. A long list goes in parts; after a crash in
// between, loading it again adds what is missing.
func (db *DB) AddStock(ctx context.Context, sku string, keys []string) (shop.StockAdded, error) {
	var total shop.StockAdded
	for len(keys) > 0 {
		part := keys[:min(stockPart, len(keys))]
		keys = keys[len(part):]
		var added shop.StockAdded
		err := db.write(ctx, func(t *tx) (err error) {
			added, err = t.addUnits(sku, part)
			return err
		})
		if err != nil {
			return total, err
		}
		total.Added += added.Added
		total.Duplicates += added.Duplicates
	}
	return total, nil
}

func (t *tx) addUnits(sku string, keys []string) (added shop.StockAdded, err error) {
	s := t.stock(sku)
	for _, key := range keys {
		sum := sha256.Sum256([]byte(key))
		mark := append(unitPrefix(sku), sum[:16]...)
		if t.get(known, mark) != nil {
			added.Duplicates++
			continue
		}
		n, err := t.Bucket(units).NextSequence()
		if err != nil {
			return added, err
		}
		t.put(known, mark, []byte{1})
		t.put(units, append(unitPrefix(sku), number(int64(n))...), []byte(key)) //nolint:gosec // a count
		added.Added++
	}
	s.Free += added.Added
	t.putStock(sku, s)
	return added, t.failed
}

// Stock implements shop.Store.
func (db *DB) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	all := map[string]shop.Stock{}
	err := db.read(ctx, func(t *tx) error {
		t.scan(stocks, nil, func(k, _ []byte) bool {
			all[string(k)] = t.stock(string(k))
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
