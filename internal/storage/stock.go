package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strings"

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
		if err := after.TakeUnits(t.takeUnits); err != nil {
			return err
		}
	}
	for sku, s := range changed {
		t.putRecord(bucketStock, []byte(sku), s)
	}
	return t.failed
}

// takeUnits removes the n units of a product that were put on sale first.
func (t *tx) takeUnits(sku string, n int) (units []string, err error) {
	var keys [][]byte
	t.scan(bucketUnits, under(sku), nil, func(rest, unit []byte) bool {
		keys = append(keys, join(under(sku), rest))
		units = append(units, string(unit))
		return len(units) < n
	})
	if len(units) < n {
		t.check(fmt.Errorf("%w: more units of %s are counted than there are", ErrDamaged, sku))
	}
	if t.failed != nil {
		return nil, t.failed
	}
	for _, key := range keys {
		t.remove(bucketUnits, key)
	}
	return units, t.failed
}

// Stock implements shop.Store. A product whose record cannot be decoded is passed over.
func (db *DB) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	all := map[string]shop.Stock{}
	err := db.read(ctx, func(t *tx) error {
		t.scan(bucketStock, nil, nil, func(sku, record []byte) bool {
			s, err := decode[shop.Stock](record)
			if err != nil {
				t.log.Error("stock passed over", "sku", string(sku), "error", err)
				return true
			}
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

// stockPart is how many units are loaded in one transaction, so that no buyer waits for long.
const stockPart = 1000

// ErrNoName says that something cannot be stored under the name that it has, or has none.
var ErrNoName = errors.New("no name that can be stored")

// AddStock implements shop.Store. It goes through units once, and keeps a part of them in memory.
func (db *DB) AddStock(ctx context.Context, sku string, units iter.Seq[string], by int64) (total shop.StockAdded, err error) {
	if sku == "" || strings.ContainsRune(sku, 0) {
		return total, fmt.Errorf("product %q: %w", sku, ErrNoName)
	}
	part := make([]string, 0, stockPart)
	load := func() error {
		added, err := db.addPart(ctx, sku, part, by)
		total.Added += added.Added
		total.Duplicates += added.Duplicates
		part = part[:0]
		return err
	}
	for unit := range units {
		if part = append(part, unit); len(part) == stockPart {
			if err := load(); err != nil {
				return total, err
			}
		}
	}
	if len(part) > 0 {
		err = load()
	}
	return total, err
}

// addPart puts units on sale in one transaction.
func (db *DB) addPart(ctx context.Context, sku string, units []string, by int64) (added shop.StockAdded, err error) {
	err = db.write(ctx, func(t *tx) error {
		added = shop.StockAdded{}
		s := t.stock(sku)
		if t.failed != nil {
			return t.failed
		}
		for _, unit := range units {
			mark := knownUnit(sku, unit)
			if t.has(bucketKnown, mark) {
				added.Duplicates++
				continue
			}
			t.put(bucketKnown, mark, nil)
			t.put(bucketUnits, join(under(sku), number(t.next(bucketUnits))), []byte(unit))
			added.Added++
		}
		if added.Added == 0 {
			return t.failed
		}
		s.Free += added.Added
		t.putRecord(bucketStock, []byte(sku), s)
		t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{
			Act: shop.AuditStockAdded, By: by, Stock: []shop.StockMove{{SKU: sku, Units: added.Added}},
		}})
		return t.failed
	})
	if err != nil {
		return shop.StockAdded{}, err
	}
	return added, nil
}

// markBytes of a hash tell units apart: in a shop with a billion units, the chance of any collision
// is about 1 in 2 million.
const markBytes = 10

// knownUnit is the key that remembers a unit without its text: only orders hold the text of sold
// units.
func knownUnit(sku, unit string) []byte {
	sum := sha256.Sum256([]byte(unit))
	return join(under(sku), sum[:markBytes])
}

// splitUnit takes apart a key of bucketUnits.
func splitUnit(key []byte) (sku string, n int64) {
	at := max(len(key)-9, 0)
	return string(key[:at]), toNumber(key[min(at+1, len(key)):])
}

// afterName is what follows a name and its 0 in a key.
func afterName(key []byte) []byte {
	_, rest, _ := bytes.Cut(key, []byte{0})
	return rest
}
