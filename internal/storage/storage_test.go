package storage

import (
	"testing"
	"time"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestFirst(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	require.NoError(t, err)
	defer db.Close()
	added, err := db.AddStock(t.Context(), "vpn", []string{"a", "b", "a"})
	require.NoError(t, err)
	require.Equal(t, shop.StockAdded{Added: 2, Duplicates: 1}, added)
	o := shop.Order{ID: "A", State: shop.StateNew, Buyer: shop.Buyer{ID: 1}, Item: shop.Item{SKU: "vpn", Quantity: 2, Deliver: catalog.Keys}}
	_, created, err := db.Checkout(t.Context(), o, 0)
	require.NoError(t, err)
	require.True(t, created)
	claimed, err := db.Claim(t.Context(), shop.TaskInvoice, time.Now(), time.Now().Add(time.Minute), 5)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	got, err := db.OrdersOf(t.Context(), 1, "", 5)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.NoError(t, db.Check(t.Context(), func(s string) { t.Error(s) }))
}
