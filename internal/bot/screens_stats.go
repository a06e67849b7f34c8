package bot

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/chart"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func (b *Bot) statsScreen(ctx context.Context, r *request, f figures) screen {
	s := screen{Text: statsText(r.loc, r.catalog, f, b.rates), Rows: statsButtons(r.loc, f.period)}
	if f.now.Total.Zero() && f.before.Zero() {
		return s
	}
	picture, err := statsPicture(r.loc, r.catalog, f)
	if err != nil {
		b.log.ErrorContext(ctx, "draw statistics failed", "error", err)
		return s
	}
	s.Drawn = picture
	return s
}

func statsButtons(l localizer, chosen string) [][]button {
	var choice []button
	for _, name := range periodNames() {
		choice = append(choice, button{Text: l.Plain("stats_button_" + name), Data: data(actStats, name)}.chosen(name == chosen))
	}
	return [][]button{choice[:3], choice[3:], row(l.button("staff_home", actAdmin))}
}

// bestProducts is how many products the statistics list.
const bestProducts = 5

// statsText is what there is to tell, short enough for a caption; what came in is valued at today's
// rates.
func statsText(l localizer, c *catalog.Catalog, f figures, rates shop.Rates) markup {
	t := f.now.Total
	parts := []markup{l.Say("stats", "Period", l.Plain("stats_"+f.period))}
	if t.Zero() {
		parts = append(parts, l.Say("stats_none"))
	} else {
		parts = append(parts, lines(append(statsMoney(l, c, f, rates), statsOrders(l, t))...), statsBest(l, c, f.now.Products))
		if coins := t.Coins().Received; len(coins) > 0 {
			parts = append(parts, l.Say("stats_coins", "Amounts", l.ShortAmounts(coins)))
		}
	}
	if f.waiting {
		parts = append(parts, l.Say("stats_waiting"))
	}
	if f.paused {
		parts = append(parts, l.Say("stats_paused"))
	}
	return sections(parts...)
}

// reckonedIn is the currency that statistics are about: the shop's, or Stars if it takes nothing else.
func reckonedIn(c *catalog.Catalog) money.Currency {
	if localize.MeansOf(c) == "stars" {
		return catalog.Stars
	}
	return c.Shop.Currency
}

// statsMoney tells of the revenue, how it compares, and what is left of it; and of Stars beside
// another currency in lines of their own.
func statsMoney(l localizer, c *catalog.Catalog, f figures, rates shop.Rates) []markup {
	in, stars := reckonedIn(c), f.now.Total.Stars()
	if in == catalog.Stars {
		return statsIn(l, in, stars, f.before.Stars(), f.now.Total.Coins(), rates)
	}
	said := statsIn(l, in, f.now.Total.Coins(), f.before.Coins(), shop.Counters{}, rates)
	if len(stars.Revenue) > 0 {
		said = append(said, l.Say("stats_stars", "Amount", stars.Revenue[0]))
	}
	if len(stars.Refunded) > 0 {
		said = append(said, l.Say("stats_stars_refunded", "Amount", stars.Refunded[0]))
	}
	return said
}

// statsIn tells of counters that are about one currency, and of the revenue in others.
func statsIn(l localizer, in money.Currency, t, beforeThat, beside shop.Counters, rates shop.Rates) []markup {
	text := []markup{l.Say("stats_revenue", "Amount", l.Short(t.Revenue.Of(in)))}
	if change, _ := change(l, t.Revenue.Of(in), beforeThat.Revenue.Of(in)); change != "" {
		text[0] += "  " + localize.Escape(change)
	}
	for _, other := range slices.Concat(t.Revenue, beside.Revenue) { // the shop changed its currency
		if other.Currency() != in {
			text = append(text, l.Say("stats_revenue", "Amount", l.Short(other)))
		}
	}
	if len(t.Fees)+len(t.Refunded) == 0 {
		return text
	}
	net, fees, refunded, known := netWorth(t, in, rates)
	if !known {
		return append(text, statsCosts(l, t.Fees, t.Refunded)...)
	}
	costs := statsCosts(l, []money.Amount{fees}, []money.Amount{refunded})
	said := l.Say("stats_net", "Amount", l.Short(net))
	if before, _, _, known := netWorth(beforeThat, in, rates); known {
		if change, _ := change(l, net, before); change != "" {
			said += "  " + localize.Escape(change)
		}
	}
	return append(append(text, said), costs...)
}

// netWorth is what is left of the revenue after fees and refunds, and what these are worth; false
// if nobody knows that.
func netWorth(t shop.Counters, in money.Currency, rates shop.Rates) (net, fees, refunded money.Amount, known bool) {
	fees, feesKnown := worth(t.Fees, in, rates)
	refunded, refundedKnown := worth(t.Refunded, in, rates)
	net, err := t.Revenue.Of(in).Sub(fees)
	if err == nil {
		net, err = net.Sub(refunded)
	}
	return net, fees, refunded, err == nil && feesKnown && refundedKnown
}

