package storagetest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// carted has a buyer's cart hold these products, one of each, since some time ago.
func (b *bench) carted(buyer int64, ago time.Duration, skus ...string) shop.Cart {
	b.t.Helper()
	c, err := b.ChangeCart(b.ctx, buyer, func(c *shop.Cart) error {
		c.Lines, c.Acts = nil, []string{"press"}
		for _, sku := range skus {
			l := line(sku, 1)
			c.Lines = append(c.Lines, shop.CartLine{
				Item: shop.Item{SKU: sku, Quantity: 1, Answers: l.Answers}, Title: l.Title, Price: l.Price,
			})
		}
		c.Changed = time.Now().Add(-ago).UTC().Truncate(time.Millisecond)
		return nil
	})
	require.NoError(b.t, err)
	return c
}

// inCart asserts what a buyer's cart holds.
func (b *bench) inCart(buyer int64, want shop.Cart) {
	b.t.Helper()
	got, err := b.Cart(b.ctx, buyer)
	require.NoError(b.t, err)
	same(b.t, want, got)
}

func carts() []scenario {
	fromCart := func(_ *shop.Order, v shop.View) error {
		c, err := v.Cart()
		if err == nil && len(c.Lines) == 0 {
			return shop.ErrNothingOrdered
		}
		return err
	}
	ofCart := func(o shop.Order) shop.Order {
		o.FromCart = true
		return o
	}
	return []scenario{
		{"a cart survives a restart, is one buyer's, and ends", func(b *bench) {
			mine := b.carted(7, 0, vpn, guide)
			yours := b.carted(8, 0, guide)
			old := b.carted(9, shop.CartLife-time.Hour, vpn)
			b.carted(10, shop.CartLife+time.Hour, vpn)
			b.reopen()
			b.inCart(7, mine)
			b.inCart(8, yours)
			b.inCart(9, old)
			b.inCart(10, shop.Cart{})
			b.carted(7, 0)
			b.inCart(7, shop.Cart{})
			b.inCart(8, yours)
		}},
		{"a cart that ended is not changed but begun anew", func(b *bench) {
			for buyer := range int64(9) { // a few are removed with each change
				b.carted(buyer+1, shop.CartLife+time.Hour, vpn)
			}
			_, err := b.ChangeCart(b.ctx, 3, func(c *shop.Cart) error {
				require.Empty(b.t, c.Lines)
				return shop.ErrUnchanged
			})
			require.NoError(b.t, err)
			b.inCart(3, b.carted(3, 0, guide))
		}},
		{"a rule that refuses changes no cart", func(b *bench) {
			had := b.carted(7, 0, vpn)
			spoil := func(with error) error {
				c, err := b.ChangeCart(b.ctx, 7, func(c *shop.Cart) error {
					c.Lines, c.Changed = nil, start()
					return with
				})
				if err == nil {
					same(b.t, had, c)
				}
				return err
			}
			require.ErrorIs(b.t, spoil(shop.ErrCartFull), shop.ErrCartFull)
			b.inCart(7, had)
			require.NoError(b.t, spoil(shop.ErrUnchanged))
			b.inCart(7, had)
		}},
		{"an order of the cart empties it in the same step, and no other order does", func(b *bench) {
			had := b.carted(7, 0, vpn, guide)
			b.placed(text(1, 7))
			b.inCart(7, had)
			o := ofCart(order(2, 7, line(vpn, 1), line(guide, 1)))
			_, _, err := b.Checkout(b.ctx, o, time.Now(), fromCart)
			require.ErrorAs(b.t, err, new(*shop.SoldOutError))
			b.inCart(7, had)

			b.load(vpn, units(1)...)
			_, created, err := b.Checkout(b.ctx, o, time.Now(), fromCart)
			require.NoError(b.t, err)
			require.True(b.t, created)
			b.inCart(7, shop.Cart{})
			b.reopen()
			b.inCart(7, shop.Cart{})

			next := b.carted(7, 0, guide)
			_, created, err = b.Checkout(b.ctx, o, time.Now(), fromCart)
			require.NoError(b.t, err)
			require.False(b.t, created, "the same act again")
			b.inCart(7, next)
			_, _, err = b.Checkout(b.ctx, ofCart(text(3, 9)), time.Now(), fromCart)
			require.ErrorIs(b.t, err, shop.ErrNothingOrdered, "somebody without a cart")
		}},
		{"of many orders of one cart one is made", func(b *bench) {
			b.carted(7, 0, guide)
			var made atomic.Int64
			require.NoError(b.t, crowd(20, func(i int) error {
				_, created, err := b.Checkout(b.ctx, ofCart(text(i, 7)), time.Now(), fromCart)
				if created {
					made.Add(1)
				}
				if errors.Is(err, shop.ErrNothingOrdered) {
					return nil
				}
				return err
			}))
			require.EqualValues(b.t, 1, made.Load())
			b.inCart(7, shop.Cart{})
		}},
		{"a buyer who is forgotten has no cart", func(b *bench) {
			b.carted(7, 0, vpn)
			yours := b.carted(8, 0, vpn)
			_, err := b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.inCart(7, shop.Cart{})
			b.inCart(8, yours)
		}},
	}
}
