package payments

import (
	"context"
	"math"
	"time"
)

const (
	// clockSkew is how far apart our clock and the API's may be.
	clockSkew = 5 * time.Minute
	// provenOrder is how many rows in a row, each older than the one before, are
	// taken for a list that has the newest first.
	provenOrder = 50
)

// FindInvoicesByPayload finds the payable and the paid invoices with the given
// payload that were made after createdAfter, give or take five minutes. It is
// for the case that createInvoice's answer was lost. Active invoices are looked
// through first, so that one which is paid meanwhile is seen in either list.
//
// The API cannot filter by payload or time, so this reads lists; where they turn
// out to have the newest first, only as far back as needed.
func (c *Client) FindInvoicesByPayload(ctx context.Context, payload string, createdAfter time.Time) ([]Invoice, error) {
	since := createdAfter.Add(-clockSkew)
	var found []Invoice
	at := map[int64]int{} // place in found by id
	for _, status := range []InvoiceStatus{InvoiceActive, InvoicePaid} {
		var old oldRows
		for inv, err := range c.Invoices(ctx, InvoiceFilter{Status: status}) {
			if err != nil {
				return nil, err
			}
			i, known := at[inv.ID]
			switch {
			case !inv.CreatedAt.IsZero() && inv.CreatedAt.Before(since):
			case inv.Payload != payload:
			case known:
				found[i] = inv // the later news of it
			default:
				at[inv.ID] = len(found)
				found = append(found, inv)
			}
			if old.onlyOlderFrom(inv.ID, inv.CreatedAt, since) {
				break
			}
		}
	}
	return found, nil
}

// oldRows watches a list for the point behind which everything is too old.
type oldRows struct {
	last     int64
	count    int // old rows in a row
	unsorted bool
}

func (o *oldRows) onlyOlderFrom(id int64, made, since time.Time) bool {
	if o.last == 0 {
		o.last = math.MaxInt64
	}
	o.unsorted = o.unsorted || id > o.last
	o.last = id
	o.count++
	if made.IsZero() || !made.Before(since) {
		o.count = 0
	}
	return !o.unsorted && o.count >= provenOrder
}
