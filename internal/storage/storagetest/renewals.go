package storagetest

import (
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func renewals() []scenario {
	return []scenario{
		{"an order that is paid when it is made is there once", renewedOnce},
		{"an order that is paid when it is made is refused as a whole", renewalRefused},
	}
}

// renew has a payment make an order.
func (b *bench) renew(o shop.Order, p shop.IncomingPayment) (shop.Order, bool) {
	b.t.Helper()
	stored, created, err := b.Renew(b.ctx, o, p, func(o *shop.Order, v shop.View) error { return o.ApplyPayment(p.Payment, v.Free) })
	require.NoError(b.t, err)
	return stored, created
}

func renewedOnce(b *bench) {
	b.load(vpn, units(3)...)
	o := order(1, 100, line(vpn, 2))
	p := payment(o, 11)
	stored, created := b.renew(o, p)
	require.True(b.t, created)
	require.Equal(b.t, shop.StatePaid, stored.State)
	b.reopen()
	again, err := b.Order(b.ctx, o.ID)
	require.NoError(b.t, err)
	require.Equal(b.t, units(3)[:2], again.Lines[0].Goods)
	s, err := b.StockOf(b.ctx, vpn)
	require.NoError(b.t, err)
	require.Equal(b.t, shop.Stock{Free: 1, Sold: 2}, s)

	other := order(2, 100, line(vpn, 2)) // told at another second, so it would have another id
	stored, created = b.renew(other, p)
	require.False(b.t, created)
	require.Equal(b.t, o.ID, stored.ID)
	_, err = b.Order(b.ctx, other.ID)
	require.ErrorIs(b.t, err, shop.ErrNotFound)
}

func renewalRefused(b *bench) {
	no := errNo
	o := text(1, 100)
	_, _, err := b.Renew(b.ctx, o, payment(o, 11), func(*shop.Order, shop.View) error { return no })
	require.ErrorIs(b.t, err, no)
	_, err = b.Order(b.ctx, o.ID)
	require.ErrorIs(b.t, err, shop.ErrNotFound)
	ids, err := b.OrdersOfReference(b.ctx, "11")
	require.NoError(b.t, err)
	require.Empty(b.t, ids)
}
