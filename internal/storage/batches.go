package storage

import (
	"context"
	"encoding/binary"
	"fmt"

	"shopbot/internal/shop"
)

// batchRecord is a batch as it is stored.
type batchRecord struct {
	shop.Batch

	// First and Last are the numbers of its first and its last unit. Other batches may have numbers
	// between them.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

func batchKey(sku string, id int64) []byte { return appendNumber(under(sku), id) }

// batchOf reads a batch. Errors: shop.ErrNoBatch, or ErrDamaged with the batch's number.
func (t *tx) batchOf(sku string, id int64) (b batchRecord, err error) {
	record := t.get(bucketBatches, batchKey(sku, id))
	if record == nil {
		return b, fmt.Errorf("batch %d of %s: %w", id, sku, shop.ErrNoBatch)
	}
	if b, err = decode[batchRecord](record); err != nil {
		return b, fmt.Errorf("batch %d of %s: %w", id, sku, err)
	}
	return b, nil
}

// takeFromBatch counts units that leave a batch. One that cannot be read is passed over, since it
// must not keep units from a buyer.
func (t *tx) takeFromBatch(sku string, id int64, n int) {
	b, err := t.batchOf(sku, id)
	if err != nil && t.failed != nil { // the database did not answer, and the step hears of it
		return
	}
	if err != nil {
		t.log.Error("batch passed over", "sku", sku, "batch", id, "error", err)
		return
	}
	b.Left -= n
	t.putRecord(bucketBatches, batchKey(sku, id), b)
}

// A unit for sale is stored as the number of its batch, and its text.
func joinUnit(batch int64, unit string) []byte {
	value := make([]byte, 0, binary.MaxVarintLen64+len(unit))
	return append(binary.AppendVarint(value, batch), unit...)
}

func readUnit(value []byte) (batch int64, unit string) {
	batch, n := binary.Varint(value)
	return batch, string(value[max(n, 0):])
}

func unitKey(sku string, n int64) []byte { return appendNumber(under(sku), n) }

// splitUnit takes apart a key of bucketUnits or bucketBatches.
func splitUnit(key []byte) (sku string, n int64) {
	at := max(len(key)-9, 0)
	return string(key[:at]), toNumber(key[min(at+1, len(key)):])
}

// unit reads a unit for sale by its number; "" if there is none.
func (t *tx) unit(sku string, n int64) (batch int64, unit string) {
	return readUnit(t.get(bucketUnits, unitKey(sku, n)))
}

// FindUnits implements shop.Store.
func (db *DB) FindUnits(ctx context.Context, units []string) ([][]shop.UnitPlace, error) {
	return query(ctx, db, func(t *tx) ([][]shop.UnitPlace, error) {
		places := make([][]shop.UnitPlace, len(units))
		t.scanAll(bucketKnown, unitHashes(units), func(i int, sku, value []byte) {
			places[i] = append(places[i], t.place(string(sku), units[i], readMark(value)))
		})
		return places, nil
	})
}

// Batches implements shop.Store. A limit of 0 is 100; a batch that cannot be decoded is passed
// over.
func (db *DB) Batches(ctx context.Context, sku string, before int64, limit int) ([]shop.Batch, error) {
	if limit <= 0 {
		limit = defaultPage
	}
	end := []byte{0xff} // above every number
	if before > 0 {
		end = number(before)
	}
	return query(ctx, db, func(t *tx) (list []shop.Batch, _ error) {
		t.scanBack(bucketBatches, under(sku), end, func(id, record []byte) bool {
			if b, ok := decodeLenient[batchRecord](t, bucketBatches, record, "sku", sku, "batch", toNumber(id)); ok {
				list = append(list, b.Batch)
			}
			return len(list) < limit
		})
		return list, nil
	})
}

// Batch implements shop.Store.
func (db *DB) Batch(ctx context.Context, sku string, id int64) (shop.Batch, error) {
	return query(ctx, db, func(t *tx) (shop.Batch, error) {
		b, err := t.batchOf(sku, id)
		return b.Batch, err
	})
}

// RemovableOfBatch implements shop.Store.
func (db *DB) RemovableOfBatch(ctx context.Context, sku string, batch int64, limit int) ([]string, error) {
	return query(ctx, db, func(t *tx) (units []string, _ error) {
		b, err := t.batchOf(sku, batch)
		if err != nil {
			return nil, err
		}
		limit = min(limit, b.Left, t.stock(sku).Free)
		if limit <= 0 {
			return nil, nil
		}
		t.scanBack(bucketUnits, under(sku), number(b.Last+1), func(n, value []byte) bool {
			if of, unit := readUnit(value); of == batch {
				units = append(units, unit)
			}
			return len(units) < limit && toNumber(n) > b.First
		})
		return units, nil
	})
}

// RemoveStock implements shop.Store.
func (db *DB) RemoveStock(ctx context.Context, r shop.StockRemoval) error {
	if len(r.Units) == 0 {
		return nil
	}
	if len(r.Units) > shop.MaxRemoved {
		return fmt.Errorf("remove %d units of %s: %d are the most at a time", len(r.Units), r.SKU, shop.MaxRemoved)
	}
	return db.write(ctx, func(t *tx) error {
		s := t.stock(r.SKU)
		if t.failed != nil {
			return t.failed
		}
		if s.Free < len(r.Units) {
			return shop.ErrStockMoved
		}
		leaving, err := t.forSale(r.SKU, r.Units)
		if err != nil {
			return err
		}
		texts := t.removeUnits(r, leaving)
		s.Free -= len(leaving)
		t.putRecord(bucketStock, []byte(r.SKU), s)
		act := shop.AuditStockRemoved
		if r.Undo {
			act = shop.AuditStockUndone
		}
		t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{
			Act: act, By: r.By, Batch: r.Batch,
			Stock: []shop.StockMove{{SKU: r.SKU, Units: -len(leaving), Goods: shop.Fingerprint(texts)}},
		}})
		return t.failed
	})
}

// removeUnits takes units off sale and out of their batches, and returns their texts.
func (t *tx) removeUnits(r shop.StockRemoval, leaving []leavingUnit) (texts []string) {
	of := map[int64]int{} // units by their batch
	for _, u := range leaving {
		t.remove(bucketUnits, unitKey(r.SKU, u.number))
		switch {
		case !r.Undo:
			t.put(bucketKnown, u.key, append([]byte{markRemoved}, moment(t.batch.at)...))
		case u.before != nil:
			t.put(bucketKnown, u.key, u.before)
		default:
			t.remove(bucketKnown, u.key)
		}
		of[u.batch]++
		texts = append(texts, u.text)
	}
	for batch, n := range of {
		t.takeFromBatch(r.SKU, batch, n)
	}
	return texts
}

// leavingUnit is a unit for sale that is removed.
type leavingUnit struct {
	key    []byte // of its mark
	before []byte // see mark.before
	number int64
	batch  int64
	text   string
}

// forSale finds units of a product that are all for sale, each once. Nothing is written.
func (t *tx) forSale(sku string, units []string) ([]leavingUnit, error) {
	found := make([]leavingUnit, 0, len(units))
	seen := map[int64]bool{}
	for _, unit := range units {
		u := leavingUnit{key: markKey(sku, unit)}
		m := readMark(t.get(bucketKnown, u.key))
		u.number, u.before = toNumber(m.rest), m.before()
		if m.where != markForSale || seen[u.number] {
			return nil, shop.ErrStockMoved
		}
		seen[u.number] = true
		u.batch, u.text = t.unit(sku, u.number)
		found = append(found, u)
	}
	return found, t.failed
}
