package storagetest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func stocks() []scenario {
	return []scenario{
		{"keys that the product ever had are left out and counted", func(b *bench) {
			added, err := b.AddStock(b.ctx, vpn, []string{"a", "b", "a", "c"}, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.StockAdded{Added: 3, Duplicates: 1}, added)
			b.delivered(b.paid(b.invoiced(b.placed(order(1, 7, vpn, 1)), 11), 11)) // sells a
			b.reopen()
			added, err = b.AddStock(b.ctx, vpn, []string{"d", "a", "b"}, 7)
			require.NoError(b.t, err)
			require.Equal(b.t, shop.StockAdded{Added: 1, Duplicates: 2}, added)
			b.stocked(3, 0, 1)
		}},
		{"products do not share their keys", func(b *bench) {
			b.load(vpn, "a", "b")
			b.load("vpn-2", "a")
			b.load("v", "a")
			stock, err := b.Stock(b.ctx)
			require.NoError(b.t, err)
			require.Equal(b.t, map[string]shop.Stock{vpn: {Free: 2}, "vpn-2": {Free: 1}, "v": {Free: 1}}, stock)
		}},
		{"a product that never had units has none", func(b *bench) { b.stocked(0, 0, 0) }},
		{"no keys are no stock", func(b *bench) {
			added, err := b.AddStock(b.ctx, vpn, nil, 7)
			require.NoError(b.t, err)
			require.Zero(b.t, added)
		}},
		{"a long list is sold in its order, to the byte", func(b *bench) {
			list := keys(3500)
			list[0], list[1], list[2] = strings.Repeat("я", shop.MaxKeyBytes/2), "with blanks\tand <tags>", "\"quoted\\"
			b.load(vpn, list...)
			b.stocked(len(list), 0, 0)
			o := b.placed(order(1, 7, vpn, 3400))
			require.Equal(b.t, list[:3400], b.paid(b.invoiced(o, 11), 11).Keys)
			b.stocked(100, 0, 3400)
		}},
	}
}
