package storage

import (
	"errors"

	berrors "go.etcd.io/bbolt/errors"

	"shopbot/internal/shop"
)

// openOf was, up to schema 2: buyer + id => nothing, for unpaid orders.
var openOf = []byte("open by buyer")

// thinIndexes is schema 3: a payment no longer touches the lines by state and by buyer, since orders
// in work are not listed by state, and by buyer as long as they are in work. The lines of
// work are sorted by what happened to the order last.
func (t *tx) thinIndexes() error {
	t.wrote = true
	for _, former := range [][]byte{openOf, work} {
		if err := t.bolt.DeleteBucket(former); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
			return err
		}
	}
	if err := t.makeBuckets(inWorkOf, work); err != nil {
		return err
	}
	busy := t.bolt.Bucket(inWork).Cursor()
	for id, record := busy.First(); id != nil; id, record = busy.Next() {
		o, err := t.decode(inWork, shop.OrderID(id), record)
		if err != nil {
			return err
		}
		t.remove(byState, stateKey(o.State, o.ID))
		t.reindex(&savedOrder{}, &o)
	}
	return t.failed
}
