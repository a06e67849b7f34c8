package broadcast_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// BenchmarkCount counts the people of a segment, of whom each has five orders that were not paid:
// all of them have to be read. The time is that for one person.
func BenchmarkCount(b *testing.B) {
	const people, orders = 5000, 5
	db, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "shop.db"))
	require.NoError(b, err)
	price, err := money.Parse("5", "USD")
	require.NoError(b, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var g errgroup.Group
	g.SetLimit(256)
	for i := range people * orders {
		g.Go(func() error {
			user := int64(1 + i/orders)
			if i%orders == 0 {
				now := shop.Person{ID: user, Name: "Ann", App: "en"}
				if _, err := db.ChangePerson(b.Context(), user, func(p *shop.Person) bool { return p.Meet(now, "2026-01-02") }); err != nil {
					return err
				}
			}
			_, _, err := db.Checkout(b.Context(), shop.Order{
				ID:    shop.NewOrderID([]byte("key"), shop.Origin{Chat: user, User: user, Act: strconv.Itoa(i), At: at}),
				State: shop.StateNew, Buyer: shop.Buyer{ID: user, Name: "Ann"}, Rail: shop.CryptoPay, Total: price,
				Lines:   []shop.Line{{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Content, Text: catalog.Plain("All")}}},
				Created: at, Expires: at.Add(time.Hour),
			}, at, func(*shop.Order, shop.View) error { return nil })
			return err
		})
	}
	require.NoError(b, g.Wait())
	s := broadcast.New(broadcast.Config{Store: db})
	for _, to := range []broadcast.Segment{{Kind: broadcast.All}, {Kind: broadcast.Bought, SKU: "guide"}, {Kind: broadcast.Never}} {
		b.Run(string(to.Kind), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Count(b.Context(), to); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/people, "µs/person")
		})
	}
	require.NoError(b, db.Close())
}
