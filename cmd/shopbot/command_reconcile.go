package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"shopbot/internal/app"
	"shopbot/internal/bot"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type reconcileCommand struct {
	settingsFlags

	Since string `placeholder:"TIME" help:"Only what was made since then: 2026-11-23, 2026-11-23T15:04:05Z, or 24h for the last 24 hours."`
}

// Help is what "shopbot reconcile --help" adds.
func (reconcileCommand) Help() string {
	return `A line for each difference: open (with the remedy) or mended (a payment that had been missed is received, an invoice that
nobody waits for is deleted). The exit code is 1 if any is open. It may run beside the shop, which does the
same every night and tells the owners.`
}

// Run compares orders with Crypto Pay in the running shop if there is one, and else does it itself.
func (c *reconcileCommand) Run(ctx context.Context, con *console) error {
	var since time.Time
	if c.Since != "" {
		var err error
		if since, err = parseSince(c.Since, time.Now()); err != nil {
			return err
		}
	}
	cfg, err := con.loadExisting(c.settingsFlags)
	if err != nil {
		return err
	}
	if _, found := ops.Find(ctx, cfg); !found { // who asks the services itself needs the tokens
		if cfg, err = con.load(c.settingsFlags); err != nil {
			return err
		}
	}
	report, err := app.Reconcile(ctx, cfg, con.quietLog(), con.sys.Transport, since)
	if err != nil {
		return err
	}
	return printReport(con.stdout, report)
}

// printReport writes a line for each difference. It returns an error if a person has to act.
func printReport(out io.Writer, r shop.Report) error {
	for _, d := range r.Differences {
		text, err := bot.Explain(d)
		if err != nil {
			return err
		}
		fate := "open"
		if d.Mended {
			fate = "mended"
		}
		printFinding(out, fate, string(d.Kind), text)
	}
	if r.More > 0 {
		printFinding(out, "open", "more", fmt.Sprintf("%s beyond these; mend them, or give --since, and compare again.", plural(r.More, "difference")))
	}
	if r.Unasked != "" {
		printFinding(out, "open", "transfers", "Crypto Pay does not show them ("+r.Unasked+"), so refunds were not compared. "+
			"Enable them in @CryptoBot: Crypto Pay → My Apps → your app → Security → Transfers.")
	}
	for _, b := range r.Balances {
		printFinding(out, "info", "balance", fmt.Sprintf("%s is there; the orders of all time brought %s. What else came and went was no order's.", b.There, b.Earned))
	}
	compared := fmt.Sprintf("Compared %s, %s and %s", plural(r.Orders, "order"), plural(r.Invoices, "invoice"), plural(r.Transfers, "transfer"))
	if open := r.Open(); open > 0 {
		_, _ = fmt.Fprintln(out, compared+".") // the verdict follows
		return fmt.Errorf("%s to be settled by a person", plural(open, "difference"))
	}
	_, err := fmt.Fprintln(out, compared+"; nothing is left to do.")
	return err
}

func printFinding(out io.Writer, fate, kind, text string) {
	_, _ = fmt.Fprintf(out, "%-6s  %-16s  %s\n", fate, kind, text) // the exit code tells as well
}
