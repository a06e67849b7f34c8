package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"shopbot/internal/shop"
)

// Events lists the news of an order's payments in the order in which they came, out of the audit
// trail. Raw is what the payment service said, to the byte; Received is to the millisecond.
func (db *DB) Events(ctx context.Context, id shop.OrderID) (list []shop.Event, err error) {
	err = db.read(ctx, func(t *tx) error {
		o, err := t.order(id)
		if errors.Is(err, shop.ErrNotFound) {
			return nil
		}
		t.check(err)
		trail, err := t.trailOf(id)
		t.check(err)
		for _, r := range trail {
			if r.source == "" {
				continue
			}
			raw, err := unpack(r.packed)
			if err != nil {
				return fmt.Errorf("%w: event of order %s: %w", ErrDamaged, id, err)
			}
			list = append(list, shop.Event{
				Order: id, Payment: paymentBy(&o, r.Reference), Source: r.source, Received: r.At, Raw: raw,
			})
		}
		return t.failed
	})
	return list, err
}

// paymentBy is the payment of an invoice, zero where there is none.
func paymentBy(o *shop.Order, invoice string) shop.Payment {
	for _, p := range o.Payments {
		if strconv.FormatInt(p.Invoice, 10) == invoice {
			return p
		}
	}
	return shop.Payment{}
}
