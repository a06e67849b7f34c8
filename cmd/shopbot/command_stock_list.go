package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type stockListCommand struct {
	settingsFlags

	SKU string `arg:"" optional:"" name:"sku" help:"This product alone, with its batches."`
}

// batchesShown is how many batches of a product are listed.
const batchesShown = 50

// Run prints a table of every product that is sold by stock, or ever was.
func (c *stockListCommand) Run(ctx context.Context, con *console) error {
	cfg, current, err := con.loadCatalog(ctx, c.settingsFlags)
	if err != nil {
		return err
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		stock, err := s.Stock(ctx)
		if err != nil {
			return err
		}
		rows := stockRows(current, stock)
		if c.SKU == "" {
			return printStock(con.stdout, rows)
		}
		i := slices.IndexFunc(rows, func(r stockRow) bool { return strings.EqualFold(r.sku, c.SKU) })
		if i < 0 {
			_, err := shop.StockProduct(current, c.SKU)
			return err
		}
		if err := printStock(con.stdout, rows[i:i+1]); err != nil {
			return err
		}
		batches, err := s.Batches(ctx, rows[i].sku, 0, batchesShown)
		if err != nil {
			return err
		}
		return printBatches(con.stdout, batches)
	})
}

// stockRow is a product in the table.
type stockRow struct {
	shop.Stock

	sku, title, level string
}

// stockRows lists the catalog's products in its order, then those that it does not know any more.
func stockRows(c *catalog.Catalog, stock map[string]shop.Stock) []stockRow {
	var rows []stockRow
	for _, p := range c.Products {
		if s, had := stock[p.SKU]; p.Deliver.FromStock() || had && s != (shop.Stock{}) {
			row := stockRow{Stock: s, sku: p.SKU, title: p.Title.In(c.Shop.Languages[0]), level: string(s.Level(p.WarnBelow))}
			if !p.Deliver.FromStock() {
				row.level = "not sold by keys"
			}
			rows = append(rows, row)
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(stock)) {
		if _, known := c.Product(sku); !known && stock[sku] != (shop.Stock{}) {
			rows = append(rows, stockRow{Stock: stock[sku], sku: sku, level: "not in the catalog"})
		}
	}
	return rows
}

func printStock(out io.Writer, rows []stockRow) error {
	sku, level := len("SKU"), len("LEVEL")
	for _, r := range rows {
		sku, level = max(sku, utf8.RuneCountInString(r.sku)), max(level, len(r.level))
	}
	var table strings.Builder
	row := func(free, reserved, sold any, s, l, title string) {
		line := fmt.Sprintf("%6v  %8v  %4v  %-*s  %-*s  %s", free, reserved, sold, sku, s, level, l, title)
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	row("FREE", "RESERVED", "SOLD", "SKU", "LEVEL", "TITLE")
	for _, r := range rows {
		row(r.Free, r.Reserved, r.Sold, r.sku, r.level, r.title)
	}
	_, err := io.WriteString(out, table.String())
	return err
}

func printBatches(out io.Writer, batches []shop.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%5s  %-20s  %7s  %7s  %12s  %s\n", "BATCH", "LOADED", "ADDED", "LEFT", "BY", "SOURCE")
	for _, b := range batches {
		by, source := "command line", ""
		if b.Source != "" {
			source = config.Quote(b.Source)
		}
		if b.By != ops.ByCommandLine {
			by = fmt.Sprint(b.By)
		}
		if !b.Whole {
			source = strings.TrimSpace(source + " (ended in between)")
		}
		line := fmt.Sprintf("%5d  %-20s  %7d  %7d  %12s  %s", b.ID, utc(b.At), b.Added, b.Left, by, source)
		table.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if len(batches) == batchesShown {
		fmt.Fprintf(&table, "Older batches are not listed.\n")
	}
	_, err := io.WriteString(out, table.String())
	return err
}
