package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func people() []scenario {
	return []scenario{
		{"closed orders forget a buyer, and open ones do not", func(b *bench) {
			b.load(vpn, units(10)...)
			closed := b.told(b.delivered(b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 2))), 11), 11)))
			unpaid := b.over(b.placed(order(2, 7, line(vpn, 1))))
			open := b.invoiced(b.placed(order(3, 7, line(vpn, 1))), 13)
			others := b.told(b.delivered(b.paid(b.invoiced(b.placed(order(4, 8, line(vpn, 1))), 14), 14)))
			form := shop.Form{Name: "email", Until: time.Now().Add(time.Hour)}
			require.NoError(b.t, b.SetForm(b.ctx, 7, form))
			require.NoError(b.t, b.SetForm(b.ctx, 8, form))
			require.NoError(b.t, b.SetDraft(b.ctx, 7, form))
			require.NoError(b.t, b.SetDraft(b.ctx, 8, form))
			total, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)

			done, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.Forgotten{Orders: 2, Open: []shop.OrderID{open.ID}}, done)
			b.reopen()
			for _, o := range []shop.Order{closed, unpaid} {
				require.NoError(b.t, o.Forget())
				require.Equal(b.t, shop.Buyer{}, o.Buyer)
				b.holds(o)
			}
			b.holds(open)
			b.holds(others)
			b.listed(7, open)
			b.listed(8, others)
			b.form(7, nil)
			b.form(8, &form)
			b.draft(7, form.Name, nil)
			b.draft(8, form.Name, &form)
			b.stocked(vpn, 6, 1, 3)
			after, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)
			same(b.t, total, after)

			b.over(open)
			done, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.Forgotten{Orders: 1}, done)
			b.listed(7)
		}},
		{"a check stays known after its buyer is forgotten", func(b *bench) {
			sold := b.told(b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)))
			for _, change := range []func(o *shop.Order) error{
				func(o *shop.Order) error {
					return o.RequestRefund(shop.Refund{ID: "r1", Way: shop.ByCheck, Amount: o.Payments[0].Amount, Requested: start()})
				},
				func(o *shop.Order) error { return o.MarkCheckGiven("r1", shop.Check{ID: "70"}, start()) },
				func(o *shop.Order) error { return o.MarkCheckOpened("r1", start()) },
			} {
				b.changed(sold.ID, change)
			}
			sold = b.told(b.stored(sold.ID))
			done, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.Forgotten{Orders: 1}, done)
			b.reopen()
			for check, of := range map[string]shop.OrderID{"70": sold.ID, "7": "", "701": ""} {
				got, err := b.OrderOfCheck(b.ctx, shop.CryptoPay, check)
				require.NoError(b.t, err)
				require.Equal(b.t, of, got)
			}
		}},
		{"a buyer of hundreds of orders is forgotten too", func(b *bench) {
			for n := range 250 {
				b.over(b.placed(text(n, 7)))
			}
			done, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.Forgotten{Orders: 250}, done)
			b.listed(7)
		}},
	}
}

// told tells all notices of an order.
func (b *bench) told(o shop.Order) shop.Order {
	b.t.Helper()
	if len(o.Notices) == 0 {
		return o
	}
	return b.changed(o.ID, func(o *shop.Order) error {
		done := make([]bool, len(o.Notices))
		for i := range done {
			done[i] = true
		}
		o.Told(done)
		return nil
	})
}

// over cancels an order whose invoice nobody can pay any more.
func (b *bench) over(o shop.Order) shop.Order {
	b.t.Helper()
	b.cancelled(o)
	return b.told(b.changed(o.ID, func(o *shop.Order) error {
		o.InvoiceClosed = true
		return nil
	}))
}

// listed asserts which orders a buyer has, the newest first.
func (b *bench) listed(buyer int64, want ...shop.Order) {
	b.t.Helper()
	got, err := b.OrdersOf(b.ctx, buyer, "", 300)
	require.NoError(b.t, err)
	require.Len(b.t, got, len(want))
	for i := range want {
		same(b.t, want[i], got[i])
	}
}
