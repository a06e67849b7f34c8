package storage

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// withOrders is a database with n paid orders, each of another buyer but the last hundred, which
// one buyer has, and with as many people who have a name.
func withOrders(b *testing.B, n int) (db *DB, last shop.Order) {
	b.Helper()
	const perStep = 2000
	db = open(b, inTemp(b))
	for first := 0; first < n; first += perStep {
		require.NoError(b, db.write(b.Context(), func(t *tx) error {
			for i := first; i < min(first+perStep, n); i++ {
				o := textDraft(int64(i))
				o.Buyer.ID = int64(1_000_000 + min(i, n-100))
				last = o
				if err := t.putOrder(&orderRecord{}, &o, nil); err != nil {
					return err
				}
				before := orderRecord{Order: o}
				p := paymentOf(o, fmt.Sprint(50_000_000+i))
				if err := o.ApplyPayment(p.Payment, func(string) int { return 0 }); err != nil {
					return err
				}
				o.State, o.Notices = shop.StateDelivered, nil // nothing waits
				o.Delivered, o.Lines[0].Delivered = o.Created, o.Created
				if err := t.putOrder(&before, &o, nil); err != nil {
					return err
				}
				was := t.person(o.Buyer.ID)
				is := was
				is.Meet(shop.Person{ID: o.Buyer.ID, Name: "Somebody", Username: fmt.Sprint("user", o.Buyer.ID)}, "2026-11-23")
				t.putPerson(was, is)
			}
			return t.failed
		}))
	}
	return db, last
}

// What a search and a buyer's card read takes as long in a shop of a million orders as in one of a
// hundred.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{100, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 100 && testing.Short() {
				b.Skip("takes a minute")
			}
			db, last := withOrders(b, n)
			ctx, buyer := b.Context(), last.Buyer.ID
			for name, find := range map[string]func() (int, error){
				"order": func() (int, error) { _, err := db.Order(ctx, last.ID); return 1, err },
				"invoice": func() (int, error) {
					ids, err := db.OrdersOfReference(ctx, fmt.Sprint(50_000_000+n-1))
					return len(ids), err
				},
				"name":   func() (int, error) { p, err := db.PeopleNamed(ctx, fmt.Sprint("user", buyer), 9); return len(p), err },
				"prefix": func() (int, error) { p, err := db.PeopleCalled(ctx, "user1", 0, 1); return len(p), err },
				"id":     func() (int, error) { p, err := db.Person(ctx, buyer); return p.Paid / 100, err },
				"card": func() (int, error) {
					if _, err := db.Person(ctx, buyer); err != nil {
						return 0, err
					}
					orders, err := db.OrdersOf(ctx, buyer, "", 51)
					return len(orders) / 51, err
				},
				"questions": func() (int, error) { n, err := db.OpenQuestions(ctx); return n + 1, err },
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						found, err := find()
						if err != nil || found != 1 {
							b.Fatal(found, err)
						}
					}
				})
			}
		})
	}
}
