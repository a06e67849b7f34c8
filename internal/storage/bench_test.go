package storage

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// webhook is as long as the body of a real one.
var webhook = []byte(`{"update_id":1,"update_type":"invoice_paid","payload":"` + strings.Repeat("x", 700) + `"}`)

// prepared is a database with n orders that wait for their payment, and the payments.
func prepared(b *testing.B, n int) (*DB, []shop.IncomingPayment) {
	b.Helper()
	db := open(b, inTemp(b))
	payments := make([]shop.IncomingPayment, n)
	var failed atomic.Int64
	for first := 0; first < n; first += 500 {
		crowdOf(min(500, n-first), func(i int) {
			o := textDraft(int64(first + i))
			payments[first+i] = paymentOf(o, fmt.Sprint(first+i))
			payments[first+i].Raw = webhook
			if place(b.Context(), db, o) != nil {
				failed.Add(1)
			}
		})
	}
	require.Zero(b, failed.Load())
	return db, payments
}

// A lone payment against a lone bbolt commit of the same bytes in as many buckets.
func BenchmarkLonePayment(b *testing.B) {
	b.Run("step", func(b *testing.B) {
		db, payments := prepared(b, b.N)
		b.ResetTimer()
		for _, p := range payments {
			_, err := db.RecordPayment(b.Context(), p, applyPayment(p))
			require.NoError(b, err)
		}
	})
	b.Run("bbolt", func(b *testing.B) {
		db, payments := prepared(b, b.N)
		b.ResetTimer()
		for i, p := range payments {
			require.NoError(b, db.file.bolt.Update(func(tx *bbolt.Tx) error {
				for at, size := range map[*Bucket]int{
					bucketOrders: 560, bucketByState: 0, bucketAudit: 1000, bucketStatistics: 150,
				} {
					if err := tx.Bucket(at.bytes).Put(number(int64(i)), make([]byte, size)); err != nil {
						return err
					}
				}
				return tx.Bucket(bucketByState.bytes).Delete(stateKey(shop.StateNew, p.Order))
			}))
		}
	})
}

func BenchmarkParallelPayments(b *testing.B) {
	for _, writers := range []int{2, 32, 64, 256} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			db, payments := prepared(b, b.N)
			var next, failed atomic.Int64
			b.SetParallelism(writers / 2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					p := payments[next.Add(1)-1]
					if _, err := db.RecordPayment(b.Context(), p, applyPayment(p)); err != nil {
						failed.Add(1)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
			require.Zero(b, failed.Load())
		})
	}
}

// delivered is a usual order at the end of its life.
func delivered() shop.Order {
	o := draft(1)
	at := o.Created
	o.State, o.Delivered, o.InvoiceClosed = shop.StateDelivered, at, true
	o.Buyer.ID, o.Invoice = 123456789, shop.Invoice{ID: "12345678"}
	o.Lines[0].Title = catalog.Text{"en": "VPN for 30 days", "ru": "VPN на 30 дней"}
	o.Lines[0].Goods, o.Lines[0].Delivered = []string{"AAAA-BBBB-CCCC-DDDD"}, at
	o.Assets = []money.Currency{"USDT", "TON"}
	o.Payments = []shop.Payment{{Rail: o.Rail, Invoice: "12345678", Amount: o.Total, Fee: o.Total, Price: o.Total, At: at}}
	o.Message = shop.MessageRef{Chat: 123456789, Message: 1234}
	return o
}

func BenchmarkCodec(b *testing.B) {
	o := delivered()
	for name, codec := range map[string]struct {
		encode func(any) ([]byte, error)
		decode func([]byte, any) error
	}{"cbor": {encode, decoding.Unmarshal}, "json": {json.Marshal, json.Unmarshal}} {
		record, err := codec.encode(o)
		require.NoError(b, err)
		b.Run(name+"/encode", func(b *testing.B) {
			for b.Loop() {
				_, _ = codec.encode(&o)
			}
			b.ReportMetric(float64(len(record)), "bytes")
		})
		b.Run(name+"/decode", func(b *testing.B) {
			for b.Loop() {
				var fresh shop.Order
				_ = codec.decode(record, &fresh)
			}
		})
	}
}

func BenchmarkClaim(b *testing.B) {
	db, _ := prepared(b, 10_000)
	now := time.Now()
	for b.Loop() {
		got, err := db.Claim(b.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 1)
		require.NoError(b, err)
		for i := range got {
			db.Release(b.Context(), shop.TaskInvoice, got[i].ID)
		}
	}
}

// aged is a database with n delivered orders, fifty of which wait for a person. It writes thousands
// of them in a transaction, which no shop does.
func aged(b *testing.B, n int) *DB {
	b.Helper()
	db := open(b, inTemp(b))
	for sku := range 50 {
		require.NoError(b, load(b.Context(), db, fmt.Sprintf("product-%d", sku), "a unit"))
	}
	for first := 0; first < n; first += 10_000 {
		require.NoError(b, db.write(b.Context(), func(t *tx) error {
			for i := range min(10_000, n-first) {
				o := textDraft(int64(first + i))
				o.State = shop.StateDelivered
				if first+i < 50 {
					o.State, o.Hold = shop.StateHeld, shop.HoldRefused
				}
				if err := t.putOrder(&orderRecord{}, &o, nil); err != nil {
					return err
				}
			}
			return t.failed
		}))
	}
	return db
}

// What the home of staff reads: it must not depend on how many orders there are.
func BenchmarkHome(b *testing.B) {
	for _, n := range []int{100, 1_000_000} {
		db := aged(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			today := []shop.Day{shop.DayOf(time.Now(), time.UTC)}
			for b.Loop() {
				totals, err := db.Totals(b.Context(), today)
				require.NoError(b, err)
				require.Equal(b, n, totals[0].Ordered)
				w, err := db.Waiting(b.Context(), 21)
				require.NoError(b, err)
				require.Equal(b, 21, w.Held)
			}
		})
	}
}