func statsCosts(l localizer, fees, refunded []money.Amount) (lines []markup) {
	some := func(a money.Amount) bool { return !a.IsZero() }
	if slices.ContainsFunc(fees, some) {
		lines = append(lines, l.Say("stats_fees", "Amounts", l.ShortAmounts(fees)))
	}
	if slices.ContainsFunc(refunded, some) {
		lines = append(lines, l.Say("stats_refunded", "Amounts", l.ShortAmounts(refunded)))
	}
	return lines
}

// change tells how an amount compares with the one of the time before; "" if there is nothing to
// compare with.
func change(l localizer, now, before money.Amount) (text string, fell bool) {
	percent, known := percentOf(now, before)
	switch {
	case !known:
		return "", false
	case percent < 100:
		return l.Plain("stats_fell", "Percent", itoa(100-percent), "Before", l.Short(before)), true
	default:
		return l.Plain("stats_rose", "Percent", itoa(percent-100), "Before", l.Short(before)), false
	}
}

// percentOf is how many percent of whole a part is, rounded; false if whole is nothing.
func percentOf(part, whole money.Amount) (int64, bool) {
	if whole.Sign() <= 0 || part.Currency() != whole.Currency() {
		return 0, false
	}
	ratio := part.Float() / whole.Float()
	return int64(math.Round(100 * ratio)), true
}

func statsOrders(l localizer, t shop.Counters) markup {
	share := markup("")
	if t.Ordered > 0 && t.Paid <= t.Ordered {
		share = l.Say("stats_conversion", "Percent", (200*t.Paid+t.Ordered)/(2*t.Ordered))
	}
	said := l.Say("stats_orders", "Count", t.Ordered, "Paid", t.Paid, "Share", share, "Delivered", t.Delivered, "Cancelled", t.Cancelled)
	if t.Held > 0 {
		said += "\n" + l.Say("stats_held", "Count", t.Held)
	}
	if t.Replaced > 0 {
		said += "\n" + l.Say("stats_replaced", "Count", t.Replaced)
	}
	return said
}

// statsBest lists the products with the most revenue; "" if none was sold.
func statsBest(l localizer, c *catalog.Catalog, products map[string]shop.Counters) markup {
	sold := slices.DeleteFunc(slices.Collect(maps.Keys(products)), func(sku string) bool { return products[sku].Units == 0 })
	revenue := func(sku string, in money.Currency) money.Amount {
		sums := products[sku].Revenue
		return sums.Of(in)
	}
	slices.SortFunc(sold, func(a, b string) int {
		order, _ := revenue(b, reckonedIn(c)).Compare(revenue(a, reckonedIn(c))) // of one currency
		stars, _ := revenue(b, catalog.Stars).Compare(revenue(a, catalog.Stars))
		return cmp.Or(order, stars, cmp.Compare(a, b))
	})
	if len(sold) == 0 {
		return ""
	}
	listed := []markup{l.Say("stats_best")}
	for i, sku := range sold {
		if i == bestProducts {
			listed = append(listed, l.Say("stats_more", "Count", len(sold)-bestProducts))
			break
		}
		title := sku
		if p, found := c.Product(sku); found {
			title = l.Text(p.Title)
		}
		brought := products[sku].Revenue
		if len(brought) == 0 {
			brought = shop.Sums{money.Zero(reckonedIn(c))}
		}
		listed = append(listed, l.Say("stats_product", "Number", i+1, "Title", clip(title, 30), "Units", products[sku].Units,
			"Amount", l.ShortAmounts(brought)))
	}
	return lines(listed...)
}

// statsPicture draws the revenue of the bars' days.
func statsPicture(l localizer, c *catalog.Catalog, f figures) ([]byte, error) {
	in := reckonedIn(c)
	total := f.now.Total.Revenue.Of(in)
	bars := chart.Bars{
		Shop: l.Text(c.Shop.Name), Title: l.Plain("stats_picture_" + f.period), Total: l.Short(total),
		Format: func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) },
	}
	bars.Change, bars.Fell = change(l, total, f.before.Revenue.Of(in))
	for i, day := range f.days {
		bars.Labels = append(bars.Labels, barLabel(l, day))
		bars.Values = append(bars.Values, f.bars[i].Revenue.Of(in).Float())
	}
	return bars.PNG()
}

// barLabel is a day as "23 Nov", or a month as "11/26".
func barLabel(l localizer, d shop.Day) string {
	if at, err := time.Parse("2006-01", string(d)); err == nil {
		return at.Format("01/06")
	}
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return l.Day(at)
}

// value is what amounts are worth together in one currency; false if that is not known of each of
// them, or needs no saying since they are all of that currency.
func value(sums shop.Sums, in money.Currency, rates shop.Rates) (money.Amount, bool) {
	total, known := worth(sums, in, rates)
	return total, known && slices.ContainsFunc(sums, func(a money.Amount) bool { return a.Currency() != in })
}

// worth is what amounts are worth together in one currency, to two decimals; false if that is not
// known of each of them.
func worth(sums shop.Sums, in money.Currency, rates shop.Rates) (money.Amount, bool) {
	total := money.Zero(in)
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
		}
		total, _ = total.Add(a) // of one currency by now
	}
	return total, true
}
