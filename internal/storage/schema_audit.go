package storage

import (
	"bytes"
	"fmt"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// beginAudit is schema 2: orders are no longer JSON, and the audit trail begins with what there is.
func (t *tx) beginAudit() error {
	if err := t.makeBuckets(audit); err != nil {
		return err
	}
	if err := t.rewriteOrders(); err != nil {
		return err
	}
	now := time.Now()
	t.scan(stocks, nil, nil, func(sku, record []byte) bool {
		s, err := decodeStock(record)
		t.check(err)
		t.append(shop.AuditEntry{
			Act: shop.AuditOpening, SKU: string(sku), Units: s.Free + s.Reserved, Reserved: s.Reserved,
		}, 0, now)
		return t.failed == nil
	})
	sums, err := decodeCounters(t.get(statistics, statisticsKey(allTime, "")))
	t.check(err)
	for _, a := range sums.Received.Amounts() {
		t.append(openingCoins(a, openingReceived), 0, now)
	}
	for _, a := range sums.Refunded.Amounts() {
		t.append(openingCoins(a, openingRefunded), 0, now)
	}
	return t.failed
}

// What an opening entry's coins are.
const (
	openingReceived = "received"
	openingRefunded = "refunded"
)

func openingCoins(a money.Amount, what string) shop.AuditEntry {
	return shop.AuditEntry{Act: shop.AuditOpening, Amount: a, Reference: what}
}

// rewriteOrders turns the JSON of schema 1 into records of today.
func (t *tx) rewriteOrders() error {
	var after []byte
	for {
		var ids []shop.OrderID
		var list []shop.Order
		t.scan(orders, nil, after, func(id, record []byte) bool {
			var o shop.Order
			if err := decode(record, &o); err != nil {
				t.check(fmt.Errorf("%w: order %s: %w", ErrDamaged, id, err))
				return false
			}
			ids, list = append(ids, shop.OrderID(id)), append(list, o)
			after = append(bytes.Clone(id), 0) // the least key above
			return len(list) < defaultPage
		})
		if t.failed != nil || len(list) == 0 {
			return t.failed
		}
		for i := range list {
			t.put(orders, []byte(ids[i]), encodeOrder(&list[i], 0))
		}
	}
}
