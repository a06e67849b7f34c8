// Package dbtest opens databases for tests, and fills them.
package dbtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// Open opens a database in a file, which is closed with the test at the latest.
func Open(tb testing.TB, path string) *storage.DB {
	tb.Helper()
	db, err := storage.Open(tb.Context(), path)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

// Checkout saves n orders of one unit, a minute apart.
func Checkout(tb testing.TB, db *storage.DB, n int) []shop.Order {
	tb.Helper()
	price, err := money.Parse("10.50", "USD")
	require.NoError(tb, err)
	var orders []shop.Order
	for i := range n {
		at := time.Date(2026, 11, 23, 12, i, 0, 0, time.UTC)
		o := shop.Order{
			ID: shop.NewOrderID([]byte("key"), shop.Origin{Chat: 1, Act: "buy", At: at}), State: shop.StateNew,
			Buyer: shop.Buyer{ID: 100, Name: "=Alice"}, Lines: []shop.Line{{SKU: "guide", Quantity: 1, Price: price, Part: shop.Part{Deliver: "text"}}}, Rail: shop.CryptoPay,
			Total: price, Created: at, Expires: at.Add(time.Hour),
		}
		_, _, err := db.Checkout(tb.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil })
		require.NoError(tb, err)
		orders = append(orders, o)
	}
	return orders
}
