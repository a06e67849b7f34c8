package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"shopbot/internal/shop"
)

// eventRecord is a payment's news as it is kept for audit.
type eventRecord struct {
	Source   shop.Source     `json:"source"`
	Received time.Time       `json:"received"`
	Payment  shop.Payment    `json:"payment"`
	Raw      json.RawMessage `json:"raw,omitempty"`
}

func (t *tx) putEvent(e shop.Event) error {
	record := eventRecord{Source: e.Source, Received: e.Received, Payment: e.Payment}
	if json.Valid(e.Raw) {
		record.Raw = e.Raw
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return err
	}
	t.put(events, join([]byte(e.Order), []byte{0}, number(e.Payment.Invoice)), raw)
	return t.failed
}

// Events lists what was heard of an order's payments.
func (db *DB) Events(ctx context.Context, id shop.OrderID) (list []shop.Event, err error) {
	err = db.read(ctx, func(t *tx) error {
		t.scan(events, join([]byte(id), []byte{0}), func(_, v []byte) bool {
			var r eventRecord
			t.check(json.Unmarshal(v, &r))
			list = append(list, shop.Event{
				Order: id, Payment: r.Payment, Source: r.Source, Received: r.Received, Raw: bytes.Clone(r.Raw),
			})
			return true
		})
		return t.failed
	})
	return list, err
}
