package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"shopbot/internal/shop"
)

// stockPart is how many keys are loaded in one transaction, so that no buyer waits for long.
const stockPart = 1000

// ErrNoName says that something without a name cannot be stored.
var ErrNoName = errors.New("no name given")

// AddStock implements shop.Store. A long list goes in parts, in its order. After
// an error the count tells what was added; loading the same list again adds the rest.
func (db *DB) AddStock(ctx context.Context, sku string, keys []string, by int64) (total shop.StockAdded, err error) {
	if sku == "" {
		return total, ErrNoName
	}
	for len(keys) > 0 {
		part := keys[:min(stockPart, len(keys))]
		keys = keys[len(part):]
		var added shop.StockAdded
		at := time.Now()
		err := db.write(ctx, func(t *tx) (err error) {
			if added, err = t.addUnits(sku, part); err != nil || added.Added == 0 {
				return err
			}
			t.append(auditRecord{AuditEntry: shop.AuditEntry{Act: shop.AuditStockAdded, At: at, SKU: sku, Units: added.Added, By: by}})
			return t.failed
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
	if t.failed != nil {
		return added, t.failed
	}
	for _, key := range keys {
		mark := knownKey(sku, key)
		if t.get(known, mark) != nil {
			added.Duplicates++
			continue
		}
		t.put(known, mark, nil)
		t.put(units, join(under(sku), number(t.draw(units))), []byte(key))
		added.Added++
	}
	if added.Added > 0 {
		s.Free += added.Added
		t.putStock(sku, s)
	}
	return added, t.failed
}

// markBytes of a hash tell keys apart: among a thousand million keys, two will be taken for one
// in one of two million shops.
const markBytes = 10

// knownKey remembers a key without holding it: sold keys are nowhere but with their orders.
func knownKey(sku, key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return join(under(sku), sum[:markBytes])
}
