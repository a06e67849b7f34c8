package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"shopbot/internal/catalog"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type stockCommands struct {
	Add  stockAddCommand  `cmd:"" help:"Put keys on sale, one a line. Keys that the product ever had are skipped."`
	List stockListCommand `cmd:"" help:"Tell how many units there are: free, reserved by unpaid orders, sold."`
}

type stockAddCommand struct {
	settingsFlags

	SKU  string `arg:"" name:"sku" help:"The product, as the catalog names it."`
	File string `arg:"" optional:"" default:"-" help:"A UTF-8 text file; standard input where it is left out or -."`
}

// Run loads keys, into the running shop if there is one.
func (c *stockAddCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.load(c.settingsFlags)
	if err != nil {
		return err
	}
	units, err := con.readUnits(c.File)
	if err != nil {
		return err
	}
	if _, running := ops.Find(ctx, cfg); !running {
		// Before the database is opened: a wrong directory or a mistyped product must not make an
		// empty one.
		current, err := catalog.Load(cfg.Catalog)
		if err != nil {
			return err
		}
		if _, found := current.Product(c.SKU); !found {
			return fmt.Errorf("%w: %q", shop.ErrUnknownProduct, c.SKU)
		}
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		added, err := s.AddStock(ctx, c.SKU, units, shop.LoadOptions{})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(con.stdout, "added %d, skipped %s\n", added.Added, plural(added.Duplicates, "duplicate"))
		return err
	})
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	switch {
	case strings.HasSuffix(word, "ch"):
		word += "e"
	case strings.HasSuffix(word, "ry"):
		word = strings.TrimSuffix(word, "y") + "ie"
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (c *console) readUnits(file string) (units shop.UnitList, err error) {
	var list []byte
	name := file
	if file == "-" {
		name = "standard input"
		list, err = io.ReadAll(io.LimitReader(c.stdin, shop.MaxListBytes+1))
	} else {
		list, err = os.ReadFile(file) //nolint:gosec // the operator's own choice
	}
	if err != nil {
		return units, fmt.Errorf("read the keys: %w", err)
	}
	if units, err = shop.ParseUnits(list, ""); err != nil {
		return units, fmt.Errorf("%s: %w", name, err)
	}
	if units.Len() == 0 {
		return units, fmt.Errorf("%s: there are no keys in it; write one a line", name)
	}
	return units, nil
}

type stockListCommand struct {
	settingsFlags

	SKU string `arg:"" optional:"" name:"sku" help:"This product alone."`
}

// Run prints a table.
func (c *stockListCommand) Run(ctx context.Context, con *console) error {
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		stock, err := s.Stock(ctx)
		if err != nil {
			return err
		}
		if c.SKU == "" {
			return printStock(con.stdout, stock)
		}
		sku := strings.ToLower(c.SKU)
		one, found := stock[sku]
		if !found {
			return fmt.Errorf("%s never had any stock; 'shopbot stock list' lists what had", c.SKU)
		}
		return printStock(con.stdout, map[string]shop.Stock{sku: one})
	})
}

func printStock(out io.Writer, stock map[string]shop.Stock) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "FREE\tRESERVED\tSOLD\t  SKU") // an error comes with Flush
	for _, sku := range slices.Sorted(maps.Keys(stock)) {
		s := stock[sku]
		_, _ = fmt.Fprintf(table, "%d\t%d\t%d\t  %s\n", s.Free, s.Reserved, s.Sold, sku)
	}
	return table.Flush()
}
