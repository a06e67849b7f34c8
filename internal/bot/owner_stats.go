package bot

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/chart"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// period is a span of days that an owner can ask statistics of. It ends today.
type period struct {
	days   int // how many; 0: all
	months int // whole months instead, the current one included
	bars   int // of the picture; 0: as many as days or months
}

// periods maps: what an owner asks for => the span.
func periods() map[string]period {
	return map[string]period{
		"today": {days: 1, bars: 7},
		"week":  {days: 7},
		"month": {days: 30},
		"year":  {months: 12},
		"all":   {bars: 12},
	}
}

// periodNames lists the periods in the order of their buttons.
func periodNames() []string { return []string{"today", "week", "month", "year", "all"} }

// span is the days or months of p, and of as long a time before; all of them empty for all time.
func (p period) span(now time.Time) (first, last, firstBefore, lastBefore shop.Day) {
	day := func(back int) shop.Day { return shop.DayOf(now.UTC().AddDate(0, 0, -back)) }
	switch {
	case p.months > 0:
		return monthsBack(now, p.months-1), monthsBack(now, 0), monthsBack(now, 2*p.months-1), monthsBack(now, p.months)
	case p.days > 0:
		return day(p.days - 1), day(0), day(2*p.days - 1), day(p.days)
	}
	return "", "", "", ""
}

// monthsBack is the month that many months ago. Counted from the first of the month: a month before
// the 31st there may be no such day.
func monthsBack(now time.Time, months int) shop.Day {
	y, m, _ := now.UTC().Date()
	return shop.MonthOf(time.Date(y, m-time.Month(months), 1, 0, 0, 0, 0, time.UTC))
}

// barDays lists the days or months that the picture has a bar for, the oldest first.
func (p period) barDays(now time.Time) []shop.Day {
	n := cmp.Or(p.bars, p.days, p.months)
	days := make([]shop.Day, 0, n)
	for back := n - 1; back >= 0; back-- {
		if p.days > 0 {
			days = append(days, shop.DayOf(now.UTC().AddDate(0, 0, -back)))
		} else {
			days = append(days, monthsBack(now, back))
		}
	}
	return days
}

// figures are what a screen of statistics shows.
type figures struct {
	period  string
	now     shop.Statistics
	before  shop.Counters // of as long a time before; zero for all time
	days    []shop.Day    // of the bars
	bars    []shop.Counters
	paused  bool
	waiting bool // paid orders wait for a person
}

// stats is "/stats [PERIOD]", and the buttons of its screen.
func (b *Bot) stats(ctx context.Context, r *request) error {
	name := strings.ToLower(cmp.Or(r.args, "today"))
	if _, known := periods()[name]; !known {
		return b.say(ctx, r, "stats_usage")
	}
	f, err := b.figures(ctx, name, time.Now())
	if err != nil {
		return err
	}
	return b.show(ctx, r, b.statsScreen(ctx, r, f))
}

func (b *Bot) figures(ctx context.Context, name string, now time.Time) (f figures, err error) {
	p := periods()[name]
	f.period, f.days = name, p.barDays(now)
	first, last, firstBefore, lastBefore := p.span(now)
	if f.now, err = b.shop.Statistics(ctx, first, last); err != nil {
		return f, err
	}
	if first != "" {
		before, err := b.shop.Statistics(ctx, firstBefore, lastBefore)
		if err != nil {
			return f, err
		}
		f.before = before.Total
	}
	if f.bars, err = b.shop.Totals(ctx, f.days); err != nil {
		return f, err
	}
	if f.paused, err = b.shop.Paused(ctx); err != nil {
		return f, err
	}
	held, err := b.shop.Orders(ctx, shop.Filter{State: shop.StateHeld, Limit: 1})
	f.waiting = len(held) > 0
	return f, err
}

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
		text := l.plain("stats_button_" + name)
		if name == chosen {
			text = "· " + text + " ·"
		}
		choice = append(choice, button{Text: text, Data: data(actStats, name)})
	}
	return [][]button{choice[:3], choice[3:]}
}

// bestProducts is how many products the statistics list.
const bestProducts = 5

// statsText is what there is to tell, short enough for a caption; what came in is valued at today's
// rates.
func statsText(l localizer, c *catalog.Catalog, f figures, rates shop.Rates) markup {
	t := f.now.Total
	text := []markup{l.say("stats", "Period", l.plain("stats_"+f.period)), ""}
	if t.Zero() {
		text = append(text, l.say("stats_none"))
	} else {
		text = append(text, statsMoney(l, c, f, rates)...)
		text = append(text, statsOrders(l, t))
		if best := statsBest(l, c, f.now.Products); len(best) > 0 {
			text = append(append(text, "", l.say("stats_best")), best...)
		}
		if len(t.Received) > 0 {
			text = append(text, "", l.say("stats_coins", "Amounts", shortAmounts(t.Received)))
		}
	}
	if f.waiting {
		text = append(text, "", l.say("stats_waiting"))
	}
	if f.paused {
		text = append(text, "", l.say("stats_paused"))
	}
	parts := make([]string, 0, len(text))
	for _, line := range text {
		parts = append(parts, string(line))
	}
	return markup(strings.Join(parts, "\n"))
}

