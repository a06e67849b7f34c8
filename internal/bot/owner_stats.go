package bot

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func (b *Bot) stats(ctx context.Context, v *visit) error {
	period := strings.ToLower(or(v.args, "today"))
	first, last, ok := span(period, time.Now())
	if !ok {
		return b.say(ctx, v, "stats_usage")
	}
	s, err := b.shop.Statistics(ctx, first, last)
	if err != nil {
		return err
	}
	heading := v.voice.say("stats", "Period", v.voice.plain("stats_"+period), "Body", "")
	body := statsBody(v.voice, v.catalog, s, b.rates)
	waiting, err := b.shop.Orders(ctx, shop.Filter{State: shop.StateHeld, Limit: 1})
	if err != nil {
		return err
	}
	if paused, err := b.shop.Paused(ctx); err != nil {
		return err
	} else if paused {
		body = append(body, "", v.voice.say("stats_paused"))
	}
	if len(waiting) > 0 {
		body = append(body, "", v.voice.say("stats_waiting"))
	}
	return b.sendLong(ctx, v, heading, body)
}

// span is the days that a period's name means; "all" has no bounds.
func span(period string, now time.Time) (first, last shop.Day, ok bool) {
	back := map[string]int{"today": 0, "week": 6, "month": 29}
	if period == "all" {
		return "", "", true
	}
	days, ok := back[period]
	return shop.DayOf(now.AddDate(0, 0, -days)), shop.DayOf(now), ok
}

// statsBody lists what there is to tell; what came in is also valued at today's rates.
func statsBody(v voice, c *catalog.Catalog, s shop.Statistics, rates shop.Rates) []markup {
	t := s.Total
	if t.Zero() {
		return []markup{v.say("stats_none")}
	}
	body := []markup{v.say("stats_orders", "Ordered", t.Ordered, "Paid", t.Paid, "Delivered", t.Delivered, "Cancelled", t.Cancelled)}
	if t.Held > 0 {
		body = append(body, v.say("stats_held", "Held", t.Held))
	}
	sums := []struct {
		text string
		sums shop.Sums
	}{
		{"stats_revenue", t.Revenue},
		{"stats_received", t.Received},
		{"stats_fees", t.Fees},
		{"stats_refunded", t.Refunded},
	}
	for _, line := range sums {
		if len(line.sums) > 0 {
			said := v.say(line.text, "Amounts", prices(line.sums))
			if worth, known := value(line.sums, c.Shop.Currency, rates); known {
				said += v.say("product_approx", "Amount", worth)
			}
			body = append(body, said)
		}
	}
	body = append(body, "")
	for _, sku := range slices.Sorted(maps.Keys(s.Products)) {
		product := s.Products[sku]
		if product.Units == 0 {
			continue
		}
		title := sku
		if p, found := c.Product(sku); found {
			title = v.text(p.Title)
		}
		body = append(body, v.say("stats_product", "Title", title, "Units", product.Units, "Amounts", prices(product.Revenue)))
	}
	return body
}

// value is what amounts are worth together in one currency; false where that is
// not known of each of them, or needs no saying since they are all of that currency.
func value(sums shop.Sums, in money.Currency, rates shop.Rates) (money.Amount, bool) {
	total, converted := money.Zero(in), false
	for _, a := range sums {
		if a.Currency() != in {
			rate, known := rates.Rate(a.Currency(), in)
			if !known {
				return total, false
			}
			var err error
			if a, err = rate.Convert(a, 2); err != nil {
				return total, false
			}
			converted = true
		}
		total, _ = total.Add(a) // of one currency by now
	}
	return total, converted
}
