package storagetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func claims() []scenario {
	return []scenario{
		{"the longest due work comes first, and none before its time", func(b *bench) {
			now := start().Add(time.Hour)
			late := b.postponed(b.placed(text(1, 7)), now.Add(-time.Second))
			later := b.postponed(b.placed(text(2, 7)), now.Add(time.Millisecond))
			early := b.postponed(b.placed(text(3, 7)), now.Add(-time.Minute))
			fresh := b.placed(text(4, 7))
			exact := b.postponed(b.placed(text(5, 7)), now)
			require.Equal(b.t, []shop.OrderID{fresh.ID, early.ID}, b.claim(shop.TaskInvoice, now, 2))
			require.Equal(b.t, []shop.OrderID{late.ID, exact.ID}, b.claim(shop.TaskInvoice, now, 10))
			b.due(shop.TaskInvoice, now.Add(time.Millisecond))
			require.Equal(b.t, []shop.OrderID{later.ID}, b.claim(shop.TaskInvoice, now.Add(time.Second), 10))
		}},
		{"of what is due as long, who paid first comes first, also after a restart", func(b *bench) {
			first, second := b.invoiced(b.placed(text(9, 7)), 9), b.invoiced(b.placed(text(1, 8)), 1)
			b.paid(first, 9)
			b.paid(second, 1)
			want := []shop.OrderID{first.ID, second.ID}
			require.Equal(b.t, want, b.claim(shop.TaskDeliver, start(), 10))
			b.Release(b.ctx, shop.TaskDeliver, want...)
			b.reopen()
			require.Equal(b.t, want, b.claim(shop.TaskDeliver, start(), 10))
		}},
		{"claimed work is nobody else's until it is released", func(b *bench) {
			o := b.placed(text(1, 7))
			b.due(shop.TaskInvoice, time.Time{})
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
			b.due(shop.TaskInvoice, start().Add(time.Minute))
			require.Empty(b.t, b.claim(shop.TaskInvoice, start().Add(time.Minute-time.Millisecond), 1))
			b.Release(b.ctx, shop.TaskInvoice, o.ID, "1P8M2QX-NOTTHERE")
			b.due(shop.TaskInvoice, time.Time{})
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
		}},
		{"a claim that is not released ends at its deadline, also after a restart", func(b *bench) {
			b.placed(text(1, 7))
			end := start().Add(time.Minute)
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
			require.Len(b.t, b.claim(shop.TaskInvoice, end, 1), 1)
			b.reopen()
			require.Len(b.t, b.claim(shop.TaskInvoice, end.Add(time.Minute), 1), 1)
		}},
		{"the invoice of a new order is claimed by who made it", func(b *bench) {
			o := text(1, 7)
			_, created, err := b.Checkout(b.ctx, o, start().Add(time.Minute), anybody)
			require.NoError(b.t, err)
			require.True(b.t, created)
			require.Empty(b.t, b.claim(shop.TaskInvoice, start(), 1))
			_, created, err = b.Checkout(b.ctx, o, start().Add(time.Hour), anybody)
			require.NoError(b.t, err)
			require.False(b.t, created, "and who asks again gets no claim")
			b.due(shop.TaskInvoice, start().Add(time.Minute))
			b.Release(b.ctx, shop.TaskInvoice, o.ID)
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
		}},
		{"an order that changes keeps its claim", func(b *bench) {
			o := b.placed(text(1, 7))
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
			b.changed(o.ID, func(o *shop.Order) error { o.Message.Message++; return nil })
			require.Empty(b.t, b.claim(shop.TaskInvoice, start(), 1))
			again := start().Add(10 * time.Second)
			b.postponed(o, again)
			b.due(shop.TaskInvoice, start().Add(time.Minute))
			b.Release(b.ctx, shop.TaskInvoice, o.ID)
			b.due(shop.TaskInvoice, again)
			require.Len(b.t, b.claim(shop.TaskInvoice, again, 1), 1)
			later := start().Add(time.Hour)
			b.postponed(o, later)
			b.due(shop.TaskInvoice, later)
		}},
		{"a claim is of one task, and of so many orders", func(b *bench) {
			for n := range 5 {
				b.paid(b.invoiced(b.placed(text(n, 7)), n+1), n+1)
				b.changed(text(n, 7).ID, func(o *shop.Order) error { return o.MarkStuck() })
			}
			require.Len(b.t, b.claim(shop.TaskDeliver, start(), 2), 2)
			require.Len(b.t, b.claim(shop.TaskNotify, start(), 9), 5)
			require.Len(b.t, b.claim(shop.TaskDeliver, start(), 9), 3)
			require.Empty(b.t, b.claim(shop.TaskRefund, start(), 9))
			b.idle(shop.TaskRefund)
		}},
		{"work that is done is not due", func(b *bench) {
			o := b.placed(text(1, 7))
			b.invoiced(o, 11)
			b.idle(shop.TaskInvoice)
			b.due(shop.TaskExpire, o.Expires.Add(5*time.Second))
			b.paid(o, 11)
			b.idle(shop.TaskExpire)
			b.due(shop.TaskDeliver, time.Time{})
			require.Len(b.t, b.claim(shop.TaskDeliver, start(), 1), 1)
			b.delivered(o)
			b.idle(shop.TaskDeliver)
			b.Release(b.ctx, shop.TaskDeliver, o.ID)
			b.idle(shop.TaskDeliver)
			b.changed(o.ID, func(o *shop.Order) error {
				o.Told(slices.Repeat([]bool{true}, len(o.Notices)))
				return nil
			})
			b.reopen()
			for _, task := range shop.Tasks() {
				b.idle(task)
			}
		}},
	}
}

// claim claims for a minute.
func (b *bench) claim(task shop.Task, now time.Time, limit int) []shop.OrderID {
	b.t.Helper()
	claimed, err := b.Claim(b.ctx, task, now, now.Add(time.Minute), limit)
	require.NoError(b.t, err)
	for i := range claimed {
		b.holds(claimed[i])
	}
	return ids(claimed)
}

func (b *bench) postponed(o shop.Order, at time.Time) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error {
		o.Postpone(shop.TaskInvoice, at)
		return nil
	})
}

func (b *bench) due(task shop.Task, want time.Time) {
	b.t.Helper()
	next, some, err := b.NextDue(b.ctx, task)
	require.NoError(b.t, err)
	require.True(b.t, some)
	require.True(b.t, want.Equal(next), "%s is due at %s, want %s", task, next, want)
}

func (b *bench) idle(task shop.Task) {
	b.t.Helper()
	_, some, err := b.NextDue(b.ctx, task)
	require.NoError(b.t, err)
	require.False(b.t, some, "%s", task)
}
