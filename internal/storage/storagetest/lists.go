package storagetest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func lists() []scenario {
	return []scenario{
		{"a buyer leafs through his orders, newest first", func(b *bench) {
			var mine []shop.OrderID
			for n := range 7 {
				mine = append(mine, b.placed(text(2*n, 7)).ID)
				b.placed(text(2*n+1, 8))
			}
			slices.Reverse(mine)
			var pages [][]shop.OrderID
			before := shop.OrderID("")
			for {
				page, err := b.OrdersOf(b.ctx, 7, before, 3)
				require.NoError(b.t, err)
				if len(page) == 0 {
					break
				}
				pages = append(pages, ids(page))
				before = page[len(page)-1].ID
			}
			require.Equal(b.t, [][]shop.OrderID{mine[:3], mine[3:6], mine[6:]}, pages)
			none, err := b.OrdersOf(b.ctx, 9, "", 3)
			require.NoError(b.t, err)
			require.Empty(b.t, none)
		}},
		{"owners list by state, by time, and in pages", func(b *bench) {
			var all, odd []shop.OrderID
			for n := range 8 {
				o := b.placed(text(n, int64(n)))
				all = append(all, o.ID)
				if n%2 == 1 {
					b.invoiced(o, int64(n))
					odd = append(odd, o.ID)
				}
			}
			at := func(n int) time.Time { return start().Add(time.Duration(n) * time.Second).Truncate(time.Second) }
			for _, c := range []struct {
				filter shop.Filter
				want   []shop.OrderID
			}{
				{shop.Filter{}, all},
				{shop.Filter{Limit: 3}, all[:3]},
				{shop.Filter{After: all[2], Limit: 3}, all[3:6]},
				{shop.Filter{Since: at(3)}, all[3:]},
				{shop.Filter{Since: at(3), After: all[0]}, all[3:]},
				{shop.Filter{Since: at(3), After: all[5]}, all[6:]},
				{shop.Filter{Since: at(9)}, all[:0]},
				{shop.Filter{State: shop.StateAwaiting}, odd},
				{shop.Filter{State: shop.StateAwaiting, After: odd[0], Limit: 2}, odd[1:3]},
				{shop.Filter{State: shop.StateAwaiting, Since: at(4)}, odd[2:]},
				{shop.Filter{State: shop.StateAwaiting, After: odd[3]}, odd[:0]},
				{shop.Filter{State: shop.StatePaid}, odd[:0]},
			} {
				list, err := b.Orders(b.ctx, c.filter)
				require.NoError(b.t, err)
				require.Equal(b.t, c.want, ids(list), "%+v", c.filter)
			}
		}},
		{"a page has a hundred orders where nobody says", func(b *bench) {
			for n := range 103 {
				b.placed(text(n, 7))
			}
			list, err := b.Orders(b.ctx, shop.Filter{})
			require.NoError(b.t, err)
			require.Len(b.t, list, 100)
			list, err = b.Orders(b.ctx, shop.Filter{After: list[99].ID})
			require.NoError(b.t, err)
			require.Len(b.t, list, 3)
		}},
	}
}
