package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type stockCommands struct {
	Add    stockAddCommand    `cmd:"" help:"Put keys on sale, after a look at them. Keys that the product has or had are skipped."`
	List   stockListCommand   `cmd:"" help:"Tell how many units there are: free, reserved by unpaid orders, sold; of one product also its batches."`
	Remove stockRemoveCommand `cmd:"" help:"Remove keys from the stock, into a file."`
	Undo   stockUndoCommand   `cmd:"" help:"Take back what is unsold of a batch, as if it had never been loaded."`
}

type stockAddCommand struct {
	settingsFlags

	SKU   string `arg:"" name:"sku" help:"The product, as the catalog names it."`
	File  string `arg:"" optional:"" default:"-" help:"A text file, or a ZIP of text files, each a unit; of a product with stock: {files: true} a ZIP of any files, or one file. Standard input where it is left out or -."`
	Yes   bool   `help:"Add without asking, also where something is suspicious, or another product has a key."`
	Again bool   `help:"Also add keys that were removed or refunded before."`
}

// errNothingAdded is the answer to a list that is not loaded.
var errNothingAdded = errors.New("nothing was added")

// Run loads keys, into the running shop if there is one.
func (c *stockAddCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadFor(c.settingsFlags)
	if err != nil {
		return err
	}
	// Before the database is opened: a wrong directory or a mistyped product must not make an
	// empty one.
	current, err := ops.CurrentCatalog(ctx, cfg, con.quietLog())
	if err != nil {
		return err
	}
	p, err := shop.StockProduct(current, c.SKU)
	if err != nil {
		return err
	}
	list, err := con.readUnits(c.File, p)
	if err != nil {
		return err
	}
	source := ""
	if c.File != "-" {
		source = filepath.Base(c.File)
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		preview, err := s.PreviewStock(ctx, p.SKU, list)
		if err != nil {
			return err
		}
		if err := c.agree(con, &preview); err != nil {
			return err
		}
		added, err := s.AddStock(ctx, p.SKU, list, preview.Options(ops.ByCommandLine, source, c.Again))
		if err != nil {
			return fmt.Errorf("%d keys were added, then: %w", added.Added, err)
		}
		return printAdded(con.stdout, p.SKU, added)
	})
}

// agree shows a person what was read, and asks. Without one, what is suspicious is not added.
func (c *stockAddCommand) agree(con *console, p *shop.StockPreview) error {
	fresh := p.New + p.Elsewhere
	if c.Again {
		fresh += p.Gone
	}
	switch {
	case c.Yes || fresh == 0:
		return nil
	case con.terminal:
		printPreview(con.stderr, p)
		if !con.ask(fmt.Sprintf("Add %s to %s?", plural(fresh, "key"), p.SKU)) {
			return errNothingAdded
		}
	case p.NeedsYes():
		printPreview(con.stderr, p)
		return fmt.Errorf("%w: look at the keys above, and add --yes if they are right", errNothingAdded)
	}
	return nil
}

// ask asks a person a question whose usual answer is no.
func (c *console) ask(question string) bool {
	_, _ = fmt.Fprintf(c.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.stdin).ReadString('\n')
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func printAdded(out io.Writer, sku string, added shop.StockAdded) error {
	said := fmt.Sprintf("added %d, skipped %s", added.Added, plural(added.Duplicates, "duplicate"))
	if added.Gone > 0 {
		said += fmt.Sprintf(", %d that were removed or refunded before (--again adds them)", added.Gone)
	}
	if added.Elsewhere > 0 {
		said += fmt.Sprintf(", %d that another product has or had", added.Elsewhere)
	}
	if added.Batch != 0 {
		said += fmt.Sprintf("\nbatch %d; 'shopbot stock undo %s %d' takes back what is unsold of it", added.Batch, sku, added.Batch)
	}
	_, err := fmt.Fprintln(out, said)
	return err
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

func (c *console) readUnits(file string, p catalog.Product) (units shop.UnitList, err error) {
	content, name, err := c.readList(file)
	if err != nil {
		return units, err
	}
	called := ""
	if file != "-" {
		called = filepath.Base(file)
	}
	if units, err = shop.ReadStock(p, called, content); err != nil {
		return units, fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case units.Len() == 0 && p.Files:
		return units, fmt.Errorf("%s: there are no files in it", name)
	case units.Len() == 0:
		return units, fmt.Errorf("%s: there are no keys in it; write one a line", name)
	}
	return units, nil
}

// readList reads a list of keys, and names where it comes from. What is too long is cut off where
// shop.ReadUnits refuses it.
func (c *console) readList(file string) (content []byte, name string, err error) {
	var list bytes.Buffer
	from, name := c.stdin, "standard input"
	if file != "-" {
		opened, err := os.Open(file) //nolint:gosec // the operator's own choice
		if err != nil {
			return nil, file, fmt.Errorf("read the keys: %w", err)
		}
		defer func() { _ = opened.Close() }()       // it was only read
		if info, err := opened.Stat(); err == nil { // so that the list is held once
			list.Grow(int(min(info.Size(), shop.MaxListBytes)) + bytes.MinRead)
		}
		from, name = opened, file
	}
	if _, err := list.ReadFrom(io.LimitReader(from, shop.MaxListBytes+1)); err != nil {
		return nil, name, fmt.Errorf("read the keys: %w", err)
	}
	return list.Bytes(), name, nil
}

type stockUndoCommand struct {
	settingsFlags

	SKU   string `arg:"" name:"sku" help:"The product."`
	Batch int64  `arg:"" help:"The number of the batch; 'shopbot stock list SKU' lists them."`
}

// Run takes a batch back.
func (c *stockUndoCommand) Run(ctx context.Context, con *console) error {
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		done, err := s.UndoBatch(ctx, c.SKU, c.Batch, ops.ByCommandLine)
		if err != nil {
			return err
		}
		said := fmt.Sprintf("took back %d of %s", done.Undone, plural(done.Batch.Added, "key"))
		if sold := done.Batch.Added - done.Undone - done.Batch.Left; sold > 0 {
			said += fmt.Sprintf("; %d were sold, removed, or taken back before", sold)
		}
		if done.Reserved > 0 {
			said += fmt.Sprintf("; reserved by unpaid orders, and still there: %d", done.Reserved)
		}
		_, err = fmt.Fprintln(con.stdout, said)
		return err
	})
}
