package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// exports are what tables of the whole shop are read from.
func exports() []scenario {
	return []scenario{
		{"what is for sale is listed as it is sold, page by page", func(b *bench) {
			b.load(vpn, units(3)...)
			b.load(gift, "g")
			b.load(vpn, "LAST")
			b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 1))), 11), 11)
			b.placed(order(2, 7, line(vpn, 1))) // reserved, and still of no order
			var listed []string
			last := shop.StoredUnit{}
			for {
				page, err := b.UnitsForSale(b.ctx, last.SKU, last.Number, 2)
				require.NoError(b.t, err)
				for _, u := range page {
					listed = append(listed, u.SKU+" "+u.Unit)
					batch, err := b.Batch(b.ctx, u.SKU, u.Batch)
					require.NoError(b.t, err)
					require.Positive(b.t, batch.Left)
					last = u
				}
				if len(page) < 2 {
					break
				}
			}
			want := []string{gift + " g", vpn + " UNIT-00001", vpn + " UNIT-00002", vpn + " LAST"}
			if vpn < gift {
				want = append(want[1:], want[0])
			}
			require.Equal(b.t, want, listed)
		}},
		{"a period of orders goes by when they were made, not by their numbers", func(b *bench) {
			early := b.placed(text(1, 7))
			late := text(2, 7)
			late.Created = late.Created.Add(24 * time.Hour) // its button was drawn the day before
			b.placed(late)
			between := early.Created.Add(12 * time.Hour)
			for _, c := range []struct {
				filter shop.Filter
				want   []shop.OrderID
			}{
				{shop.Filter{Since: between}, []shop.OrderID{late.ID}},
				{shop.Filter{Until: between}, []shop.OrderID{early.ID}},
				{shop.Filter{Until: between, State: shop.StateNew}, []shop.OrderID{early.ID}},
				{shop.Filter{Since: late.Created, State: shop.StateNew}, []shop.OrderID{late.ID}},
				{shop.Filter{Until: late.Created}, []shop.OrderID{early.ID}},
				{shop.Filter{Since: early.Created, Until: late.Created.Add(1)}, []shop.OrderID{early.ID, late.ID}},
				{shop.Filter{Since: late.Created.Add(1)}, []shop.OrderID{}},
			} {
				orders, err := b.Orders(b.ctx, c.filter)
				require.NoError(b.t, err)
				require.Equal(b.t, c.want, ids(orders), "%+v", c.filter)
			}
		}},
	}
}
