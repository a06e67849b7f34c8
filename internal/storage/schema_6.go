package storage

import (
	"errors"

	"shopbot/internal/shop"
)

// splitResting is schema 6: orders that rest and are not delivered are moved to a bucket of their own, and only these are
// listed by state.
func (t *tx) splitResting() error {
	if err := errors.Join(t.dropBucket(byState.name), t.makeBuckets(byState.name, others.name)); err != nil {
		return err
	}
	var ids, records [][]byte // of the file, which does not change until the end
	t.scan(delivered, nil, nil, func(id, record []byte) bool {
		if stateOf(record) != shop.StateDelivered {
			ids, records = append(ids, id), append(records, record)
		}
		return true
	})
	for i, id := range ids {
		t.remove(delivered, id)
		t.put(others, id, records[i])
		t.put(byState, stateKey(stateOf(records[i]), shop.OrderID(id)), nil)
	}
	return t.failed
}
