package storagetest

import (
	"context"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func checkouts() []scenario {
	return []scenario{
		{"the same request twice is one order", func(b *bench) {
			b.load(vpn, keys(5)...)
			first := b.placed(order(1, 7, vpn, 2))
			b.invoiced(first, 11)

			again := order(1, 7, vpn, 2)
			again.Buyer.Name = "somebody"
			stored, created, err := b.Checkout(b.ctx, again, 1)
			require.NoError(b.t, err)
			require.False(b.t, created)
			require.Equal(b.t, shop.StateAwaiting, stored.State, "it comes back as it is by now")
			require.Equal(b.t, first.Buyer, stored.Buyer)
			b.stocked(3, 2, 0)
		}},
		{"too few units are refused with how many are left", func(b *bench) {
			b.load(vpn, keys(3)...)
			b.placed(order(1, 7, vpn, 2))
			_, created, err := b.Checkout(b.ctx, order(2, 8, vpn, 2), 0)
			var soldOut *shop.SoldOutError
			require.ErrorAs(b.t, err, &soldOut)
			require.Equal(b.t, shop.SoldOutError{SKU: vpn, Left: 1}, *soldOut)
			require.False(b.t, created)
			_, err = b.Order(b.ctx, order(2, 8, vpn, 2).ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.stocked(1, 2, 0)
		}},
		{"what has no stock needs none", func(b *bench) {
			b.placed(text(1, 7))
			stock, err := b.Stock(b.ctx)
			require.NoError(b.t, err)
			require.Empty(b.t, stock)
		}},
		{"a buyer has only so many unpaid orders", func(b *bench) {
			b.load(vpn, keys(9)...)
			first := b.placed(order(1, 7, vpn, 1))
			b.placed(order(2, 7, vpn, 1))
			_, _, err := b.Checkout(b.ctx, order(3, 7, vpn, 1), 2)
			require.ErrorIs(b.t, err, shop.ErrTooManyOpen)
			_, _, err = b.Checkout(b.ctx, order(4, 8, vpn, 1), 2)
			require.NoError(b.t, err, "another buyer has nothing to do with it")
			b.cancelled(first)
			_, created, err := b.Checkout(b.ctx, order(3, 7, vpn, 1), 2)
			require.NoError(b.t, err)
			require.True(b.t, created)
		}},
		{"an order comes back as it was saved", func(b *bench) {
			b.load(vpn, keys(2)...)
			want := order(1, -1<<62, vpn, 2)
			want.Place = shop.Place{Chat: want.Buyer.ID, Message: 9, Media: true}
			want.Postpone(shop.TaskInvoice, start())
			b.placed(want)
			b.reopen()
			got, err := b.Order(b.ctx, want.ID)
			require.NoError(b.t, err)
			same(b.t, want, got)
		}},
		{"nobody is served who has gone already", func(b *bench) {
			b.load(vpn, keys(1)...)
			ctx, cancel := context.WithCancel(b.ctx)
			cancel()
			_, _, err := b.Checkout(ctx, order(1, 7, vpn, 1), 0)
			require.ErrorIs(b.t, err, context.Canceled)
			_, err = b.Order(b.ctx, order(1, 7, vpn, 1).ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.stocked(1, 0, 0)
		}},
	}
}
