package export

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func statsColumns() []column {
	return []column{
		{"day", word},
		{"of", word},
		{"sku", text},
		{"title", text},
		{"ordered", number},
		{"paid", number},
		{"units", number},
		{"delivered", number},
		{"held", number},
		{"cancelled", number},
		{"revenue", amount},
		{"currency", word},
		{"coin", word},
		{"received", amount},
		{"fees", amount},
		{"refunded", amount},
		{"net", amount},
	}
}

// The values of the column "of": rows of products are parts of the row of the shop.
const (
	ofShop    = "shop"
	ofProduct = "product"
)

// stats adds a row for each day of the shop's zone on which something happened, one for each product
// on it, and further ones for further coins and currencies.
func (e *exporter) stats(ctx context.Context, t *table) iter.Seq[error] {
	return func(yield func(error) bool) {
		day, last, err := e.days(ctx)
		for ; err == nil && !day.After(last); day = day.AddDate(0, 0, 1) {
			on := shop.DayOf(day, e.zone)
			var s shop.Statistics
			if s, err = e.from.Statistics(ctx, on, on); err != nil {
				break
			}
			e.addDay(t, on, s)
			if !yield(nil) {
				return
			}
		}
		if err != nil {
			yield(err)
		}
	}
}

// days is the first and the last day to tell of, as noons: every day of every zone has one.
func (e *exporter) days(ctx context.Context) (first, last time.Time, err error) {
	noon := func(t time.Time) time.Time {
		y, m, d := t.In(e.zone).Date()
		return time.Date(y, m, d, 12, 0, 0, 0, e.zone)
	}
	last = noon(time.Now())
	if until := e.request.Until; !until.IsZero() && until.Before(time.Now()) {
		last = noon(until.Add(-time.Nanosecond))
	}
	if first = e.request.Since; first.IsZero() {
		orders, err := e.from.Orders(ctx, shop.Filter{Limit: 1})
		if err != nil || len(orders) == 0 {
			return last, last, err
		}
		first = orders[0].Created.Add(-24 * time.Hour) // the next one may have been made before it
	}
	return noon(first), last, nil
}

func (e *exporter) addDay(t *table, day shop.Day, s shop.Statistics) {
	if s.Total.Zero() {
		return
	}
	e.addCounters(t, []string{string(day), ofShop, "", ""}, &s.Total)
	for _, sku := range slices.Sorted(maps.Keys(s.Products)) {
		c := s.Products[sku]
		e.addCounters(t, []string{string(day), ofProduct, sku, e.title(sku)}, &c)
	}
}

// addCounters adds as many rows as there are currencies or coins, so that each amount stands once.
func (e *exporter) addCounters(t *table, heading []string, c *shop.Counters) {
	coins := coinsOf(c)
	for i := range max(len(c.Revenue), len(coins), 1) {
		t.add(heading...)
		if i == 0 {
			t.add(itoa(c.Ordered), itoa(c.Paid), itoa(c.Units), itoa(c.Delivered), itoa(c.Held), itoa(c.Cancelled))
		} else {
			t.add("", "", "", "", "", "")
		}
		if i < len(c.Revenue) {
			t.add(c.Revenue[i].Decimal(), string(c.Revenue[i].Currency()))
		} else {
			t.add("", "")
		}
		if i < len(coins) {
			received, fees, refunded := c.Received.Of(coins[i]), c.Fees.Of(coins[i]), c.Refunded.Of(coins[i])
			net, _ := received.Sub(fees) // of one coin
			net, _ = net.Sub(refunded)
			t.add(string(coins[i]), received.Decimal(), fees.Decimal(), refunded.Decimal(), net.Decimal())
		}
		t.end()
	}
}

func coinsOf(c *shop.Counters) (coins []money.Currency) {
	for _, sums := range []shop.Sums{c.Received, c.Fees, c.Refunded} {
		for _, a := range sums {
			if !slices.Contains(coins, a.Currency()) {
				coins = append(coins, a.Currency())
			}
		}
	}
	return coins
}
