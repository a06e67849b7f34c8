package storagetest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func checkouts() []scenario {
	return []scenario{
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
		{"a buyer's latest order is the one that was made last, whatever its number says", func(b *bench) {
			early, late := text(2, 7), text(1, 7)
			late.Created = early.Created.Add(time.Hour) // its button was drawn before
			other := text(3, 8)
			for _, o := range []shop.Order{early, other, late} {
				b.placed(o)
			}
			require.Less(b.t, late.ID, early.ID)
			list, err := b.OrdersOf(b.ctx, 7, "", 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []shop.OrderID{late.ID, early.ID}, ids(list))
			list, err = b.OrdersOf(b.ctx, 7, late.ID, 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []shop.OrderID{early.ID}, ids(list), "the next page")
			list, err = b.OrdersOf(b.ctx, 7, "unknown", 10)
			require.NoError(b.t, err)
			require.Empty(b.t, list)
			last := text(4, 7)
			_, _, err = b.Checkout(b.ctx, last, start(), func(_ *shop.Order, v shop.View) error {
				latest, err := v.Latest(1)
				require.Equal(b.t, []shop.OrderID{late.ID}, ids(latest))
				return err
			})
			require.NoError(b.t, err)
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

func changes() []scenario {
	return []scenario{
		{"an order that is so already comes back as it is", func(b *bench) {
			o := b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)
			got, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ shop.Free) error {
				o.Payments[0].Invoice, o.Notices, o.Assets[0], o.Lines[0].SKU = "99", nil, "BTC", "changed all the same"
				return shop.ErrUnchanged
			})
			require.NoError(b.t, err)
			same(b.t, o, got)
			b.holds(o)
		}},
		{"what is not there is not found", func(b *bench) {
			o := text(1, 7)
			_, err := b.Order(b.ctx, o.ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			_, err = b.Change(b.ctx, o.ID, func(*shop.Order, shop.Free) error { return nil })
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			_, err = b.RecordPayment(b.ctx, payment(o, 1), applyPayment(payment(o, 1)))
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			_, err = b.TrailOf(b.ctx, o.ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
		}},
		{"what a rule changes in place counts as a change", func(b *bench) {
			o := b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11))
			b.changed(o.ID, func(o *shop.Order) error {
				return o.RequestRefund(shop.Refund{ID: "r1", Amount: usdt("0.3"), Requested: start()})
			})
			b.changed(o.ID, func(o *shop.Order) error {
				o.Refunds[0].Status = shop.RefundSent
				o.State, o.Resume = o.Resume, ""
				return nil
			})
			s, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)
			require.Equal(b.t, "0.3 USDT", s.Total.Refunded.Of("USDT").String())
		}},
		{"a rule cannot make another order of an order", func(b *bench) {
			o := b.placed(text(1, 7))
			for _, rule := range []func(*shop.Order){
				func(o *shop.Order) { o.ID = "another" },
				func(o *shop.Order) { o.Buyer.ID = 8 },
				func(o *shop.Order) { o.Lines[0].SKU = vpn },
				func(o *shop.Order) { o.Lines = append(o.Lines, line(guide, 1)) },
			} {
				_, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ shop.Free) error { rule(o); return nil })
				require.Error(b.t, err)
			}
			b.holds(o)
		}},
		{"a late payment takes what is left, and is held if a line is short", func(b *bench) {
			b.load(vpn, units(2)...)
			b.load(gift, "g1", "g2")
			lucky := b.cancelled(b.invoiced(b.placed(order(1, 7, line(vpn, 1))), 11))
			late := b.cancelled(b.invoiced(b.placed(order(2, 8, line(gift, 2), line(vpn, 2))), 12))
			lucky = b.paid(lucky, 11)
			require.Equal(b.t, shop.StatePaid, lucky.State)
			late = b.paid(late, 12)
			require.Equal(b.t, shop.StateHeld, late.State)
			require.Empty(b.t, slices.Concat(late.Lines[0].Goods, late.Lines[1].Goods))
			b.stocked(gift, 2, 0, 0)
			release := func(o *shop.Order, free shop.Free) error { return o.Release(free, 5) }
			_, err := b.Change(b.ctx, late.ID, release)
			var soldOut *shop.SoldOutError
			require.ErrorAs(b.t, err, &soldOut)
			require.Equal(b.t, shop.SoldOutError{SKU: vpn, Left: 1}, *soldOut)
			b.load(vpn, "more")
			late, err = b.Change(b.ctx, late.ID, release)
			require.NoError(b.t, err)
			require.Equal(b.t, []string{units(2)[1], "more"}, late.Lines[1].Goods)
			require.Equal(b.t, []string{"g1", "g2"}, late.Lines[0].Goods)
		}},
		{"a rule cannot take more than is free", func(b *bench) {
			b.load(vpn, units(2)...)
			b.load(gift, "g")
			late := b.cancelled(b.invoiced(b.placed(order(1, 7, line(gift, 1), line(vpn, 2))), 11))
			b.placed(order(2, 8, line(vpn, 1)))
			_, err := b.RecordPayment(b.ctx, payment(late, 11), func(o *shop.Order, free shop.Free) error {
				require.Equal(b.t, 1, free(vpn))
				return o.ApplyPayment(payment(*o, 11).Payment, func(string) int { return 100 })
			})
			require.ErrorIs(b.t, err, shop.ErrNoStock)
			b.holds(late)
			b.stocked(vpn, 1, 1, 0)
			b.stocked(gift, 1, 0, 0)
		}},
		{"an order whose words are of another version is left alone", func(b *bench) {
			o := b.placed(text(1, 7))
			o = b.changed(o.ID, func(o *shop.Order) error { o.Rail, o.Lines[0].Deliver = "stars", "parcel"; return nil })
			b.reopen()
			b.holds(o)
			b.changed(o.ID, func(o *shop.Order) error {
				o.Rail, o.Lines[0].Deliver = shop.CryptoPay, line(guide, 1).Deliver
				return nil
			})
		}},
	}
}

