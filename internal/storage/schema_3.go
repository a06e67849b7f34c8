package storage

import (
	"errors"

	"shopbot/internal/shop"
)

// openOf was, up to schema 2: buyer + id => nothing, for unpaid orders.
var openOf = []byte("open by buyer")

// thinIndexes is schema 3: a payment no longer touches the lines by state and by buyer, since orders
// in work are not listed by state, and by buyer as long as they are in work.
func (t *tx) thinIndexes() error {
	if err := errors.Join(t.dropBucket(openOf), t.makeBuckets(inWorkOf)); err != nil {
		return err
	}
	busy := t.bolt.Bucket(inWork).Cursor()
	for id, record := busy.First(); id != nil; id, record = busy.Next() {
		o, err := t.decode(inWork, shop.OrderID(id), record)
		if err != nil {
			return err
		}
		t.remove(byState, stateKey(o.State, o.ID))
		t.reindex(&savedOrder{}, o)
	}
	return t.failed
}
