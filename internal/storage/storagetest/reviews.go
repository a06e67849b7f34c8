package storagetest

import (
	"github.com/stretchr/testify/require"

	"shopbot/internal/review"
	"shopbot/internal/shop"
)

// rates has a buyer give stars to the first line of an order.
func (b *bench) rates(o shop.Order, stars int) review.Review {
	b.t.Helper()
	v, err := b.WriteReview(b.ctx, o.ID, 0, review.Rate(0, shop.Buyer{ID: o.Buyer.ID, Name: "alice Reed"}, stars, start()))
	require.NoError(b.t, err)
	return v
}

func (b *bench) rating(sku string, count, stars int) {
	b.t.Helper()
	r, err := b.Rating(b.ctx, sku)
	require.NoError(b.t, err)
	require.Equal(b.t, review.Rating{Count: count, Stars: stars}, r)
}

// shown asserts which reviews of a product other buyers see, the newest first.
func (b *bench) shown(sku string, before int64, limit int, want ...review.Review) {
	b.t.Helper()
	list, err := b.ReviewsOf(b.ctx, sku, before, limit)
	require.NoError(b.t, err)
	same(b.t, want, list)
}

// boughtText is a delivered order of a buyer.
func (b *bench) boughtText(n int, buyer int64) shop.Order {
	b.t.Helper()
	return b.delivered(b.paid(b.invoiced(b.placed(text(n, buyer)), 10+n), 10+n))
}

func reviews() []scenario {
	return []scenario{
		{"a line is reviewed once, can be changed, and counts once", func(b *bench) {
			o := b.boughtText(1, 7)
			sku := o.Lines[0].SKU
			v := b.rates(o, 4)
			require.Equal(b.t, "A", v.Initial)
			same(b.t, v, b.rates(o, 4))
			b.rating(sku, 1, 4)
			v, err := b.WriteReview(b.ctx, o.ID, 0, review.Write(0, 7, "Good."))
			require.NoError(b.t, err)
			b.reopen()
			changed := b.rates(o, 5)
			require.Equal(b.t, v.ID, changed.ID)
			require.Equal(b.t, "Good.", changed.Text)
			b.rating(sku, 1, 5)
			b.shown(sku, 0, 10, changed)
			of, err := b.ReviewOf(b.ctx, o.ID, 0)
			require.NoError(b.t, err)
			same(b.t, changed, of)
			_, err = b.WriteReview(b.ctx, o.ID, 0, review.Remove(7))
			require.NoError(b.t, err)
			b.rating(sku, 0, 0)
			b.shown(sku, 0, 10)
			_, err = b.ReviewOf(b.ctx, o.ID, 0)
			require.ErrorIs(b.t, err, review.ErrNotFound)
			require.Greater(b.t, b.rates(o, 1).ID, v.ID, "numbers are not used again")
		}},
		{"nobody reviews what they did not get", func(b *bench) {
			o := b.paid(b.invoiced(b.placed(text(1, 7)), 11), 11)
			refused := func(o shop.Order, line int, user int64) {
				_, err := b.WriteReview(b.ctx, o.ID, line, review.Rate(line, shop.Buyer{ID: user}, 5, start()))
				require.ErrorIs(b.t, err, review.ErrNotBought)
			}
			refused(o, 0, 7)
			o = b.delivered(o)
			refused(o, 0, 8)
			refused(o, 1, 7)
			refused(o, -1, 7)
			_, err := b.WriteReview(b.ctx, "NOBODY", 0, review.Remove(7))
			require.ErrorIs(b.t, err, shop.ErrNotFound)
			b.sentBack(o, "r1", "")
			refused(b.stored(o.ID), 0, 7)
			b.rating(o.Lines[0].SKU, 0, 0)
		}},
		{"what was written stays after a refund", func(b *bench) {
			o := b.boughtText(1, 7)
			v := b.rates(o, 1)
			b.sentBack(o, "r1", "")
			b.shown(v.SKU, 0, 10, v)
			b.rating(v.SKU, 1, 1)
		}},
		{"what is hidden is not shown, and its stars count", func(b *bench) {
			v, other := b.rates(b.boughtText(1, 7), 1), b.rates(b.boughtText(2, 8), 5)
			hide := func(by int64) {
				var err error
				for range 2 {
					v, err = b.ChangeReview(b.ctx, v.ID, func(v *review.Review) error { return v.Hide(by) })
					require.NoError(b.t, err)
				}
			}
			hide(9)
			b.shown(v.SKU, 0, 10, other)
			b.rating(v.SKU, 2, 6)
			all, err := b.Reviews(b.ctx, 0, 10)
			require.NoError(b.t, err)
			same(b.t, []review.Review{other, v}, all)
			b.reopen()
			hide(0)
			b.shown(v.SKU, 0, 10, other, v)
			_, err = b.ChangeReview(b.ctx, 99, func(*review.Review) error { return nil })
			require.ErrorIs(b.t, err, review.ErrNotFound)
			_, err = b.ChangeReview(b.ctx, v.ID, func(v *review.Review) error { v.SKU = "other"; return nil })
			require.Error(b.t, err)
		}},
		{"reviews are listed by page, the newest first", func(b *bench) {
			var all []review.Review
			for n := range 5 {
				all = append(all, b.rates(b.boughtText(n, int64(7+n)), 1+n))
			}
			sku := all[0].SKU
			b.shown(sku, 0, 2, all[4], all[3])
			b.shown(sku, all[3].ID, 2, all[2], all[1])
			b.shown(sku, all[1].ID, 2, all[0])
			b.shown("other", 0, 2)
			page, err := b.Reviews(b.ctx, all[1].ID, 2)
			require.NoError(b.t, err)
			same(b.t, []review.Review{all[0]}, page)
		}},
		{"a forgotten buyer's stars stay, without words and name", func(b *bench) {
			o := b.boughtText(1, 7)
			v := b.rates(o, 2)
			_, err := b.WriteReview(b.ctx, o.ID, 0, review.Write(0, 7, "Call me."))
			require.NoError(b.t, err)
			_, err = b.ChangeReview(b.ctx, v.ID, func(v *review.Review) error { return v.Reply(9, 5, "Alice, we do.") })
			require.NoError(b.t, err)
			_, err = b.Forget(b.ctx, 7)
			require.NoError(b.t, err)
			b.reopen()
			got, err := b.Review(b.ctx, v.ID)
			require.NoError(b.t, err)
			require.Zero(b.t, got.Buyer)
			require.Empty(b.t, got.Initial+got.Text+got.Answer.Text)
			b.rating(v.SKU, 1, 2)
		}},
	}
}
