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
	if err := errors.Join(t.dropBucket(openOf), t.makeBuckets(inWorkOf.name)); err != nil {
		return err
	}
	var busy []*savedOrder
	t.scan(inWork, nil, nil, func(id, record []byte) bool {
		o, err := t.decode(inWork, shop.OrderID(id), record)
		t.check(err)
		busy = append(busy, o)
		return err == nil
	})
	if t.failed != nil {
		return t.failed
	}
	for _, o := range busy {
		t.remove(byState, stateKey(o.State, o.ID))
		t.reindex(&savedOrder{}, o)
	}
	return t.failed
}
