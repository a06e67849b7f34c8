package storage

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

const month = 30 * 24 * time.Hour

// placeDraft is the n-th order: a month in a club.
func placeDraft(n int64) shop.Order {
	o := textDraft(n)
	o.Buyer.ID = n
	o.Lines[0].SKU, o.Lines[0].Deliver, o.Lines[0].Access = "club", catalog.Invitation, month
	return o
}

// soldPlace pays and delivers an order of a place.
func soldPlace(t *testing.T, db *DB, n int64) shop.Order {
	t.Helper()
	o := placeDraft(n)
	require.NoError(t, place(t.Context(), db, o))
	p := paymentOf(o, fmt.Sprint(n))
	_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
	require.NoError(t, err)
	change(t, db, o.ID, func(o *shop.Order, _ shop.Free) error {
		return o.MarkMade(0, catalog.Invitation, []string{"https://t.me/+a"})
	})
	return change(t, db, o.ID, func(o *shop.Order, _ shop.Free) error { return o.MarkLineDelivered(0, time.Now()) })
}

func change(t *testing.T, db *DB, id shop.OrderID, rule shop.Rule) shop.Order {
	t.Helper()
	o, err := db.Change(t.Context(), id, rule)
	require.NoError(t, err)
	return o
}

func TestDeliveryGivesAccessAndARefundTakesItBackInTheSameTransaction(t *testing.T) {
	db := open(t, inTemp(t))
	o := soldPlace(t, db, 7)
	a, err := db.Access(t.Context(), 7, "club")
	require.NoError(t, err)
	require.True(t, a.Live())
	require.WithinDuration(t, time.Now().Add(month), a.Until, time.Minute)
	require.Equal(t, catalog.Plain("VPN"), a.Title)
	members, err := db.MembersOf(t.Context(), "club", time.Now().Add(2*month))
	require.NoError(t, err)
	require.Equal(t, access.Members{Count: 1, Soon: 1}, members)
	due, err := db.DueAccess(t.Context(), time.Now().Add(26*24*time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, due)
	due, err = db.DueAccess(t.Context(), time.Now().Add(28*24*time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, due, 1)
	sound(t, db)

	asset, err := money.Parse("2.6", "USDT")
	require.NoError(t, err)
	r := shop.Refund{ID: "refund-1", Amount: asset, Lines: []int{0}, Requested: time.Now()}
	change(t, db, o.ID, func(o *shop.Order, _ shop.Free) error { return o.RequestRefund(r) })
	a, err = db.Access(t.Context(), 7, "club")
	require.NoError(t, err)
	require.True(t, a.Live(), "the coins may be refused")
	change(t, db, o.ID, func(o *shop.Order, _ shop.Free) error { return o.MarkRefundSent(r.ID, "1", time.Now()) })
	a, err = db.Access(t.Context(), 7, "club")
	require.NoError(t, err)
	require.False(t, a.Live())
	require.Equal(t, []access.Over{{Order: o.ID, Refunded: true}}, a.Over)
	due, err = db.DueAccess(t.Context(), time.Now(), 10)
	require.NoError(t, err)
	require.Len(t, due, 1, "its goods are taken back at once")
	sound(t, db)
}

func TestForgottenPeopleKeepTheirPlaceUntilItEnds(t *testing.T) {
	db := open(t, inTemp(t))
	soldPlace(t, db, 7)
	_, err := db.Forget(t.Context(), 7)
	require.NoError(t, err)
	a, err := db.Access(t.Context(), 7, "club")
	require.NoError(t, err)
	require.True(t, a.Live(), "paid for")
	sound(t, db)
	_, err = db.ChangeAccess(t.Context(), 7, "club", func(a *access.Access) bool {
		a.Did(access.TellOver, a.Until)
		a.Did(access.Finish, a.GraceEnds)
		a.Withdrawn(len(a.Over))
		return true
	})
	require.NoError(t, err)
	list, err := db.AccessOf(t.Context(), 7)
	require.NoError(t, err)
	require.Empty(t, list, "nothing of them is kept")
	sound(t, db)
}

// What is due is found, and ended, as quickly among a million subscriptions as among few: 100,000 in an
// hour need 28 a second.
func BenchmarkEndDueAccess(b *testing.B) {
	const due = 2000
	for _, n := range []int{due, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > due && testing.Short() {
				b.Skip("takes a minute")
			}
			db := open(b, inTemp(b))
			now := time.Now()
			for first := 0; first < n; first += 5000 {
				require.NoError(b, db.write(b.Context(), func(t *tx) error {
					for i := first; i < min(first+5000, n); i++ {
						a := access.Access{User: int64(i + 1), SKU: "club"}
						begun := now
						if i%(n/due) == 0 {
							begun = now.Add(-32 * 24 * time.Hour)
						}
						a.Grant(shop.OrderID(fmt.Sprint("ORDER", i)), 0, month, false, begun)
						t.putAccess(&access.Access{User: a.User, SKU: a.SKU}, &a)
					}
					return t.failed
				}))
			}
			ended := 0
			for b.Loop() {
				list, err := db.DueAccess(b.Context(), now, 100)
				require.NoError(b, err)
				require.Len(b, list, 100)
				changeAll(b, db, list, func(a *access.Access) bool {
					a.Did(access.Finish, now)
					a.Withdrawn(len(a.Over))
					return true
				})
				ended += len(list)
				b.StopTimer()
				for i := range list { // due again
					changeAll(b, db, list[i:i+1], func(a *access.Access) bool { *a = list[i]; return true })
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(ended)/b.Elapsed().Seconds(), "ended/s")
		})
	}
}

// changeAll changes records at once, as the loop of package access does.
func changeAll(b *testing.B, db *DB, list []access.Access, change func(*access.Access) bool) {
	b.Helper()
	done := make(chan error)
	for _, a := range list {
		go func() {
			_, err := db.ChangeAccess(b.Context(), a.User, a.SKU, change)
			done <- err
		}()
	}
	for range list {
		require.NoError(b, <-done)
	}
}
