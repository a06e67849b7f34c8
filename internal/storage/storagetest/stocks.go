package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func stocks() []scenario {
	return []scenario{
		{"a long list is sold in its order, to the byte", func(b *bench) {
			list := units(3500)
			list[0], list[1], list[2] = strings.Repeat("я", shop.MaxUnitBytes/2), "with blanks\tand <tags>", "\"quoted\\"
			b.load(vpn, list...)
			b.stocked(vpn, len(list), 0, 0)
			o := b.placed(order(1, 7, line(vpn, 3400)))
			require.Equal(b.t, list[:3400], b.paid(b.invoiced(o, 11), 11).Lines[0].Goods)
			b.stocked(vpn, 100, 0, 3400)
			batches, err := b.Batches(b.ctx, vpn, 0, 10)
			require.NoError(b.t, err)
			require.Len(b.t, batches, 1)
			require.WithinDuration(b.t, time.Now(), batches[0].At, time.Minute)
			batches[0].At = time.Time{}
			require.Equal(b.t, shop.Batch{ID: batches[0].ID, SKU: vpn, By: 7, Added: 3500, Left: 100, Whole: true}, batches[0])
		}},
		{"a unit in any disguise is one unit, sold as it was loaded", func(b *bench) {
			b.load(vpn, "A\u200B1\u00A0x", "two\nlines")
			b.left(shop.StockAdded{Duplicates: 3}, shop.StockLoad{SKU: vpn, Units: slices.Values([]string{"A1 x", "\u202AA1\u2003x", "two \r\nlines"})})
			o := b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 2))), 11), 11)
			require.Equal(b.t, []string{"A\u200B1\u00A0x", "two\nlines"}, o.Lines[0].Goods)
			b.left(shop.StockAdded{Duplicates: 1}, shop.StockLoad{SKU: vpn, Units: slices.Values([]string{"A1 x"})})
			b.placeOf("A1 x", shop.UnitPlace{SKU: vpn, Where: shop.UnitSold, Order: o.ID})
		}},
		{"a unit that another product has or had needs a yes", func(b *bench) {
			b.load(vpn, "a")
			l := shop.StockLoad{SKU: gift, Units: slices.Values([]string{"a"})}
			b.left(shop.StockAdded{Elsewhere: 1}, l)
			b.remove(shop.StockRemoval{SKU: vpn, Units: []string{"a"}})
			b.left(shop.StockAdded{Elsewhere: 1}, l)
			l.Elsewhere = true
			added, err := b.AddStock(b.ctx, l)
			require.NoError(b.t, err)
			require.Equal(b.t, 1, added.Added)
			places, err := b.FindUnits(b.ctx, []string{"new", "a"})
			require.NoError(b.t, err)
			require.Empty(b.t, places[0])
			require.Len(b.t, places[1], 2)
		}},
		{"a removed unit is remembered, and one whose batch is taken back is forgotten", func(b *bench) {
			b.load(vpn, "a", "b", "c")
			b.remove(shop.StockRemoval{SKU: vpn, Units: []string{"b\u200B"}})
			b.remove(shop.StockRemoval{SKU: vpn, Units: []string{"c"}, Batch: 1, Undo: true})
			b.stocked(vpn, 1, 0, 0)
			again := shop.StockLoad{SKU: vpn, Units: slices.Values([]string{"b", "c"})}
			b.left(shop.StockAdded{Batch: 2, Added: 1, Gone: 1}, again)
			again.Again = true
			b.left(shop.StockAdded{Batch: 3, Added: 1, Duplicates: 1}, again)
			b.remove(shop.StockRemoval{SKU: vpn, Units: []string{"b"}, Batch: 3, Undo: true})
			again.Again = false
			b.left(shop.StockAdded{Duplicates: 1, Gone: 1}, again) // what it was before comes back
			b.placeOf("b", shop.UnitPlace{SKU: vpn, Where: shop.UnitRemoved})
		}},
		{"a unit that an order has had does not come back to it as a replacement", func(b *bench) {
			b.load(vpn, "a", "b")
			o := b.delivered(b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 2))), 11), 11))
			replace := func(unit string) (shop.Order, error) {
				return b.Change(b.ctx, o.ID, func(o *shop.Order, free shop.Free) error {
					return o.Replace(0, shop.UnitName(unit), shop.Replacement{By: 9, At: start(), Why: shop.ReplaceBroken}, free)
				})
			}
			b.changed(o.ID, func(o *shop.Order) error {
				return o.RequestRefund(shop.Refund{ID: "r1", Amount: usdt("10.5"), Lines: []int{0}, Piece: true, Unit: "a", Requested: start()})
			})
			b.changed(o.ID, func(o *shop.Order) error { return o.MarkRefundSent("r1", "t", start()) })
			b.left(shop.StockAdded{Batch: 2, Added: 1}, shop.StockLoad{
				SKU: vpn, Units: slices.Values([]string{"a"}), LoadOptions: shop.LoadOptions{Again: true},
			})
			_, err := replace("b")
			require.ErrorAs(b.t, err, new(*shop.SoldOutError), "a is free, and not for this order")
			b.stocked(vpn, 1, 0, 2)

			b.load(vpn, "c")
			changed, err := replace("b")
			require.NoError(b.t, err)
			require.Equal(b.t, []string{"a", "c"}, changed.Lines[0].Goods)
			require.Equal(b.t, []string{"c"}, changed.Lines[0].Kept())
			s, err := b.StockOf(b.ctx, vpn)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.Stock{Free: 1, Sold: 2, Burned: 1}, s)
			_, err = replace("b")
			require.NoError(b.t, err, "it was replaced before")
		}},
		{"a sold unit is never sold again, and one whose money went back only if an owner says so", func(b *bench) {
			b.load(vpn, "a", "b")
			o := b.delivered(b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 1), line(vpn, 1))), 11), 11))
			again := shop.StockLoad{SKU: vpn, Units: slices.Values([]string{"a", "b"}), LoadOptions: shop.LoadOptions{Again: true}}
			refund := func(id shop.RefundID, amount string, lines ...int) {
				b.changed(o.ID, func(o *shop.Order) error {
					return o.RequestRefund(shop.Refund{ID: id, Amount: usdt(amount), Lines: lines, Requested: start()})
				})
				b.changed(o.ID, func(o *shop.Order) error { return o.MarkRefundSent(id, "t", start()) })
			}
			b.left(shop.StockAdded{Duplicates: 2}, again)
			refund("r1", "0.5") // of a part: the buyer keeps the goods
			b.left(shop.StockAdded{Duplicates: 2}, again)
			refund("r2", "10", 0)
			b.placeOf("a", shop.UnitPlace{SKU: vpn, Where: shop.UnitReturned, Order: o.ID})
			b.placeOf("b", shop.UnitPlace{SKU: vpn, Where: shop.UnitSold, Order: o.ID})
			again.Again = false
			b.left(shop.StockAdded{Duplicates: 1, Gone: 1}, again)
			again.Again = true
			b.left(shop.StockAdded{Batch: 2, Added: 1, Duplicates: 1}, again)
			b.stocked(vpn, 1, 0, 2)
			next := b.delivered(b.paid(b.invoiced(b.placed(order(2, 8, line(vpn, 1))), 12), 12))
			require.Equal(b.t, []string{"a"}, next.Lines[0].Goods)
			refund("r3", "10.5") // all that was left
			require.Equal(b.t, shop.StateRefunded, b.stored(o.ID).State)
			b.left(shop.StockAdded{Batch: 3, Added: 1, Duplicates: 1}, again)
			b.paid(b.stored(o.ID), 13) // once more, by mistake, which goes back
			b.changed(o.ID, func(o *shop.Order) error {
				return o.RequestRefund(shop.Refund{ID: "r4", Amount: usdt("21"), Requested: start()})
			})
			require.Equal(b.t, shop.StateRefunding, b.stored(o.ID).State)
			b.sound()
		}},
		{"units are removed all or none, and never those that are reserved", func(b *bench) {
			b.load(vpn, "a", "b", "c", "d")
			o := b.placed(order(1, 7, line(vpn, 2)))
			units, err := b.RemovableOfBatch(b.ctx, vpn, 1, 10)
			require.NoError(b.t, err)
			require.Equal(b.t, []string{"d", "c"}, units)
			for _, some := range [][]string{{"a", "b", "c"}, {"a", "never"}, {"a", "a"}} {
				require.ErrorIs(b.t, b.RemoveStock(b.ctx, shop.StockRemoval{SKU: vpn, Units: some}), shop.ErrStockMoved)
			}
			b.stocked(vpn, 2, 2, 0)
			b.remove(shop.StockRemoval{SKU: vpn, Units: units})
			o = b.paid(b.invoiced(o, 11), 11)
			require.Equal(b.t, []string{"a", "b"}, o.Lines[0].Goods)
			_, err = b.RemovableOfBatch(b.ctx, gift, 1, 10)
			require.ErrorIs(b.t, err, shop.ErrNoBatch)
			_, err = b.Batch(b.ctx, vpn, 2)
			require.ErrorIs(b.t, err, shop.ErrNoBatch)
		}},
		{"a batch whose load ended in between says so, and can be taken back", func(b *bench) {
			ctx, cancel := context.WithCancel(b.ctx)
			added, err := b.AddStock(ctx, shop.StockLoad{SKU: vpn, Units: func(yield func(string) bool) {
				for i, unit := range units(5000) {
					if i == 4500 {
						cancel()
					}
					if !yield(unit) {
						return
					}
				}
			}})
			require.ErrorIs(b.t, err, context.Canceled)
			b.reopen()
			batch, err := b.Batch(b.ctx, vpn, added.Batch)
			require.NoError(b.t, err)
			require.False(b.t, batch.Whole)
			require.Equal(b.t, added.Added, batch.Added)
			require.Equal(b.t, added.Added, batch.Left)
			b.stocked(vpn, added.Added, 0, 0)
			for left := added.Added; left > 0; {
				units, err := b.RemovableOfBatch(b.ctx, vpn, batch.ID, shop.MaxRemoved)
				require.NoError(b.t, err)
				require.NotEmpty(b.t, units)
				b.remove(shop.StockRemoval{SKU: vpn, Units: units, Batch: batch.ID, Undo: true})
				left -= len(units)
			}
			b.load(vpn, units(5000)...)
		}},
		{"batches are listed newest first, a page at a time", func(b *bench) {
			for i := range 5 {
				b.load(vpn, fmt.Sprint("u", i))
				b.load(gift, fmt.Sprint("g", i))
			}
			first, err := b.Batches(b.ctx, vpn, 0, 3)
			require.NoError(b.t, err)
			rest, err := b.Batches(b.ctx, vpn, first[2].ID, 3)
			require.NoError(b.t, err)
			var ids []int64
			for _, batch := range append(first, rest...) {
				require.Equal(b.t, vpn, batch.SKU)
				ids = append(ids, batch.ID)
			}
			require.Equal(b.t, []int64{9, 7, 5, 3, 1}, ids)
		}},
	}
}

// left loads a list and asserts what became of it.
func (b *bench) left(want shop.StockAdded, l shop.StockLoad) {
	b.t.Helper()
	added, err := b.AddStock(b.ctx, l)
	require.NoError(b.t, err)
	require.Equal(b.t, want, added)
}

func (b *bench) remove(r shop.StockRemoval) {
	b.t.Helper()
	require.NoError(b.t, b.RemoveStock(b.ctx, r))
}

// placeOf asserts where the only product's unit is.
func (b *bench) placeOf(unit string, want shop.UnitPlace) {
	b.t.Helper()
	places, err := b.FindUnits(b.ctx, []string{unit})
	require.NoError(b.t, err)
	require.Len(b.t, places[0], 1)
	if want.Where == shop.UnitRemoved {
		require.WithinDuration(b.t, time.Now(), places[0][0].At, time.Minute)
		places[0][0].At = time.Time{}
	}
	require.Equal(b.t, want, places[0][0])
}
