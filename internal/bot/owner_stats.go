package bot

import (
	"cmp"
	"context"
	"strings"
	"time"

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

// span is the days or months of p, in the location of now, and of as long a time before; all of them
// are empty for all time.
func (p period) span(now time.Time) (first, last, firstBefore, lastBefore shop.Day) {
	day := func(back int) shop.Day { return shop.DayBefore(now, now.Location(), back) }
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
	y, m, _ := now.Date()
	return shop.MonthOf(time.Date(y, m-time.Month(months), 1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// barDays lists the days or months that the picture has a bar for, the oldest first.
func (p period) barDays(now time.Time) []shop.Day {
	n := cmp.Or(p.bars, p.days, p.months)
	days := make([]shop.Day, 0, n)
	for back := n - 1; back >= 0; back-- {
		if p.days > 0 {
			days = append(days, shop.DayBefore(now, now.Location(), back))
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
	f, err := b.figures(ctx, name, time.Now().In(r.catalog.Shop.Zone()))
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
