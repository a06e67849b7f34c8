package payments

import (
	"context"
	"iter"
	"math"
	"time"
)

const (
	// clockSkew is how far apart our clock and the API's may be.
	clockSkew = 5 * time.Minute
	// provenOrder is how many rows in a row, each older than the one before, prove that a list
	// has the newest first.
	provenOrder = 50
)

// FindInvoicesByPayload finds the payable and the paid invoices with the given payload that were
// made after createdAfter, give or take five minutes. It is for the case that createInvoice's
// answer was lost. It reads active invoices first, so that it does not miss one that is paid
// meanwhile.
//
// The API cannot filter by payload or time, so this reads whole lists, as [Client.InvoicesSince] does.
func (c *Client) FindInvoicesByPayload(ctx context.Context, payload string, createdAfter time.Time) ([]Invoice, error) {
	var found []Invoice
	index := map[int64]int{} // in found, by invoice id
	for _, status := range []InvoiceStatus{InvoiceActive, InvoicePaid} {
		for inv, err := range c.InvoicesSince(ctx, InvoiceFilter{Status: status}, createdAfter) {
			if err != nil {
				return nil, err
			}
			if inv.Payload != payload {
				continue
			}
			if i, known := index[inv.ID]; known {
				found[i] = inv // it was paid meanwhile
				continue
			}
			index[inv.ID] = len(found)
			found = append(found, inv)
		}
	}
	return found, nil
}

// InvoicesSince is Invoices without those that were made more than five minutes before since. It
// stops early where the list turns out to have the newest first.
func (c *Client) InvoicesSince(ctx context.Context, f InvoiceFilter, since time.Time) iter.Seq2[Invoice, error] {
	return newerThan(c.Invoices(ctx, f), since, func(inv Invoice) (int64, time.Time) { return inv.ID, inv.CreatedAt })
}

// TransfersSince is Transfers without those that were made more than five minutes before since.
// It stops early as InvoicesSince does.
func (c *Client) TransfersSince(ctx context.Context, f TransferFilter, since time.Time) iter.Seq2[Transfer, error] {
	return newerThan(c.Transfers(ctx, f), since, func(t Transfer) (int64, time.Time) { return t.ID, t.CompletedAt })
}

// newerThan lets through the rows made since, and those of unknown age. It ends once provenOrder
// rows in a row were too old in a list whose ids have only fallen so far.
func newerThan[T any](rows iter.Seq2[T, error], since time.Time, made func(T) (id int64, at time.Time)) iter.Seq2[T, error] {
	since = since.Add(-clockSkew)
	return func(yield func(T, error) bool) {
		last, old, sorted := int64(math.MaxInt64), 0, true
		for row, err := range rows {
			if err != nil {
				yield(row, err)
				return
			}
			id, at := made(row)
			sorted = sorted && id <= last
			last = id
			if at.IsZero() || !at.Before(since) {
				old = 0
				if !yield(row, nil) {
					return
				}
				continue
			}
			if old++; sorted && old >= provenOrder {
				return
			}
		}
	}
}
