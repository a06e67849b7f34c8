package bot

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func (b *Bot) stats(ctx context.Context, r *request) error {
	period := strings.ToLower(cmp.Or(r.args, "today"))
	first, last, ok := span(period, time.Now())
	if !ok {
		return b.say(ctx, r, "stats_usage")
	}
	s, err := b.shop.Statistics(ctx, first, last)
	if err != nil {
		return err
	}
	body := append([]markup{""}, statsBody(r.loc, r.catalog, s, b.rates)...)
	waiting, err := b.shop.Orders(ctx, shop.Filter{State: shop.StateHeld, Limit: 1})
	if err != nil {
		return err
	}
	if paused, err := b.shop.Paused(ctx); err != nil {
		return err
	} else if paused {
		body = append(body, "", r.loc.say("stats_paused"))
	}
	if len(waiting) > 0 {
		body = append(body, "", r.loc.say("stats_waiting"))
	}
	heading := r.loc.say("stats", "Period", r.loc.plain("stats_"+period), "Body", "")
	return b.reply(ctx, r, longScreens(heading, body, nil)...)
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
func statsBody(l localizer, c *catalog.Catalog, s shop.Statistics, rates shop.Rates) []markup {
	t := s.Total
	if t.Zero() {
		return []markup{l.say("stats_none")}
	}
	body := []markup{l.say("stats_orders", "Ordered", t.Ordered, "Paid", t.Paid, "Delivered", t.Delivered, "Cancelled", t.Cancelled)}
	if t.Held > 0 {
		body = append(body, l.say("stats_held", "Held", t.Held))
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
			said := l.say(line.text, "Amounts", prices(line.sums))
			if worth, known := value(line.sums, c.Shop.Currency, rates); known {
				said += l.say("product_approx", "Amount", worth)
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
			title = l.text(p.Title)
		}
		body = append(body, l.say("stats_product", "Title", title, "Units", product.Units, "Amounts", prices(product.Revenue)))
	}
	return body
}

// value is what amounts are worth together in one currency; false if that is
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

// unblock is "/unblock BUYER": a buyer's id, or the number of an order of theirs.
func (b *Bot) unblock(ctx context.Context, r *request) error {
	buyer, err := strconv.ParseInt(r.args, 10, 64)
	switch {
	case r.args == "":
		return b.say(ctx, r, "unblock_usage")
	case err != nil:
		o, found, err := b.find(ctx, r, r.args)
		if !found {
			return err
		}
		buyer = o.Buyer.ID
	case buyer <= 0:
		return b.say(ctx, r, "unblock_usage")
	}
	if err := b.shop.Unblock(ctx, buyer, r.user.ID); err != nil {
		return err
	}
	return b.say(ctx, r, "unblocked", "BuyerID", itoa(buyer))
}

// pause is "/pause": no new orders until /resume; those that are there go on.
func (b *Bot) pause(ctx context.Context, r *request) error {
	if err := b.shop.Pause(ctx, r.user.ID); err != nil {
		return err
	}
	return b.say(ctx, r, "paused")
}

func (b *Bot) resume(ctx context.Context, r *request) error {
	if err := b.shop.Resume(ctx, r.user.ID); err != nil {
		return err
	}
	return b.say(ctx, r, "resumed")
}

// balance is "/balance": the coins at the payment service, and what they are worth.
func (b *Bot) balance(ctx context.Context, r *request) error {
	all, err := b.shop.Balances(ctx)
	if err != nil {
		b.log.WarnContext(ctx, "read balance failed", "user", r.user.ID, "error", err)
		return b.say(ctx, r, "balance_unknown")
	}
	var some []money.Amount
	for _, a := range all {
		if !a.IsZero() {
			some = append(some, a)
		}
	}
	if len(some) == 0 {
		return b.say(ctx, r, "balance_none")
	}
	said := r.loc.say("balance", "Amounts", prices(some))
	if worth, known := value(some, r.catalog.Shop.Currency, b.rates); known {
		said += r.loc.say("product_approx", "Amount", worth)
	}
	return b.reply(ctx, r, screen{Text: said})
}
