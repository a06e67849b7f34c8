package storagetest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

var errNo = errors.New("the rule says no")

func changes() []scenario {
	return []scenario{
		{"a refusal changes nothing", func(b *bench) {
			b.load(vpn, keys(2)...)
			o := b.placed(order(1, 7, vpn, 2))
			_, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ int) error {
				o.State, o.Buyer.Name = shop.StateCancelled, "changed all the same"
				return errNo
			})
			require.ErrorIs(b.t, err, errNo)
			b.holds(o)
			b.stocked(0, 2, 0)
		}},
		{"an order that is so already comes back as it is", func(b *bench) {
			o := b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)
			got, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ int) error {
				o.Buyer.Name, o.Payments[0].Invoice, o.Notices[0].To, o.Assets[0] = "changed all the same", 99, "nobody", "BTC"
				return shop.ErrUnchanged
			})
			require.NoError(b.t, err)
			same(b.t, o, got)
			b.holds(o)
		}},
		{"what is not there is not found", func(b *bench) {
			o := order(1, 7, vpn, 1)
			_, err := b.Order(b.ctx, o.ID)
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			_, err = b.Change(b.ctx, o.ID, func(*shop.Order, int) error { return nil })
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			_, err = b.Receive(b.ctx, event(o, 1), receive(event(o, 1)))
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
				func(o *shop.Order) { o.Item.SKU = vpn },
			} {
				_, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ int) error { rule(o); return nil })
				require.Error(b.t, err)
			}
			b.holds(o)
		}},
		{"a cancelled order gives its units back", func(b *bench) {
			b.load(vpn, keys(3)...)
			o := b.invoiced(b.placed(order(1, 7, vpn, 2)), 11)
			b.stocked(1, 2, 0)
			b.cancelled(o)
			b.stocked(3, 0, 0)
			b.placed(order(2, 8, vpn, 3))
		}},
		{"a payment is kept with the order, and heard again it is the same", func(b *bench) {
			b.load(vpn, keys(2)...)
			o := b.paid(b.invoiced(b.placed(order(1, 7, vpn, 2)), 11), 11)
			require.Equal(b.t, shop.StatePaid, o.State)
			require.Equal(b.t, keys(2), o.Keys)
			b.reopen()
			same(b.t, o, b.paid(o, 11))
			b.stocked(0, 0, 2)
		}},
		{"the goods of an order stay the same for ever", func(b *bench) {
			b.load(vpn, keys(4)...)
			first := b.placed(order(1, 7, vpn, 2))
			second := b.placed(order(2, 8, vpn, 2))
			second = b.delivered(b.paid(b.invoiced(second, 12), 12))
			first = b.delivered(b.paid(b.invoiced(first, 11), 11))
			require.Equal(b.t, keys(4)[:2], second.Keys, "the oldest keys go to who pays first")
			require.Equal(b.t, keys(4)[2:], first.Keys)
			b.reopen()
			b.holds(first)
			b.holds(second)
		}},
		{"a late payment takes what is left, and is held where nothing is", func(b *bench) {
			b.load(vpn, keys(2)...)
			lucky := b.cancelled(b.invoiced(b.placed(order(1, 7, vpn, 1)), 11))
			late := b.cancelled(b.invoiced(b.placed(order(2, 8, vpn, 2)), 12))
			lucky = b.paid(lucky, 11)
			require.Equal(b.t, shop.StatePaid, lucky.State)
			late = b.paid(late, 12)
			require.Equal(b.t, shop.StateHeld, late.State)
			require.Empty(b.t, late.Keys)
			b.stocked(1, 0, 1)

			_, err := b.Change(b.ctx, late.ID, func(o *shop.Order, free int) error { return o.Release(free, 5) })
			require.ErrorIs(b.t, err, shop.ErrNoStock)
			b.load(vpn, "more")
			late, err = b.Change(b.ctx, late.ID, func(o *shop.Order, free int) error { return o.Release(free, 5) })
			require.NoError(b.t, err)
			require.Equal(b.t, []string{keys(2)[1], "more"}, late.Keys)
		}},
		{"a rule cannot take more than is free", func(b *bench) {
			b.load(vpn, keys(2)...)
			late := b.cancelled(b.invoiced(b.placed(order(1, 7, vpn, 2)), 11))
			b.placed(order(2, 8, vpn, 1))
			_, err := b.Receive(b.ctx, event(late, 11), func(o *shop.Order, free int) error {
				require.Equal(b.t, 1, free)
				return o.Receive(payment(*o, 11), 100)
			})
			require.Error(b.t, err)
			b.holds(late)
			b.stocked(1, 1, 0)
		}},
	}
}

// holds asserts that the order is stored like this.
func (b *bench) holds(want shop.Order) {
	b.t.Helper()
	got, err := b.Order(b.ctx, want.ID)
	require.NoError(b.t, err)
	same(b.t, want, got)
}
