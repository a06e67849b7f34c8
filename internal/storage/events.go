package storage

import (
	"context"

	"shopbot/internal/shop"
)

// maxEvents is how many events of one order are listed.
const maxEvents = 1000

// Events lists the news of an order's payments, as they were received, by invoice.
// Raw is what the payment service said, to the byte.
func (db *DB) Events(ctx context.Context, id shop.OrderID) (list []shop.Event, err error) {
	err = db.read(ctx, func(t *tx) error {
		t.scan(events, under(string(id)), nil, func(_, record []byte) bool {
			e, err := decodeEvent(id, record)
			t.check(err)
			list = append(list, e)
			return t.failed == nil && len(list) < maxEvents
		})
		return t.failed
	})
	return list, err
}
