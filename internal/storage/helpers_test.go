package storage

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// open opens a database that the test closes at its end.
func open(tb testing.TB, path string, options ...Option) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), path, options...)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func inTemp(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "shop.db")
}

// sound asserts that the database has nothing to complain of.
func sound(tb testing.TB, db *DB) {
	tb.Helper()
	require.NoError(tb, db.Check(context.WithoutCancel(tb.Context()), func(breach string) { tb.Error(breach) }))
}

// restoreFile restores the database at path from a file.
func restoreFile(ctx context.Context, d disk, from, path string) (Restored, error) {
	return restore(ctx, d, from, path, func(to io.Writer) error { return copyFile(from, to) })
}

// draft is the n-th order: one unit of "vpn".
func draft(n int64) shop.Order {
	at := time.Unix(1_790_000_000+n, 0).UTC()
	price, _ := money.Parse("2.6", "USDT")
	return shop.Order{
		ID:    shop.NewOrderID(nil, shop.Origin{User: n, At: at}),
		State: shop.StateNew,
		Buyer: shop.Buyer{ID: n % 100, Name: "Ann", Language: "en"},
		Lines: []shop.Line{{
			SKU: "vpn", Title: catalog.Plain("VPN"), Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true,
		}},
		Total: price, Rail: shop.CryptoPay, Created: at, Expires: at.Add(time.Hour),
	}
}

// textDraft is draft of a product without stock.
func textDraft(n int64) shop.Order {
	o := draft(n)
	o.Lines[0].SKU, o.Lines[0].Deliver, o.Lines[0].FromStock = "guide", catalog.Content, false
	return o
}

func paymentOf(o shop.Order, invoice string) shop.IncomingPayment {
	return shop.IncomingPayment{
		Order: o.ID, Source: shop.FromWebhook, Received: o.Created, Raw: fmt.Appendf(nil, `{"invoice_id":%s}`, invoice),
		Payment: shop.Payment{Rail: o.Rail, Invoice: invoice, Amount: o.Total, Price: o.Total, At: o.Created},
	}
}

func applyPayment(p shop.IncomingPayment) shop.Rule {
	return func(o *shop.Order, free shop.Free) error { return o.ApplyPayment(p.Payment, free) }
}

func anybody(*shop.Order, shop.View) error { return nil }

// place makes the n-th order.
func place(ctx context.Context, db *DB, o shop.Order) error {
	_, _, err := db.Checkout(ctx, o, time.Now().Add(time.Minute), anybody)
	db.Release(ctx, shop.TaskInvoice, o.ID)
	return err
}

func load(ctx context.Context, db *DB, sku string, units ...string) error {
	_, err := db.AddStock(ctx, shop.StockLoad{SKU: sku, Units: slices.Values(units), LoadOptions: shop.LoadOptions{By: 7}})
	return err
}

// sell makes the n-th order, with a unit of its own, and has it paid.
func sell(ctx context.Context, db *DB, n int64) error {
	o := draft(n)
	if err := load(ctx, db, "vpn", fmt.Sprint("key ", n)); err != nil {
		return err
	}
	if err := place(ctx, db, o); err != nil {
		return err
	}
	p := paymentOf(o, fmt.Sprint(n+1))
	_, err := db.RecordPayment(ctx, p, applyPayment(p))
	return err
}

// crowdOf runs do n times at once.
func crowdOf(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func note(tb testing.TB, db *DB, name string) string {
	tb.Helper()
	value, err := db.Note(tb.Context(), name)
	require.NoError(tb, err)
	return string(value)
}
