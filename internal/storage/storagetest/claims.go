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
			later := b.postponed(b.placed(text(2, 7)), now.Add(time.Nanosecond))
			early := b.postponed(b.placed(text(3, 7)), now.Add(-time.Minute))
			fresh := b.placed(text(4, 7))
			exact := b.postponed(b.placed(text(5, 7)), now)

			claimed, err := b.Claim(b.ctx, shop.TaskInvoice, now, now.Add(time.Minute), 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []shop.OrderID{fresh.ID, early.ID, late.ID, exact.ID}, ids(claimed))
			b.due(shop.TaskInvoice, now.Add(time.Nanosecond))
			claimed, err = b.Claim(b.ctx, shop.TaskInvoice, now.Add(time.Second), now.Add(time.Hour), 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []shop.OrderID{later.ID}, ids(claimed))
		}},
		{"of what is due as long, who paid first comes first", func(b *bench) {
			first := b.invoiced(b.placed(text(9, 7)), 9)
			second := b.invoiced(b.placed(text(1, 8)), 1)
			b.paid(first, 9)
			b.paid(second, 1)
			claimed, err := b.Claim(b.ctx, shop.TaskDeliver, start(), start().Add(time.Minute), 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []shop.OrderID{first.ID, second.ID}, ids(claimed))
		}},
		{"claimed work is nobody else's until the claim runs out", func(b *bench) {
			now := start()
			o := b.placed(text(1, 7))
			b.due(shop.TaskInvoice, time.Time{})
			claimed, err := b.Claim(b.ctx, shop.TaskInvoice, now, now.Add(time.Minute), 1)
			require.NoError(b.t, err)
			require.Len(b.t, claimed, 1)
			same(b.t, claimed[0], b.stored(o.ID))
			b.due(shop.TaskInvoice, now.Add(time.Minute))

			none, err := b.Claim(b.ctx, shop.TaskInvoice, now.Add(time.Minute-1), now.Add(time.Hour), 1)
			require.NoError(b.t, err)
			require.Empty(b.t, none)
			again, err := b.Claim(b.ctx, shop.TaskInvoice, now.Add(time.Minute), now.Add(time.Hour), 1)
			require.NoError(b.t, err)
			require.Len(b.t, again, 1)
		}},
		{"a claim may become a wait until the same moment", func(b *bench) {
			until := start().Add(time.Minute)
			b.placed(text(1, 7))
			claimed, err := b.Claim(b.ctx, shop.TaskInvoice, start(), until, 1)
			require.NoError(b.t, err)
			b.postponed(claimed[0], until)
			b.due(shop.TaskInvoice, until)
			b.reopen() // which ends claims at most
			b.due(shop.TaskInvoice, until)
		}},
		{"a claim is of one task, and of so many orders", func(b *bench) {
			now := start()
			for n := range 5 {
				b.paid(b.invoiced(b.placed(text(n, 7)), int64(n+1)), int64(n+1))
			}
			claimed, err := b.Claim(b.ctx, shop.TaskDeliver, now, now.Add(time.Minute), 2)
			require.NoError(b.t, err)
			require.Len(b.t, claimed, 2)
			claimed, err = b.Claim(b.ctx, shop.TaskNotify, now, now.Add(time.Minute), 9)
			require.NoError(b.t, err)
			require.Len(b.t, claimed, 5)
			claimed, err = b.Claim(b.ctx, shop.TaskRefund, now, now.Add(time.Minute), 9)
			require.NoError(b.t, err)
			require.Empty(b.t, claimed)
		}},
		{"work that is done is not due", func(b *bench) {
			o := b.placed(text(1, 7))
			b.invoiced(o, 11)
			b.idle(shop.TaskInvoice)
			b.due(shop.TaskExpire, o.Expires.Add(5*time.Second))
			b.paid(o, 11)
			b.idle(shop.TaskExpire)
			b.due(shop.TaskDeliver, time.Time{})
			b.delivered(o)
			b.idle(shop.TaskDeliver)
			b.changed(o.ID, func(o *shop.Order) error {
				o.Told(slices.Repeat([]bool{true}, len(o.Notices)))
				return nil
			})
			for _, task := range shop.Tasks() {
				b.idle(task)
			}
		}},
	}
}

func (b *bench) postponed(o shop.Order, at time.Time) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error {
		o.Postpone(shop.TaskInvoice, at)
		return nil
	})
}

func (b *bench) stored(id shop.OrderID) shop.Order {
	b.t.Helper()
	o, err := b.Order(b.ctx, id)
	require.NoError(b.t, err)
	return o
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