// spoiled has a record among others that cannot be decoded.
func spoiled(b *bench) {
	b.load(vpn, units(9)...)
	before, bad, after := b.placed(order(1, 7, line(vpn, 1))), b.placed(order(2, 7, line(vpn, 1))), b.placed(order(3, 7, line(vpn, 1)))
	require.NoError(b.t, b.Spoil(b.ctx, bad.ID))
	for range 2 {
		_, err := b.Order(b.ctx, bad.ID)
		require.ErrorContains(b.t, err, string(bad.ID))
		require.NotErrorIs(b.t, err, shop.ErrNotFound)
		_, err = b.Change(b.ctx, bad.ID, func(*shop.Order, shop.Free) error { return nil })
		require.ErrorContains(b.t, err, string(bad.ID))
		_, _, err = b.Checkout(b.ctx, bad, start(), anybody)
		require.ErrorContains(b.t, err, string(bad.ID))
		list, err := b.Orders(b.ctx, shop.Filter{Limit: 2})
		require.NoError(b.t, err)
		require.Equal(b.t, []shop.OrderID{before.ID, after.ID}, ids(list), "the page is full all the same")
		list, err = b.Orders(b.ctx, shop.Filter{State: shop.StateNew})
		require.NoError(b.t, err)
		require.Len(b.t, list, 2)
		list, err = b.OrdersOf(b.ctx, 7, "", 2)
		require.NoError(b.t, err)
		require.Equal(b.t, []shop.OrderID{after.ID, before.ID}, ids(list))
		claimed := b.claim(shop.TaskInvoice, start(), 2)
		require.Equal(b.t, []shop.OrderID{before.ID, after.ID}, claimed)
		b.Release(b.ctx, shop.TaskInvoice, claimed...)
		b.reopen()
	}
	_, created, err := b.Checkout(b.ctx, text(4, 7), start(), func(_ *shop.Order, v shop.View) error {
		latest, err := v.Latest(2)
		require.Equal(b.t, []shop.OrderID{after.ID, before.ID}, ids(latest))
		return err
	})
	require.NoError(b.t, err)
	require.True(b.t, created)
	b.delivered(b.paid(b.invoiced(after, 11), 11))
	breaches := 0
	require.NoError(b.t, b.Check(b.ctx, func(string) { breaches++ }))
	require.Positive(b.t, breaches)
	require.NoError(b.t, b.Close())
}
