package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/export"
	"shopbot/internal/ops"
	"shopbot/internal/storage"
)

type exportCommand struct {
	settingsFlags

	What      string `arg:"" enum:"orders,stock,sold,buyers,audit,stats" help:"orders, stock (the units for sale), sold (the units sold), buyers, audit or stats."`
	Since     string `placeholder:"TIME" help:"Only what was made since then: 2026-11-23 (a day of the shop's zone), 2026-11-23T15:04:05Z, or 24h for the last 24 hours."`
	Until     string `placeholder:"TIME" help:"Only what was made before then. A day that is named is included."`
	Format    string `enum:"csv,jsonl" default:"csv" help:"csv for spreadsheets, or jsonl for programs: an exact JSON object on each line."`
	Separator string `placeholder:"SIGN" help:"Between the cells of CSV: , or ; or tab. By default as the shop's first language has it."`
	Decimal   string `placeholder:"SIGN" help:"In the amounts of CSV: . or , as decimal sign. By default as the shop's first language has it."`
	BOM       bool   `name:"bom" negatable:"" default:"true" help:"Begin CSV with a byte order mark, without which Excel does not take it for UTF-8."`
	Out       string `placeholder:"FILE" help:"Write to this new file, readable by you alone, instead of standard output."`
}

// Help is what "shopbot export --help" adds.
func (exportCommand) Help() string {
	return `The shop may run meanwhile. Times are in the shop's zone, with their offset. Each quantity and each amount stands in one row
alone, so a column can be summed by its currency or coin; an order paid in two coins has two rows. stock and sold hold
the goods themselves: who has the file can use them. docs/commands.md explains the columns.`
}

// Run writes the table from the running shop if there is one, and else from the database.
func (c *exportCommand) Run(ctx context.Context, con *console) error {
	cfg, current, err := con.loadCatalog(ctx, c.settingsFlags)
	if err != nil {
		return err
	}
	asked, err := c.request(time.Now(), current.Shop.Zone())
	if err != nil {
		return err
	}
	if asked.What.HasGoods() {
		_, _ = fmt.Fprintf(con.stderr, "shopbot: this holds the goods themselves; who has it can use them\n")
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		write := func(w io.Writer) error {
			p := &progress{to: w, shown: con.stderr, on: con.terminal}
			defer p.end()
			return s.Export(ctx, asked, p)
		}
		if c.Out == "" || c.Out == "-" {
			return write(con.stdout)
		}
		return con.writeFile(c.Out, write)
	})
}

// writeFile writes a new file, and tells how to go on if that cannot be done.
func (c *console) writeFile(path string, write func(io.Writer) error) error {
	c.removeLeftovers(path)
	err := storage.WriteFile(path, write)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already; name another file", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: make the directory %s first", err, filepath.Dir(path))
	}
	return err
}

// request is what the flags ask for. Errors are config.Error.
func (c *exportCommand) request(now time.Time, zone *time.Location) (r export.Request, err error) {
	r = export.Request{What: export.What(c.What), Format: export.Format{JSON: c.Format == "jsonl", BOM: c.BOM}}
	if c.Since != "" && r.What.HasPeriod() {
		if r.Since, _, err = parseMoment("--since", c.Since, now, zone); err != nil {
			return r, err
		}
	}
	if c.Until != "" && r.What.HasPeriod() {
		day := false
		if r.Until, day, err = parseMoment("--until", c.Until, now, zone); err != nil {
			return r, err
		}
		if day {
			r.Until = r.Until.AddDate(0, 0, 1)
		}
	}
	switch {
	case (c.Since != "" || c.Until != "") && !r.What.HasPeriod():
		return r, config.Error{Where: "--since", What: c.What + " is what there is now, and takes no time; leave --since and --until out"}
	case !r.Since.IsZero() && !r.Until.IsZero() && !r.Since.Before(r.Until):
		return r, config.Error{Where: "--until", What: "there is no time between --since and --until"}
	}
	switch c.Separator {
	case "", ",", ";":
		r.Format.Separator = c.Separator
	case "tab", "\t":
		r.Format.Separator = "\t"
	default:
		return r, config.Error{Where: "--separator", What: config.Quote(c.Separator) + " does not separate cells; write , or ; or tab"}
	}
	switch c.Decimal {
	case "", ".", ",":
		r.Format.Decimal = c.Decimal
	default:
		return r, config.Error{Where: "--decimal", What: config.Quote(c.Decimal) + " is not a decimal sign; write . or ,"}
	}
	return r, nil
}

// parseMoment reads a day of a zone, a time, or a span of time before now.
func parseMoment(flag, s string, now time.Time, zone *time.Location) (at time.Time, day bool, err error) {
	if at, err = time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, s); err == nil {
		return at, false, nil
	}
	if span, err := time.ParseDuration(s); err == nil && span >= 0 {
		return now.Add(-span), false, nil
	}
	return at, false, config.Error{Where: flag, What: config.Quote(s) + " is not a time; write a day such as 2026-11-23, a time such as 2026-11-23T15:04:05Z, or a span such as 24h"}
}

// progress tells a person at a terminal how much was written so far.
type progress struct {
	to    io.Writer
	shown io.Writer
	on    bool

	last  time.Time
	lines int
	bytes int64
}

const progressInterval = 500 * time.Millisecond

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	p.bytes += int64(n)
	p.lines += bytes.Count(b[:n], []byte{'\n'})
	if p.on && time.Since(p.last) >= progressInterval {
		p.last = time.Now()
		p.show()
	}
	return n, err
}

func (p *progress) show() {
	_, _ = fmt.Fprintf(p.shown, "\rshopbot: %d lines, %.1f MB ", p.lines, float64(p.bytes)/1e6) // only a picture of the state
}

func (p *progress) end() {
	if p.on {
		p.show()
		_, _ = fmt.Fprintln(p.shown)
	}
}
