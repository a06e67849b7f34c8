package storage

import (
	"errors"

	"shopbot/internal/shop"
)

// splitResting is schema 6: orders that rest and are not delivered are moved to a bucket of their own, and only these are
// listed by state. They are moved within the file, as there may be more of them than fit into a layer.
func (t *tx) splitResting() error {
	if err := errors.Join(t.dropBucket(byState.name), t.makeBuckets(byState.name, others.name)); err != nil {
		return err
	}
	var moved [][]byte
	t.scan(delivered, nil, nil, func(id, record []byte) bool {
		if s := stateOf(record); s != shop.StateDelivered && s != "" { // a record that cannot be read stays where it is
			moved = append(moved, id)
		}
		return true
	})
	if t.failed != nil {
		return t.failed
	}
	from, to, index := t.file.Bucket(delivered.name), t.file.Bucket(others.name), t.file.Bucket(byState.name)
	to.FillPercent, index.FillPercent = others.fill, byState.fill
	for _, id := range moved {
		record := from.Get(id)
		key := stateKey(stateOf(record), shop.OrderID(id))
		if err := errors.Join(to.Put(id, record), index.Put(key, nil), from.Delete(id)); err != nil {
			return err
		}
	}
	return nil
}
