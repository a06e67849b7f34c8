package storagetest

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func coupons() []scenario {
	return []scenario{
		{"a coupon's use follows its order", func(b *bench) {
			b.coupon(shop.Coupon{Code: "SPRING", Amount: usdt("1"), Limit: 1})
			o := b.placed(couponed(text(1, 7), "SPRING"))
			b.used("SPRING", 1, 0, "", 1)
			b.over(o)
			b.used("SPRING", 0, 0, "", 0)

			late := b.paid(o, 11) // the invoice was paid all the same
			b.used("SPRING", 1, 1, "1 USDT", 1)
			late = b.told(b.delivered(late))
			b.used("SPRING", 1, 1, "1 USDT", 1)
			b.sentBack(late, "r1", "2")
			b.used("SPRING", 1, 1, "1 USDT", 1)
			b.sentBack(late, "r2", "")
			b.used("SPRING", 0, 0, "", 0)
		}},
		{"what a coupon gave is counted in each currency that the shop has had", func(b *bench) {
			b.coupon(shop.Coupon{Code: "SPRING", Percent: 10})
			first := b.told(b.delivered(b.paid(b.invoiced(b.placed(couponed(text(1, 7), "SPRING")), 11), 11)))
			other := text(2, 7)
			eur := func(amount string) money.Amount {
				a, err := money.Parse(amount, "EUR")
				require.NoError(b.t, err)
				return a
			}
			other.Lines[0].Price, other.Total = eur("10.5"), eur("9.5")
			other.Discounts = []shop.Discount{{Reason: "coupon", Coupon: "SPRING", Amount: eur("1")}}
			b.paid(b.invoiced(b.placed(other), 12), 12)
			b.used("SPRING", 2, 2, "1 EUR + 1 USDT", 2)
			b.sentBack(first, "r1", "")
			b.used("SPRING", 1, 1, "1 EUR", 1)
		}},
		{"a code of a batch has the batch's rule and is used once", func(b *bench) {
			b.coupon(
				shop.Coupon{Code: "GIFT", Percent: 20, Minimum: usdt("5"), PerBuyer: 2, Codes: 2},
				shop.Coupon{Code: "GIFT-AAA", Batch: "GIFT"}, shop.Coupon{Code: "GIFT-BBB", Batch: "GIFT"},
			)
			b.coupon(shop.Coupon{Code: "GIFT-2", Percent: 5})
			b.placed(couponed(text(1, 7), "GIFT-AAA"))
			b.used("GIFT-AAA", 1, 0, "", 1)
			b.used("GIFT-BBB", 0, 0, "", 1)
			b.used("GIFT", 1, 0, "", 1)
			s, err := b.Coupon(b.ctx, "GIFT-BBB", 8)
			require.NoError(b.t, err)
			require.Equal(b.t, 20, s.Percent)
			require.Equal(b.t, 1, s.Limit)
			require.Equal(b.t, 2, s.PerBuyer)
			require.Zero(b.t, s.Codes)

			b.couponsListed("", "", "GIFT", "GIFT-2")
			b.couponsListed("", "GIFT", "GIFT-2")
			b.couponsListed("GIFT", "", "GIFT-AAA", "GIFT-BBB")
			b.couponsListed("GIFT", "GIFT-AAA", "GIFT-BBB")
			stopped, err := b.ChangeCoupon(b.ctx, "GIFT", func(c *shop.Coupon) bool { c.Stopped = true; return true })
			require.NoError(b.t, err)
			require.True(b.t, stopped.Stopped)
			b.reopen()
			s, err = b.Coupon(b.ctx, "GIFT-BBB", 8)
			require.NoError(b.t, err)
			require.True(b.t, s.Stopped)
		}},
		{"coupons are added all or none, and none replaces another", func(b *bench) {
			b.coupon(shop.Coupon{Code: "OLD", Percent: 5})
			err := b.AddCoupons(b.ctx, shop.Coupon{Code: "NEW", Percent: 6}, shop.Coupon{Code: "OLD", Percent: 7})
			require.ErrorIs(b.t, err, shop.ErrCouponExists)
			_, err = b.Coupon(b.ctx, "NEW", 0)
			require.ErrorIs(b.t, err, shop.ErrNoCoupon)
			_, err = b.ChangeCoupon(b.ctx, "NEW", func(*shop.Coupon) bool { return true })
			require.ErrorIs(b.t, err, shop.ErrNoCoupon)
			s, err := b.Coupon(b.ctx, "OLD", 0)
			require.NoError(b.t, err)
			require.Equal(b.t, 5, s.Percent)
		}},
		{"a checkout cannot outrun a coupon's limits", func(b *bench) {
			b.coupon(shop.Coupon{Code: "FIVE", Amount: usdt("1"), Limit: 5, PerBuyer: 2})
			var got, refused atomic.Int64
			require.NoError(b.t, crowd(50, func(i int) error {
				_, created, err := b.Checkout(b.ctx, couponed(text(i, int64(i%4)+1), "FIVE"), start(), usable("FIVE"))
				switch {
				case created:
					got.Add(1)
				case errors.As(err, new(*shop.CouponError)):
					refused.Add(1)
				default:
					return err
				}
				return nil
			}))
			require.EqualValues(b.t, 5, got.Load())
			require.EqualValues(b.t, 45, refused.Load())
			for buyer := range int64(4) {
				s, err := b.Coupon(b.ctx, "FIVE", buyer+1)
				require.NoError(b.t, err)
				require.LessOrEqual(b.t, s.ByBuyer, 2)
			}
		}},
		{"a buyer who is forgotten leaves what the coupon counts, and takes the own coupons along", func(b *bench) {
			b.coupon(shop.Coupon{Code: "SPRING", Amount: usdt("1"), PerBuyer: 1}, shop.Coupon{Code: "THANKS", Amount: usdt("1"), For: 7})
			b.told(b.delivered(b.paid(b.invoiced(b.placed(couponed(text(1, 7), "SPRING")), 11), 11)))
			b.told(b.delivered(b.paid(b.invoiced(b.placed(couponed(text(2, 7), "THANKS")), 12), 12)))
			mine, err := b.CouponsFor(b.ctx, 7, 10)
			require.NoError(b.t, err)
			require.Len(b.t, mine, 1)
			require.Equal(b.t, 1, mine[0].ByBuyer)
			b.couponsListed("", "", "SPRING")

			_, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.used("SPRING", 1, 1, "1 USDT", 0)
			_, err = b.Coupon(b.ctx, "THANKS", 7)
			require.ErrorIs(b.t, err, shop.ErrNoCoupon)
			mine, err = b.CouponsFor(b.ctx, 7, 10)
			require.NoError(b.t, err)
			require.Empty(b.t, mine)
		}},
		{"a reward ends with the order that it is for", func(b *bench) {
			o := b.told(b.delivered(b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)))
			b.coupon(shop.Coupon{Code: "THANKS", Amount: usdt("1"), Reward: o.ID})
			s, err := b.Coupon(b.ctx, "THANKS", 8)
			require.NoError(b.t, err)
			require.False(b.t, s.Void)
			b.sentBack(o, "r1", "")
			s, err = b.Coupon(b.ctx, "THANKS", 8)
			require.NoError(b.t, err)
			require.True(b.t, s.Void)
		}},
	}
}

