package postgres

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// writers is how many connections pgbench and the payments use.
const writers = 32

// The rate at which payments are recorded, against pgbench's simple update on the same server, in the
// same run, both over 32 connections, with all flushes.
func BenchmarkPayments(b *testing.B) {
	server := pgtest.Start(b, "fsync=on", "full_page_writes=on")
	limit := pgbench(b, server)
	for _, replicas := range []int{1, 2, 3} {
		b.Run(fmt.Sprint(replicas, " replicas"), func(b *testing.B) {
			address := server.Schema(b)
			dbs := make([]*storage.DB, replicas)
			for i := range dbs {
				dbs[i], _ = mustOpen(b, address)
			}
			payments := placed(b, dbs[0], b.N)
			var next, failed atomic.Int64
			b.SetParallelism(writers / 2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1) - 1
					p := payments[n]
					if _, err := dbs[n%int64(replicas)].RecordPayment(b.Context(), p, func(o *shop.Order, free shop.Free) error { return o.ApplyPayment(p.Payment, free) }); err != nil {
						failed.Add(1)
					}
				}
			})
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "payments/s")
			b.ReportMetric(rate/limit, "of-pgbench")
			require.Zero(b, failed.Load())
		})
	}
}

// pgbench returns the transactions a second of pgbench's simple update.
func pgbench(b *testing.B, server *pgtest.Server) float64 {
	b.Helper()
	run := func(args ...string) string {
		cmd := pgtest.Command(b, "pgbench", append(args, server.URL())...)
		out, err := cmd.CombinedOutput()
		require.NoError(b, err, "%s", out)
		return string(out)
	}
	run("-i", "-q", "-s", "10")
	out := run("-b", "simple-update", "-c", strconv.Itoa(writers), "-j", "2", "-T", "5", "-M", "prepared")
	found := regexp.MustCompile(`tps = ([0-9.]+)`).FindStringSubmatch(out)
	require.Len(b, found, 2, out)
	rate, err := strconv.ParseFloat(found[1], 64)
	require.NoError(b, err)
	b.Logf("pgbench: %.0f transactions/s", rate)
	return rate
}

// placed makes n orders of a product without stock, and returns their payments.
func placed(b *testing.B, db *storage.DB, n int) []shop.IncomingPayment {
	b.Helper()
	payments := make([]shop.IncomingPayment, n)
	var failed atomic.Int64
	limit := make(chan struct{}, 500)
	done := make(chan struct{})
	for i := range n {
		limit <- struct{}{}
		go func() {
			defer func() { <-limit; done <- struct{}{} }()
			o := draft(int64(i))
			payments[i] = shop.IncomingPayment{
				Order: o.ID, Source: shop.FromWebhook, Received: o.Created,
				Raw:     []byte(`{"update_id":1,"update_type":"invoice_paid","payload":"` + strings.Repeat("x", 700) + `"}`),
				Payment: shop.Payment{Rail: o.Rail, Invoice: fmt.Sprint(i), Amount: o.Total, Price: o.Total, At: o.Created},
			}
			if _, _, err := db.Checkout(b.Context(), o, time.Now().Add(time.Minute), func(*shop.Order, shop.View) error { return nil }); err != nil {
				failed.Add(1)
			}
		}()
		if i >= 500 {
			<-done
		}
	}
	for range min(n, 500) {
		<-done
	}
	require.Zero(b, failed.Load())
	return payments
}

func draft(n int64) shop.Order {
	at := time.Unix(1_790_000_000+n, 0).UTC()
	price, _ := money.Parse("2.6", "USDT")
	return shop.Order{
		ID:    shop.NewOrderID(nil, shop.Origin{User: n, At: at}),
		State: shop.StateNew,
		Buyer: shop.Buyer{ID: n % 100, Name: "Ann", Language: "en"},
		Lines: []shop.Line{{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Content}}},
		Total: price, Rail: shop.CryptoPay, Created: at, Expires: at.Add(time.Hour),
	}
}
