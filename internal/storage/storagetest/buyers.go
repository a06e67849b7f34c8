package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// seen notes that somebody wrote under a user name.
func (b *bench) seen(user int64, username string) {
	b.t.Helper()
	_, err := b.ChangePerson(b.ctx, user, func(p *shop.Person) bool {
		return p.Meet(shop.Person{ID: user, Name: "Somebody", Username: username}, "2026-11-23")
	})
	require.NoError(b.t, err)
}

func (b *bench) person(user int64) shop.Person {
	b.t.Helper()
	p, err := b.Person(b.ctx, user)
	require.NoError(b.t, err)
	return p
}

// counted asserts what is counted of a buyer.
func (b *bench) counted(user int64, paid int, spent, refunded shop.Sums) {
	b.t.Helper()
	p := b.person(user)
	want := shop.Person{Paid: paid, Spent: spent, Refunded: refunded}
	require.True(b.t, p.SameCounts(&want), "%d %v %v", p.Paid, p.Spent, p.Refunded)
}

// refunded sends all back that was paid for an order.
func (b *bench) refunded(o shop.Order, id shop.RefundID, transfer string) {
	b.t.Helper()
	b.changed(o.ID, func(o *shop.Order) error {
		return o.RequestRefund(shop.Refund{ID: id, Amount: o.Payments[0].Amount, Requested: start()})
	})
	b.changed(o.ID, func(o *shop.Order) error { return o.MarkRefundSent(id, transfer, start()) })
}

func (b *bench) referred(reference string, want ...shop.OrderID) {
	b.t.Helper()
	got, err := b.OrdersOfReference(b.ctx, reference)
	require.NoError(b.t, err)
	require.ElementsMatch(b.t, want, got, reference)
}

func buyers() []scenario {
	return []scenario{
		{"what a buyer paid is counted with the order", func(b *bench) {
			b.seen(7, "Ann")
			first := b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11))
			b.placed(text(2, 7))
			b.counted(8, 0, nil, nil)
			b.paid(b.invoiced(b.placed(text(3, 8)), 13), 13)
			b.counted(7, 1, shop.Sums{first.Total}, nil)
			b.refunded(first, "refund-1", "90")
			b.reopen()
			b.counted(7, 1, shop.Sums{first.Total}, shop.Sums{first.Payments[0].Amount})
			b.counted(8, 1, shop.Sums{first.Total}, nil)
			b.seen(7, "Ann2")
			b.counted(7, 1, shop.Sums{first.Total}, shop.Sums{first.Payments[0].Amount})
		}},
		{"what a forgotten buyer's open orders count stays, and so does a block", func(b *bench) {
			closed := b.told(b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)))
			b.paid(b.invoiced(b.placed(text(2, 7)), 12), 12)
			_, err := b.ChangePerson(b.ctx, 7, func(p *shop.Person) bool {
				p.Blocked = shop.Block{At: start(), By: 9, Reason: "lives at 12 Long Lane"}
				return p.AddNote(shop.PersonNote{ID: 1, Text: "a note"})
			})
			require.NoError(b.t, err)
			b.seen(7, "ann")
			_, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.reopen()
			b.counted(7, 1, shop.Sums{closed.Total}, nil)
			p := b.person(7)
			require.False(b.t, p.Blocked.At.IsZero(), "deleting one's data is no way around it")
			require.Empty(b.t, p.Name+p.Username+p.Blocked.Reason)
			require.Empty(b.t, p.Notes)
			named, err := b.PeopleNamed(b.ctx, "ann", 1)
			require.NoError(b.t, err)
			require.Empty(b.t, named)
		}},
		{"a checkout knows that its buyer is blocked", func(b *bench) {
			blocked := func(user int64) (told bool) {
				_, _, err := b.Checkout(b.ctx, text(int(user), user), time.Now().Add(time.Minute), func(_ *shop.Order, v shop.View) error {
					told = v.Blocked
					return nil
				})
				require.NoError(b.t, err)
				return told
			}
			_, err := b.ChangePerson(b.ctx, 7, func(p *shop.Person) bool {
				p.Blocked = shop.Block{At: start()}
				return true
			})
			require.NoError(b.t, err)
			require.True(b.t, blocked(7))
			require.False(b.t, blocked(8))
		}},
		{"orders are found by invoice and transfer", func(b *bench) {
			one := b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11))
			two := b.invoiced(b.placed(text(2, 7)), 112)
			b.refunded(one, "refund-1", "112")
			b.told(b.stored(one.ID))
			b.reopen()
			b.referred("11", one.ID)
			b.referred("112", one.ID, two.ID)
			for _, unknown := range []string{"1", "1122", "", "refund-1"} {
				b.referred(unknown)
			}
			_, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.referred("11", one.ID)
		}},
		{"people are found by the beginning of their name, page by page", func(b *bench) {
			for id, name := range map[int64]string{1: "Alice", 2: "alina", 3: "ali", 4: "bob", 5: "ALI", 6: "", 300: "alz"} {
				b.seen(id, name)
			}
			list := func(prefix string, after int64, limit int) (ids []int64) {
				people, err := b.PeopleCalled(b.ctx, prefix, after, limit)
				require.NoError(b.t, err)
				for _, p := range people {
					ids = append(ids, p.ID)
				}
				return ids
			}
			require.Equal(b.t, []int64{3, 5, 1, 2}, list("aLi", 0, 10))
			require.Equal(b.t, []int64{3, 5}, list("ali", 0, 2))
			require.Equal(b.t, []int64{1, 2}, list("ali", 5, 2))
			require.Equal(b.t, []int64{300}, list("al", 2, 5))
			require.Empty(b.t, list("ali", 2, 2))
			require.Empty(b.t, list("ali", 4, 2), "of another list")
			require.Empty(b.t, list("c", 0, 2))
			b.seen(3, "zoe")
			require.Equal(b.t, []int64{5, 1, 2}, list("ali", 0, 10), "the present name counts")
		}},
	}
}
