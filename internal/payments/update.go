package payments

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// UpdateInvoicePaid is the only type of update that the API has.
const UpdateInvoicePaid = "invoice_paid"

// Update is what a webhook tells.
type Update struct {
	ID          int64 // not unique: never tell updates apart by it
	Type        string
	RequestDate time.Time // when it was sent; zero where that cannot be read
	Invoice     Invoice   // of UpdateInvoicePaid
}

// ParseUpdate reads the body of a webhook whose signature was verified. An update
// of another type than UpdateInvoicePaid has no Invoice and is no error.
func ParseUpdate(body []byte) (Update, error) {
	var w struct {
		ID          scalar          `json:"update_id"`
		Type        scalar          `json:"update_type"`
		RequestDate scalar          `json:"request_date"`
		Payload     json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return Update{}, fmt.Errorf("update: %w", err)
	}
	if w.Type == "" {
		return Update{}, errors.New("update: no update_type")
	}
	var f fields
	u := Update{ID: f.integer("update_id", w.ID), Type: string(w.Type), RequestDate: f.time("request_date", w.RequestDate)}
	if u.Type != UpdateInvoicePaid {
		return u, nil
	}
	if err := u.Invoice.readPayload(w.Payload); err != nil {
		return Update{}, fmt.Errorf("update: %w", err)
	}
	return u, nil
}

func (inv *Invoice) readPayload(data []byte) error {
	if len(data) == 0 {
		return errors.New("invoice_paid without payload")
	}
	return inv.UnmarshalJSON(data)
}
