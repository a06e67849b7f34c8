package storagetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func counts() []scenario {
	return []scenario{
		{"statistics are what the changes add up to", func(b *bench) {
			b.load(vpn, keys(9)...)
			var want shop.Counters
			step := func(before, after shop.Order) shop.Order {
				shop.Tally(&before, &after, &want)
				return after
			}
			sold := step(shop.Order{}, b.placed(order(1, 7, vpn, 2)))
			sold = step(sold, b.invoiced(sold, 11))
			sold = step(sold, b.paid(sold, 11))
			b.paid(sold, 11) // heard again
			sold = step(sold, b.delivered(sold))
			sold = step(sold, b.changed(sold.ID, func(o *shop.Order) error {
				return o.RequestRefund(shop.Refund{ID: "r1", Amount: usdt("0.3"), Requested: start()})
			}))
			step(sold, b.changed(sold.ID, func(o *shop.Order) error { return o.MarkRefundSent("r1", 5, start()) }))
			given := step(shop.Order{}, b.placed(order(2, 8, vpn, 1)))
			step(given, b.cancelled(given))
			require.Equal(b.t, 2, want.Ordered)
			require.Equal(b.t, usdt("0.3").String(), want.Refunded.Of("USDT").String())

			b.counted("", "", want)
			b.reopen()
			b.counted("", "", want)
		}},
		{"products are counted for themselves", func(b *bench) {
			b.load(vpn, keys(9)...)
			b.placed(order(1, 7, vpn, 2))
			b.placed(text(2, 7))
			b.placed(text(3, 7))
			s, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)
			same(b.t, map[string]shop.Counters{vpn: {Ordered: 1}, "guide": {Ordered: 2}}, s.Products)
			same(b.t, shop.Counters{Ordered: 3}, s.Total)
		}},
		{"days are counted for themselves", func(b *bench) {
			before := shop.DayOf(time.Now())
			b.placed(text(1, 7))
			today := shop.DayOf(time.Now()) // another day than before, once in a while
			yesterday := shop.DayOf(time.Now().Add(-48 * time.Hour))
			tomorrow := shop.DayOf(time.Now().Add(48 * time.Hour))
			one, none := shop.Counters{Ordered: 1}, shop.Counters{}
			b.counted(before, today, one)
			b.counted(before, "", one)
			b.counted("", today, one)
			b.counted(yesterday, tomorrow, one)
			b.counted("", yesterday, none)
			b.counted(tomorrow, "", none)
			b.counted(tomorrow, yesterday, none)
		}},
	}
}

func (b *bench) counted(first, last shop.Day, want shop.Counters) {
	b.t.Helper()
	s, err := b.Statistics(b.ctx, first, last)
	require.NoError(b.t, err)
	same(b.t, want, s.Total, "from %q to %q", first, last)
}
