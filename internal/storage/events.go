package storage

import (
	"context"
	"errors"

	"shopbot/internal/shop"
)

// maxEvents is how many events of one order are listed.
const maxEvents = 1000

func paymentBy(o *shop.Order, invoice int64) shop.Payment {
	for _, p := range o.Payments {
		if p.Invoice == invoice {
			return p
		}
	}
	return shop.Payment{Invoice: invoice}
}

// Events lists the news of an order's payments, as they were received, by invoice.
// Raw is what the payment service said, to the byte.
func (db *DB) Events(ctx context.Context, id shop.OrderID) (list []shop.Event, err error) {
	err = db.read(ctx, func(t *tx) error {
		o, err := t.order(id)
		if errors.Is(err, shop.ErrNotFound) {
			return nil
		}
		t.check(err)
		t.scan(events, under(string(id)), nil, func(invoice, record []byte) bool {
			e, err := decodeEvent(id, record)
			t.check(err)
			e.Payment = paymentBy(&o, toNumber(invoice))
			list = append(list, e)
			return t.failed == nil && len(list) < maxEvents
		})
		return t.failed
	})
	return list, err
}
