package postgres

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// A load balancer asks another replica if the first does not answer in time, and both may go on.
func TestWhatTwoReplicasTakeInAtOnceCountsOnce(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	first, _ := mustOpen(t, address)
	second, _ := mustOpen(t, address)
	_, err := first.Lead(t.Context())
	require.NoError(t, err)
	const updates = 30
	var fresh atomic.Int64
	for n := range int64(updates) {
		o := draft(n)
		_, _, err := first.Checkout(t.Context(), o, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
		require.NoError(t, err)
		p := shop.IncomingPayment{
			Order: o.ID, Source: shop.FromWebhook, Received: o.Created, Raw: []byte("{}"),
			Payment: shop.Payment{Rail: o.Rail, Invoice: fmt.Sprint(n + 1), Amount: o.Total, Price: o.Total, At: o.Created},
		}
		var all sync.WaitGroup
		for _, db := range []*storage.DB{first, second} {
			all.Go(func() {
				ids, err := db.KeepUpdates(t.Context(), map[int64][]byte{n: []byte("{}")}, nil)
				if err != nil {
					t.Error(err)
				}
				fresh.Add(int64(len(ids)))
			})
			all.Go(func() {
				_, err := db.RecordPayment(t.Context(), p, func(o *shop.Order, free shop.Free) error { return o.ApplyPayment(p.Payment, free) })
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		paid, err := second.Order(t.Context(), o.ID)
		require.NoError(t, err)
		require.Len(t, paid.Payments, 1)
	}
	require.EqualValues(t, updates, fresh.Load())
	s, err := first.Statistics(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, updates, s.Total.Paid)
	sound(t, second)
}
