// Package export writes what a shop knows as tables: orders, stock, buyers, the audit trail and daily
// statistics, as CSV for spreadsheets or as JSON lines for programs.
//
// It knows neither Telegram nor the database. The one idea to keep in mind: everything is read and
// written a page at a time, so that neither memory nor a read transaction grows with the shop.
package export

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// What is a table that can be exported.
type What string

// The tables.
const (
	Orders  What = "orders"  // a row for each line of an order
	Stock   What = "stock"   // a row for each unit that no order owns, with the unit itself
	Sold    What = "sold"    // a row for each unit that an order owns, with the unit itself
	Buyers  What = "buyers"  // a row for each person who has written to the bot
	Audit   What = "audit"   // a row for each entry of the audit trail and product that it moves
	Stats   What = "stats"   // a row for each day, and one for each product on it
	Summary What = "summary" // a row for each order, as 'shopbot orders --csv' has it
)

// All lists the tables that people are offered.
func All() []What { return []What{Orders, Stock, Sold, Buyers, Audit, Stats} }

// HasGoods reports whether the table holds goods: who has it can use them.
func (w What) HasGoods() bool { return w == Stock || w == Sold }

// HasPeriod reports whether Since and Until choose rows of the table.
func (w What) HasPeriod() bool { return w != Stock && w != Buyers }

// Request is what to export.
type Request struct {
	What What `json:"what"`
	// Since and Until choose what was made from one moment on and before the other; zero for any. Of
	// Sold it is the time of the sale's payment, of Stats the days that the moments are in.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// State chooses orders in one state, of Orders and Summary; empty for any.
	State  shop.State `json:"state,omitempty"`
	Format Format     `json:"format"`
}

// Source is where the rows come from. The storage implements it.
type Source interface {
	shop.UnitsForSale
	Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error)
	OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) ([]shop.Order, error)
	Batch(ctx context.Context, sku string, id int64) (shop.Batch, error)
	People(ctx context.Context, after int64, limit int) ([]shop.Person, error)
	AuditTrail(ctx context.Context, after int64, limit int) ([]shop.AuditEntry, error)
	Statistics(ctx context.Context, first, last shop.Day) (shop.Statistics, error)
}

// pageSize is how many orders, units, people or entries are held in memory at a time, and read in
// one transaction.
const pageSize = 500

// Write writes a table to out. of gives titles and the time zone. After each page, after (unless it
// is nil) is told how many rows there are so far; if it returns a writer, the rest goes there and
// begins with the header again. What it was given to write before is complete then.
func Write(
	ctx context.Context, from Source, of *catalog.Catalog, r Request, out io.Writer, after func(rows int) (io.Writer, error),
) error {
	e := &exporter{from: from, catalog: of, request: r, zone: of.Shop.Zone(), language: of.Shop.Languages[0]}
	tables := map[What]struct {
		columns []column
		rows    func(context.Context, *table) iter.Seq[error]
	}{
		Orders:  {orderColumns(), e.orders},
		Summary: {summaryColumns(), e.summary},
		Stock:   {stockColumns(), e.stock},
		Sold:    {soldColumns(), e.sold},
		Buyers:  {buyerColumns(), e.buyers},
		Audit:   {auditColumns(), e.audit},
		Stats:   {statsColumns(), e.stats},
	}
	chosen, known := tables[r.What]
	if !known {
		return fmt.Errorf("export %q: there is no such table", string(r.What))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what reads ahead
	t := newTable(out, chosen.columns, r.Format.withDefaults(e.language))
	for err := range chosen.rows(ctx, t) {
		if err != nil {
			return fmt.Errorf("export %s: %w", r.What, err)
		}
		if err := t.flush(); err != nil {
			return fmt.Errorf("export %s: %w", r.What, err)
		}
		if after == nil {
			continue
		}
		next, err := after(t.rows)
		if err != nil {
			return err
		}
		if next != nil {
			t.begin(next)
		}
	}
	return t.flush()
}

// exporter adds the rows of one export to a table. Each of its methods yields after a page, or an
// error.
type exporter struct {
	from     Source
	catalog  *catalog.Catalog
	request  Request
	zone     *time.Location
	language string
}

// pages yields the results of next until one is not full. The next page is read while one is used.
func pages[T any](ctx context.Context, next func(context.Context) ([]T, error)) iter.Seq2[[]T, error] {
	type page struct {
		items []T
		err   error
	}
	return func(yield func([]T, error) bool) {
		read := make(chan page)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			defer close(read)
			for more := true; more; {
				items, err := next(ctx)
				select {
				case read <- page{items, err}:
				case <-ctx.Done():
					return
				}
				more = err == nil && len(items) == pageSize
			}
		}()
		for p := range read {
			if !yield(p.items, p.err) {
				return
			}
		}
	}
}

// rowsOf adds the rows of each item of all pages.
func rowsOf[T any](ctx context.Context, next func(context.Context) ([]T, error), add func(*T) error) iter.Seq[error] {
	return func(yield func(error) bool) {
		for items, err := range pages(ctx, next) {
			for i := range items {
				if err == nil {
					err = add(&items[i])
				}
			}
			if !yield(err) || err != nil {
				return
			}
		}
	}
}

// within reports whether a moment is in the period that was asked for.
func (e *exporter) within(t time.Time) bool {
	return !t.Before(e.request.Since) && (e.request.Until.IsZero() || t.Before(e.request.Until))
}

// title is a product's title in the shop's first language; "" if the catalog does not have it.
func (e *exporter) title(sku string) string {
	p, _ := e.catalog.Product(sku)
	return p.Title.In(e.language)
}
