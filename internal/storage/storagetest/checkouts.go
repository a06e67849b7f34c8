package storagetest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func checkouts() []scenario {
	return []scenario{
		{"the same request twice is one order, and the rule is asked once", func(b *bench) {
			b.load(vpn, units(5)...)
			first := b.placed(order(1, 7, line(vpn, 2)))
			b.invoiced(first, 11)
			again := order(1, 7, line(vpn, 2))
			again.Buyer.Name = "somebody"
			stored, created, err := b.Checkout(b.ctx, again, start(), func(*shop.Order, shop.View) error { return errNo })
			require.NoError(b.t, err)
			require.False(b.t, created)
			require.Equal(b.t, shop.StateAwaiting, stored.State, "it comes back as it is by now")
			require.Equal(b.t, first.Buyer, stored.Buyer)
			b.stocked(vpn, 3, 2, 0)
		}},
		{"an order comes back as it was saved", func(b *bench) {
			b.load(vpn, units(2)...)
			want := discounted(order(1, -1<<62, line(vpn, 2), line(guide, 3)), "coupon <SPRING>", "1.25")
			want.Message = shop.MessageRef{Chat: want.Buyer.ID, Message: 9, Media: true}
			want.Postpone(shop.TaskInvoice, start())
			b.placed(want)
			b.reopen()
			b.holds(want)
		}},
		{"all lines are reserved or none", func(b *bench) {
			b.load(vpn, units(3)...)
			b.load(gift, units(1)...)
			_, created, err := b.Checkout(b.ctx, order(1, 7, line(vpn, 2), line(guide, 1), line(gift, 2)), start(), anybody)
			var soldOut *shop.SoldOutError
			require.ErrorAs(b.t, err, &soldOut)
			require.Equal(b.t, shop.SoldOutError{SKU: gift, Left: 1}, *soldOut, "the line that is short")
			require.False(b.t, created)
			_, err = b.Order(b.ctx, order(1, 7).ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.stocked(vpn, 3, 0, 0)
			b.stocked(gift, 1, 0, 0)
			b.placed(order(2, 7, line(vpn, 2), line(gift, 1)))
			b.stocked(vpn, 1, 2, 0)
			b.stocked(gift, 0, 1, 0)
		}},
		{"two lines of one product need units for both", func(b *bench) {
			b.load(vpn, units(3)...)
			_, _, err := b.Checkout(b.ctx, order(1, 7, line(vpn, 2), line(vpn, 2)), start(), anybody)
			require.ErrorIs(b.t, err, shop.ErrNoStock)
			o := b.placed(order(2, 7, line(vpn, 2), line(vpn, 1)))
			b.stocked(vpn, 0, 3, 0)
			o = b.paid(b.invoiced(o, 11), 11)
			require.Equal(b.t, units(3)[:2], o.Lines[0].Goods)
			require.Equal(b.t, units(3)[2:], o.Lines[1].Goods)
		}},
		{"what the rule says is done, and its word is returned", func(b *bench) {
			b.load(vpn, units(3)...)
			b.placed(order(1, 7, line(vpn, 1)))
			b.placed(order(2, 8, line(vpn, 1)))
			mine := b.invoiced(b.placed(text(3, 7)), 13)
			late := start().Add(time.Hour)
			stored, created, err := b.Checkout(b.ctx, text(4, 7), start(), func(o *shop.Order, v shop.View) error {
				latest, err := v.Latest(1)
				require.NoError(b.t, err)
				same(b.t, []shop.Order{mine}, latest)
				latest, err = v.Latest(9)
				require.NoError(b.t, err)
				require.Equal(b.t, []shop.OrderID{mine.ID, order(1, 7).ID}, ids(latest), "the buyer's own, newest first")
				require.Equal(b.t, 1, v.Free(vpn))
				require.Zero(b.t, v.Free("nothing"))
				o.Expires = late
				return nil
			})
			require.NoError(b.t, err)
			require.True(b.t, created)
			require.Equal(b.t, late, stored.Expires)
			b.holds(stored)
			_, created, err = b.Checkout(b.ctx, order(5, 7, line(vpn, 1)), start(), func(*shop.Order, shop.View) error { return errNo })
			require.ErrorIs(b.t, err, errNo)
			require.False(b.t, created)
			_, err = b.Order(b.ctx, order(5, 7).ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.stocked(vpn, 1, 2, 0)
		}},
		{"a buyer who has gone is not served", func(b *bench) {
			b.load(vpn, units(1)...)
			ctx, cancel := context.WithCancel(b.ctx)
			cancel()
			_, _, err := b.Checkout(ctx, order(1, 7, line(vpn, 1)), start(), anybody)
			require.ErrorIs(b.t, err, context.Canceled)
			_, err = b.Order(b.ctx, order(1, 7).ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.stocked(vpn, 1, 0, 0)
		}},
	}
}
