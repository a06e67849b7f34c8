package storage

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// All that lies on disk of an order in the end: its record, its lines in the indexes, its entries in
// the audit trail with what the payment service said, and the mark of its key.
func TestADeliveredOrderTakesLessThanAKilobyte(t *testing.T) {
	const count = 2000
	db := open(t, inTemp(t))
	before := allocated(t, db)
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("AAAA-BBBB-CCCC-%06d", i)
	}
	_, err := db.AddStock(t.Context(), "vpn", keys, 7)
	require.NoError(t, err)

	var senders sync.WaitGroup
	for sender := range 16 {
		senders.Go(func() {
			for i := sender; i < count; i += 16 {
				deliverOne(t, db, int64(i))
			}
		})
	}
	senders.Wait()
	perOrder := (allocated(t, db) - before) / count
	t.Logf("%d bytes an order", perOrder)
	require.Less(t, perOrder, 1000)
	sound(t, db)
}

// deliverOne goes the whole way of an order.
func deliverOne(t *testing.T, db *DB, n int64) {
	t.Helper()
	o := draft(n)
	o.Buyer = shop.Buyer{ID: 7_000_000_000 + n%500, Name: "Anna Petrova @anna_petrova", Language: "ru"}
	o.Item.Title = catalog.Text{"en": "VPN for 30 days", "ru": "VPN на 30 дней"}
	o.Item.Instructions = catalog.Text{"en": "Enter it in the app.", "ru": "Введите его в приложении."}
	placed, _, err := db.Checkout(t.Context(), o, 0)
	if err != nil {
		t.Error(err)
		return
	}
	e := eventOf(placed, 23_000_000+n)
	e.Raw = []byte(news)
	change := func(rule func(o *shop.Order) error) {
		if _, err := db.Change(t.Context(), o.ID, func(o *shop.Order, _ int) error { return rule(o) }); err != nil {
			t.Error(err)
		}
	}
	change(func(o *shop.Order) error {
		return o.MarkInvoiced(shop.Invoice{
			ID: e.Payment.Invoice, URL: "https://t.me/CryptoBot/app?startapp=invoice-IVabcdefghij&mode=compact",
		}, o.Expires)
	})
	change(func(o *shop.Order) error {
		o.Place = shop.Place{Chat: o.Buyer.ID, Message: int(n), Media: true}
		return nil
	})
	if _, err := db.Receive(t.Context(), e, receive(e)); err != nil {
		t.Error(err)
	}
	change(func(o *shop.Order) error {
		o.Lease(shop.TaskDeliver, o.Created.Add(time.Minute))
		return nil
	})
	change(func(o *shop.Order) error { return o.MarkDelivered(o.Created.Add(time.Minute)) })
	change(func(o *shop.Order) error {
		o.Told([]bool{true, true, true})
		return nil
	})
}

// allocated is the size of all pages that are in use.
func allocated(t *testing.T, db *DB) (size int) {
	t.Helper()
	require.NoError(t, db.moveAll(t.Context()))
	require.NoError(t, db.read(t.Context(), func(t *tx) error {
		return t.file.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			stats := b.Stats()
			size += stats.LeafAlloc + stats.BranchAlloc
			return nil
		})
	}))
	return size
}
