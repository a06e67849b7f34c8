package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func counts() []scenario {
	return []scenario{
		{"days are counted for themselves", func(b *bench) {
			before := shop.DayOf(time.Now(), time.UTC)
			b.placed(text(1, 7))
			today := shop.DayOf(time.Now(), time.UTC) // another day than before, once in a while
			yesterday := shop.DayOf(time.Now().Add(-48*time.Hour), time.UTC)
			tomorrow := shop.DayOf(time.Now().Add(48*time.Hour), time.UTC)
			for _, c := range []struct {
				first, last shop.Day
				ordered     int
			}{
				{before, today, 1},
				{before, "", 1},
				{"", today, 1},
				{yesterday, tomorrow, 1},
				{"", yesterday, 0},
				{tomorrow, "", 0},
				{tomorrow, yesterday, 0},
			} {
				s, err := b.Statistics(b.ctx, c.first, c.last)
				require.NoError(b.t, err)
				require.Equal(b.t, c.ordered, s.Total.Ordered, "from %q to %q", c.first, c.last)
			}
		}},
		{"months and single days are counted for themselves", func(b *bench) {
			before := time.Now()
			b.placed(text(1, 7))
			b.placed(text(2, 7))
			now := time.Now()
			if shop.DayOf(before, time.UTC) != shop.DayOf(now, time.UTC) {
				return // once in a while
			}
			long := now.AddDate(0, -3, 0)
			for _, c := range []struct {
				first, last shop.Day
				ordered     int
			}{
				{shop.MonthOf(now, time.UTC), shop.MonthOf(now, time.UTC), 2},
				{shop.MonthOf(long, time.UTC), shop.MonthOf(now, time.UTC), 2},
				{shop.MonthOf(now, time.UTC), "", 2},
				{"", shop.MonthOf(now, time.UTC), 2},
				{shop.MonthOf(long, time.UTC), shop.MonthOf(long, time.UTC), 0},
				{"", shop.MonthOf(long, time.UTC), 0},
			} {
				s, err := b.Statistics(b.ctx, c.first, c.last)
				require.NoError(b.t, err)
				require.Equal(b.t, c.ordered, s.Total.Ordered, "from %q to %q", c.first, c.last)
				require.Equal(b.t, c.ordered, s.Products[guide].Ordered)
			}
			totals, err := b.Totals(b.ctx, []shop.Day{shop.DayOf(long, time.UTC), shop.DayOf(now, time.UTC), shop.MonthOf(now, time.UTC), shop.MonthOf(long, time.UTC), ""})
			require.NoError(b.t, err)
			require.Len(b.t, totals, 5)
			for i, ordered := range []int{0, 2, 2, 0, 2} {
				require.Equal(b.t, ordered, totals[i].Ordered)
			}
		}},
		{"the audit trail tells of each movement of an order, with its units", func(b *bench) {
			b.load(vpn, units(3)...)
			b.load(gift, "g")
			o := b.delivered(b.paid(b.invoiced(b.placed(order(1, 7, line(vpn, 2), line(gift, 1))), 11), 11))
			b.cancelled(b.placed(order(2, 8, line(vpn, 1))))
			require.NoError(b.t, b.Record(b.ctx, shop.AuditEntry{Act: shop.AuditPaused, By: 5, Number: 99}))
			require.NoError(b.t, b.Record(b.ctx, shop.AuditEntry{Act: shop.AuditSentAgain, Order: o.ID, By: 5}))
			require.ErrorIs(b.t, b.Record(b.ctx, shop.AuditEntry{Act: shop.AuditSentAgain, Order: "NONE"}), shop.ErrNotFound)
			b.reopen()
			trail, err := b.TrailOf(b.ctx, o.ID)
			require.NoError(b.t, err)
			require.Len(b.t, trail, 3)
			require.Equal(b.t, shop.AuditSentAgain, trail[2].Act)
			require.EqualValues(b.t, 5, trail[2].By)
			trail = trail[:2]
			for i := range trail {
				require.EqualValues(b.t, 3+i, trail[i].Number, "after the two loads")
				require.WithinDuration(b.t, time.Now(), trail[i].At, time.Minute)
				trail[i].Number, trail[i].At = 0, time.Time{}
			}
			same(b.t, []shop.AuditEntry{
				{Act: shop.AuditPlaced, Order: o.ID, Stock: []shop.StockMove{{SKU: gift, Reserved: 1}, {SKU: vpn, Reserved: 2}}},
				{
					Act: shop.AuditPaid, Order: o.ID, Amount: o.Total, Fee: usdt("0.03"), Reference: "11",
					Stock: []shop.StockMove{
						{SKU: gift, Units: -1, Reserved: -1, Goods: shop.Fingerprint([]string{"g"})},
						{SKU: vpn, Units: -2, Reserved: -2, Goods: shop.Fingerprint(units(2))},
					},
				},
			}, trail)
		}},
	}
}