// couponed gives an order a coupon that saves 1 USDT.
func couponed(o shop.Order, code string) shop.Order {
	o = discounted(o, "coupon", "1")
	o.Discounts[0].Coupon = code
	return o
}

// usable lets a checkout pass while the coupon may be used.
func usable(code string) shop.CheckoutRule {
	return func(o *shop.Order, v shop.View) error {
		c, err := v.Coupon(code)
		if err != nil {
			return err
		}
		return c.Usable(o.Buyer.ID, "2026-01-02")
	}
}

func (b *bench) coupon(list ...shop.Coupon) {
	b.t.Helper()
	require.NoError(b.t, b.AddCoupons(b.ctx, list...))
}

// sentBack sends back an amount of what an order was paid with; "" for all that is left.
func (b *bench) sentBack(o shop.Order, id shop.RefundID, amount string) shop.Order {
	b.t.Helper()
	b.changed(o.ID, func(o *shop.Order) error {
		back := o.RefundLeft()
		if amount != "" {
			back = usdt(amount)
		}
		return o.RequestRefund(shop.Refund{ID: id, Way: shop.ByTransfer, Amount: back, Requested: start()})
	})
	return b.changed(o.ID, func(o *shop.Order) error { return o.MarkRefundSent(id, "1", start()) })
}

// used asserts what is counted for a coupon, and for its buyer 7.
func (b *bench) used(code string, uses, paid int, given string, byBuyer int) {
	b.t.Helper()
	s, err := b.Coupon(b.ctx, code, 7)
	require.NoError(b.t, err)
	require.Equal(b.t, uses, s.Count.Uses, "uses")
	require.Equal(b.t, paid, s.Count.Paid, "paid")
	var sums []string
	for _, sum := range s.Count.Given {
		sums = append(sums, sum.String())
	}
	require.Equal(b.t, given, strings.Join(sums, " + "))
	require.Equal(b.t, byBuyer, s.ByBuyer, "by the buyer")
}

func (b *bench) couponsListed(batch, after string, want ...string) {
	b.t.Helper()
	list, err := b.CouponList(b.ctx, batch, after, 10)
	require.NoError(b.t, err)
	var codes []string
	for _, c := range list {
		codes = append(codes, c.Code)
	}
	require.Equal(b.t, want, codes)
}
