package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"shopbot/internal/shop"
)

// stockPart is how many units are loaded in one transaction, so that no buyer waits for long.
const stockPart = 1000

// ErrNoName says that something cannot be stored under the name that it has, or has none.
var ErrNoName = errors.New("no name that can be stored")

// AddStock implements shop.Store. It goes through the units once, and keeps a part of them in
// memory.
func (db *DB) AddStock(ctx context.Context, l shop.StockLoad) (total shop.StockAdded, err error) {
	if l.SKU == "" || strings.ContainsRune(l.SKU, 0) {
		return total, fmt.Errorf("product %q: %w", l.SKU, ErrNoName)
	}
	part := make([]string, 0, stockPart)
	load := func(last bool) error {
		added, err := db.addPart(ctx, l, part, total.Batch, last)
		total.Add(added)
		part = part[:0]
		return err
	}
	for unit := range l.Units {
		if len(part) == stockPart { // and this is not its last one
			if err := load(false); err != nil {
				return total, err
			}
		}
		part = append(part, unit)
	}
	return total, load(true)
}

// addPart puts units on sale in one transaction. batch is that of the list's earlier parts; 0 if
// they had nothing to add.
func (db *DB) addPart(ctx context.Context, l shop.StockLoad, units []string, batch int64, last bool) (added shop.StockAdded, err error) {
	if len(units) == 0 {
		return added, nil
	}
	err = db.write(ctx, func(t *tx) error {
		added = shop.StockAdded{Batch: batch}
		s := t.stock(l.SKU)
		if t.failed != nil {
			return t.failed
		}
		b, err := t.batchToLoad(l, batch)
		if err != nil {
			return err
		}
		known := t.marksOf(units)
		for _, unit := range units {
			t.addUnit(l, unit, known, &b, &added)
		}
		b.Whole = last
		if added.Added > 0 || last && batch != 0 {
			t.putRecord(bucketBatches, batchKey(l.SKU, b.ID), b)
		}
		if added.Added == 0 {
			return t.failed
		}
		added.Batch = b.ID
		t.addTurns(l.SKU, s.Free, added.Added)
		s.Free += added.Added
		t.putRecord(bucketStock, []byte(l.SKU), s)
		t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{
			Act: shop.AuditStockAdded, By: l.By, Batch: b.ID, Stock: []shop.StockMove{{SKU: l.SKU, Units: added.Added}},
		}})
		return t.failed
	})
	if err != nil {
		return shop.StockAdded{}, err
	}
	return added, nil
}

// batchToLoad is the batch that a part of a list belongs to. A new one has no number before its
// first unit.
func (t *tx) batchToLoad(l shop.StockLoad, id int64) (batchRecord, error) {
	if id != 0 {
		return t.batchOf(l.SKU, id)
	}
	return batchRecord{Batch: shop.Batch{SKU: l.SKU, By: l.By, At: t.batch.at, Source: l.Source}}, nil
}

// addUnit puts a unit on sale, or counts why not. known are the marks of the list's units, and gets the
// new one: a list may have a unit twice.
func (t *tx) addUnit(l shop.StockLoad, unit string, known marks, b *batchRecord, added *shop.StockAdded) {
	key := markKey(l.SKU, unit)
	hash := key[:markBytes]
	own, has := known[string(hash)][l.SKU]
	elsewhere := len(known[string(hash)]) > 1 || !has && len(known[string(hash)]) > 0
	switch {
	case has && !t.gone(l.SKU, unit, readMark(own)):
		added.Duplicates++
		return
	case elsewhere && !l.Elsewhere:
		added.Elsewhere++
		return
	case has && !l.Again:
		added.Gone++
		return
	}
	if b.ID == 0 {
		b.ID = t.next(bucketBatches)
	}
	n := t.next(bucketUnits)
	if b.First == 0 {
		b.First = n
	}
	b.Last = n
	value := forSale(n, own)
	t.put(bucketKnown, key, value)
	known.set(hash, l.SKU, value)
	t.put(bucketUnits, unitKey(l.SKU, n), joinUnit(b.ID, unit))
	b.Added++
	b.Left++
	added.Added++
}
