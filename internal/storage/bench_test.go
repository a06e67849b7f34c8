package storage

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func benchDB(b *testing.B) *DB {
	b.Helper()
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "shop.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	return db
}

// writers runs do from many goroutines and reports how often a second.
func writers(b *testing.B, parallel int, do func(n int64) error) {
	b.Helper()
	var n, failed atomic.Int64
	b.SetParallelism(parallel)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if do(n.Add(1)) != nil {
				failed.Add(1)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	require.Zero(b, failed.Load())
}

func textOrder(n int64) shop.Order {
	o := draft(n)
	o.Item.Deliver = catalog.Content
	return o
}

func BenchmarkCheckout(b *testing.B) {
	for name, parallel := range map[string]int{"2 writers": 1, "64 writers": 32, "512 writers": 256} {
		b.Run(name, func(b *testing.B) {
			db := benchDB(b)
			writers(b, parallel, func(n int64) error {
				_, _, err := db.Checkout(b.Context(), textOrder(n), 0)
				return err
			})
		})
	}
	b.Run("1 writer", func(b *testing.B) {
		db := benchDB(b)
		n := int64(0)
		for b.Loop() {
			n++
			_, _, err := db.Checkout(b.Context(), textOrder(n), 0)
			require.NoError(b, err)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	})
}

func BenchmarkReceive(b *testing.B) {
	db := benchDB(b)
	for n := range int64(b.N) {
		if n%1000 == 0 {
			crowdOf(1000, func(i int) {
				_, _, err := db.Checkout(b.Context(), textOrder(n+int64(i)), 0)
				if err != nil {
					b.Error(err)
				}
			})
		}
	}
	writers(b, 32, func(n int64) error {
		e := eventOf(textOrder(n-1), n)
		e.Raw = []byte(news)
		_, err := db.Receive(b.Context(), e, receive(e))
		return err
	})
}

func BenchmarkRead(b *testing.B) {
	db := benchDB(b)
	_, _, err := db.Checkout(b.Context(), textOrder(1), 0)
	require.NoError(b, err)
	for b.Loop() {
		_, err := db.Order(b.Context(), textOrder(1).ID)
		require.NoError(b, err)
	}
}