// statsMoney tells of the revenue, how it compares, and what is left of it.
func statsMoney(l localizer, c *catalog.Catalog, f figures, rates shop.Rates) []markup {
	t, in := f.now.Total, c.Shop.Currency
	text := []markup{l.say("stats_revenue", "Amount", short(t.Revenue.Of(in)))}
	if change, _ := change(l, t.Revenue.Of(in), f.before.Revenue.Of(in)); change != "" {
		text[0] += "  " + escape(change)
	}
	for _, other := range t.Revenue { // the shop changed its currency
		if other.Currency() != in {
			text = append(text, l.say("stats_revenue", "Amount", short(other)))
		}
	}
	if len(t.Fees)+len(t.Refunded) == 0 {
		return text
	}
	fees, feesKnown := worth(t.Fees, in, rates)
	refunded, refundedKnown := worth(t.Refunded, in, rates)
	net, err := t.Revenue.Of(in).Sub(fees)
	if err == nil {
		net, err = net.Sub(refunded)
	}
	if err != nil || !feesKnown || !refundedKnown {
		return append(text, statsCosts(l, t.Fees, t.Refunded)...)
	}
	costs := statsCosts(l, []money.Amount{fees}, []money.Amount{refunded})
	return append(append(text, l.say("stats_net", "Amount", short(net))), costs...)
}

func statsCosts(l localizer, fees, refunded []money.Amount) (lines []markup) {
	some := func(a money.Amount) bool { return !a.IsZero() }
	if slices.ContainsFunc(fees, some) {
		lines = append(lines, l.say("stats_fees", "Amounts", shortAmounts(fees)))
	}
	if slices.ContainsFunc(refunded, some) {
		lines = append(lines, l.say("stats_refunded", "Amounts", shortAmounts(refunded)))
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
		return l.plain("stats_fell", "Percent", itoa(100-percent), "Before", short(before)), true
	default:
		return l.plain("stats_rose", "Percent", itoa(percent-100), "Before", short(before)), false
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
		share = l.say("stats_conversion", "Percent", (200*t.Paid+t.Ordered)/(2*t.Ordered))
	}
	said := l.say("stats_orders", "Count", t.Ordered, "Paid", t.Paid, "Share", share, "Delivered", t.Delivered, "Cancelled", t.Cancelled)
	if t.Held > 0 {
		said += "\n" + l.say("stats_held", "Count", t.Held)
	}
	return said
}

// statsBest lists the products with the most revenue.
func statsBest(l localizer, c *catalog.Catalog, products map[string]shop.Counters) (lines []markup) {
	sold := slices.DeleteFunc(slices.Collect(maps.Keys(products)), func(sku string) bool { return products[sku].Units == 0 })
	revenue := func(sku string) money.Amount {
		sums := products[sku].Revenue
		return sums.Of(c.Shop.Currency)
	}
	slices.SortFunc(sold, func(a, b string) int {
		order, _ := revenue(b).Compare(revenue(a)) // of one currency
		return cmp.Or(order, cmp.Compare(a, b))
	})
	for i, sku := range sold {
		if i == bestProducts {
			lines = append(lines, l.say("stats_more", "Count", len(sold)-bestProducts))
			break
		}
		title := sku
		if p, found := c.Product(sku); found {
			title = l.text(p.Title)
		}
		lines = append(lines, l.say("stats_product", "Number", i+1, "Title", clip(title, 30), "Units", products[sku].Units,
			"Amount", short(revenue(sku))))
	}
	return lines
}

// statsPicture draws the revenue of the bars' days.
func statsPicture(l localizer, c *catalog.Catalog, f figures) ([]byte, error) {
	in := c.Shop.Currency
	total := f.now.Total.Revenue.Of(in)
	bars := chart.Bars{
		Shop: l.text(c.Shop.Name), Title: l.plain("stats_picture_" + f.period), Total: short(total),
		Format: func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) },
	}
	bars.Change, bars.Fell = change(l, total, f.before.Revenue.Of(in))
	for i, day := range f.days {
		bars.Labels = append(bars.Labels, barLabel(l, day))
		bars.Values = append(bars.Values, f.bars[i].Revenue.Of(in).Float())
	}
	return bars.PNG()
}

// barLabel is a day as "23.11.", or a month as "11/26".
func barLabel(l localizer, d shop.Day) string {
	y, rest, _ := strings.Cut(string(d), "-")
	m, day, _ := strings.Cut(rest, "-")
	if d.IsMonth() {
		return m + "/" + y[max(len(y)-2, 0):]
	}
	return l.plain("stats_day", "Day", day, "Month", m)
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
	orders, err := b.shop.OrdersOf(ctx, buyer, "", 1)
	switch {
	case err != nil:
		return err
	case len(orders) == 0: // a mistyped id, or a buyer whose data was deleted
		return b.say(ctx, r, "unblock_unknown", "BuyerID", itoa(buyer))
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
