package payments

import (
	"errors"
	"fmt"
	"time"

	"github.com/tidwall/gjson"
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
	var id, kind, date scalar
	var payload gjson.Result
	err := readObject(body, func(name string, value gjson.Result) {
		switch name {
		case "update_id":
			id = scalarOf(value)
		case "update_type":
			kind = scalarOf(value)
		case "request_date":
			date = scalarOf(value)
		case "payload":
			payload = value
		}
	})
	if err != nil {
		return Update{}, fmt.Errorf("update: %w", err)
	}
	if kind == "" {
		return Update{}, errors.New("update: no update_type")
	}
	var f fields
	u := Update{ID: f.integer("update_id", id), Type: string(kind), RequestDate: f.time("request_date", date)}
	if u.Type != UpdateInvoicePaid {
		return u, nil
	}
	if !payload.Exists() {
		return Update{}, errors.New("update: invoice_paid without payload")
	}
	if err := u.Invoice.read(payload); err != nil {
		return Update{}, fmt.Errorf("update: %w", err)
	}
	return u, nil
}
