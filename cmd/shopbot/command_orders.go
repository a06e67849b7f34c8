package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/export"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type ordersCommand struct {
	settingsFlags

	Status string `placeholder:"STATUS" help:"Only orders in this state: new, awaiting, paid, held, delivered, refunding, refunded or cancelled."`
	Since  string `placeholder:"TIME" help:"Only orders made since then: 2026-11-23, 2026-11-23T15:04:05Z, or 24h for the last 24 hours."`
	CSV    bool   `name:"csv" help:"Write comma-separated values for a spreadsheet."`
}

// Run prints the orders page by page, so that memory does not grow with their number.
func (c *ordersCommand) Run(ctx context.Context, con *console) error {
	filter, err := c.filter(time.Now())
	if err != nil {
		return err
	}
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		if c.CSV {
			return s.Export(ctx, export.Request{
				What: export.Summary, Since: filter.Since, State: filter.State, Format: export.Format{Separator: ",", Decimal: "."},
			}, con.stdout)
		}
		table := newOrderTable(con.stdout)
		for {
			orders, err := s.Orders(ctx, filter)
			if err != nil {
				return err
			}
			for _, o := range orders {
				table.add(o)
				filter.After = o.ID
			}
			if err := table.flush(); err != nil || len(orders) < filter.Limit {
				return err
			}
		}
	})
}

func (c *ordersCommand) filter(now time.Time) (shop.Filter, error) {
	f := shop.Filter{State: shop.State(strings.ToLower(c.Status)), Limit: ops.OrdersPage}
	if f.State != "" && !slices.Contains(shop.States(), f.State) {
		what := fmt.Sprintf("%s is not a state; the states are %v", config.Quote(c.Status), shop.States())
		var names []string
		for _, s := range shop.States() {
			names = append(names, string(s))
		}
		if near := catalog.Nearest(c.Status, names); near != "" {
			what += "; did you mean " + near + "?"
		}
		return f, config.Error{Where: "--status", What: what}
	}
	if c.Since == "" {
		return f, nil
	}
	var err error
	f.Since, err = parseSince(c.Since, now)
	return f, err
}

// parseSince reads a day (in UTC), a time, or a span of time before now.
func parseSince(s string, now time.Time) (time.Time, error) {
	at, _, err := parseMoment("--since", s, now, time.UTC)
	return at, err
}
