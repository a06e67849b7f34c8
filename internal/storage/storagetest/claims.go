package storagetest

import (
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
		{"work that was put off while the clock was ahead is due at once, also after a restart", func(b *bench) {
			now, ahead := start().Add(time.Hour), start().Add(6*time.Hour)
			o := b.placed(text(1, 7))
			b.changed(o.ID, func(o *shop.Order) error {
				o.Postpone(shop.TaskInvoice, ahead, ahead.Add(time.Minute))
				return nil
			})
			patient := b.postponed(b.placed(text(2, 7)), ahead)
			require.Equal(b.t, []shop.OrderID{o.ID}, b.claim(shop.TaskInvoice, now, 10))
			require.Empty(b.t, b.claim(shop.TaskInvoice, now, 10), "once")
			b.Release(b.ctx, shop.TaskInvoice, o.ID)
			b.reopen()
			require.Equal(b.t, []shop.OrderID{o.ID}, b.claim(shop.TaskInvoice, now, 10))
			require.Equal(b.t, []shop.OrderID{patient.ID}, b.claim(shop.TaskInvoice, ahead, 10))
		}},
		{"a claim that is not released ends at its deadline, also after a restart", func(b *bench) {
			b.placed(text(1, 7))
			end := start().Add(time.Minute)
			require.Len(b.t, b.claim(shop.TaskInvoice, start(), 1), 1)
			require.Len(b.t, b.claim(shop.TaskInvoice, end, 1), 1)
			b.reopen()
			require.Len(b.t, b.claim(shop.TaskInvoice, end.Add(time.Minute), 1), 1)
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
		o.Postpone(shop.TaskInvoice, time.Time{}, at)
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
