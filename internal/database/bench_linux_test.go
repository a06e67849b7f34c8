package database

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// benchOrders is how many paid orders are moved.
const benchOrders = 100_000

// BenchmarkMove moves a shop with 100,000 paid orders to PostgreSQL and back, each with all its checks.
func BenchmarkMove(b *testing.B) {
	server := pgtest.Start(b, "fsync=on", "full_page_writes=on")
	file := config.Database(filepath.Join(b.TempDir(), "shop.db"))
	fillBench(b, file)
	for b.Loop() {
		there, back := config.Database(server.Schema(b)), config.Database(filepath.Join(b.TempDir(), "back.db"))
		for _, way := range []struct {
			name     string
			from, to config.Database
		}{{"there", file, there}, {"back", there, back}} {
			begun := time.Now()
			done, err := Move(b.Context(), way.from, way.to, quiet)
			require.NoError(b, err)
			require.Equal(b, benchOrders, done.Orders)
			b.ReportMetric(time.Since(begun).Seconds(), "s/"+way.name)
			b.ReportMetric(float64(done.Entries), "entries")
		}
		file = back
	}
}

// fillBench makes the orders, many in one commit.
func fillBench(b *testing.B, d config.Database) {
	b.Helper()
	db, err := storage.Open(b.Context(), d.Path())
	require.NoError(b, err)
	units := func(yield func(string) bool) {
		for n := range benchOrders {
			if !yield(fmt.Sprint("key ", n)) {
				return
			}
		}
	}
	_, err = db.AddStock(b.Context(), shop.StockLoad{SKU: "vpn", Units: units})
	require.NoError(b, err)
	var next atomic.Int64
	var failed sync.Map
	var all sync.WaitGroup
	for i := range 256 {
		all.Go(func() {
			for n := next.Add(1) - 1; n < benchOrders; n = next.Add(1) - 1 {
				if err := sellOne(b.Context(), db, n); err != nil {
					failed.Store(i, err)
					return
				}
			}
		})
	}
	all.Wait()
	failed.Range(func(_, err any) bool { require.NoError(b, err.(error)); return false })
	require.NoError(b, db.Close())
}
