package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
)

type stockRemoveCommand struct {
	settingsFlags

	SKU   string   `arg:"" name:"sku" help:"The product."`
	Keys  []string `arg:"" optional:"" help:"The keys, each an argument; - reads them from standard input."`
	From  string   `placeholder:"FILE" help:"Read the keys from this file, as 'stock add' does."`
	Batch int64    `placeholder:"N" help:"All that is unsold of this batch; 'shopbot stock list SKU' lists them."`
	Out   string   `placeholder:"FILE" help:"Write the removed keys to this new file instead of removed-SKU-TIME.txt."`
	Yes   bool     `help:"Remove without asking."`
}

// Run removes keys. They are in a file, on disk, before they leave the stock.
func (c *stockRemoveCommand) Run(ctx context.Context, con *console) error {
	cfg, current, err := con.loadCatalog(ctx, c.settingsFlags)
	if err != nil {
		return err
	}
	p, found := current.Product(c.SKU)
	if !found {
		p.SKU = strings.ToLower(c.SKU) // it may have left the catalog
	}
	next, err := c.units(con, p)
	if err != nil {
		return err
	}
	if con.terminal && !c.Yes && !con.ask("Remove the keys from "+p.SKU+"?") {
		return errors.New("nothing was removed")
	}
	if c.Out == "" {
		c.Out = newRemovedFile(p.SKU, time.Now())
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		r := remover{shop: s, sku: p.SKU, batch: c.Batch, file: removedFile{name: c.Out, separator: p.Separator}}
		err := r.run(ctx, next)
		return r.report(con, err)
	})
}

// newRemovedFile names a file that is not there yet: a script may remove twice within a second.
func newRemovedFile(sku string, now time.Time) string {
	stem := fmt.Sprintf("removed-%s-%s", sku, now.UTC().Format("20060102-150405"))
	name := stem + ".txt"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s-%d.txt", stem, n)
	}
}

// units yields the keys to remove, shop.MaxRemoved at a time; nil for those of a batch.
func (c *stockRemoveCommand) units(con *console, p catalog.Product) ([][]string, error) {
	given := 0
	for _, way := range []bool{len(c.Keys) > 0, c.From != "", c.Batch != 0} {
		if way {
			given++
		}
	}
	if given != 1 {
		return nil, config.Error{What: "name the keys to remove as arguments, by --from FILE, or by --batch N; see shopbot stock remove --help"}
	}
	from := c.From
	if slices.Equal(c.Keys, []string{"-"}) {
		from = "-"
	}
	if from == "" {
		return slices.Collect(slices.Chunk(c.Keys, shop.MaxRemoved)), nil
	}
	list, err := con.readUnits(from, p)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(slices.Collect(list.All()), shop.MaxRemoved)), nil
}

// remover removes keys in parts: each is written to the file and flushed to disk, and then leaves
// the stock, all of it or none.
type remover struct {
	shop  ops.Shop
	sku   string
	batch int64 // 0 for single keys
	file  removedFile

	removed   int
	elsewhere []shop.FoundUnit
	reserved  int
}

func (r *remover) run(ctx context.Context, parts [][]string) error {
	if r.batch == 0 {
		for _, units := range parts {
			removable := func() (shop.Removable, error) { return r.shop.RemovableUnits(ctx, r.sku, units) }
			if _, err := r.part(ctx, removable); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		removable := func() (shop.Removable, error) { return r.shop.RemovableOfBatch(ctx, r.sku, r.batch) }
		if n, err := r.part(ctx, removable); n == 0 || err != nil {
			return err
		}
	}
}

// part removes one part and returns how many keys that was. It begins again where a buyer was
// quicker.
func (r *remover) part(ctx context.Context, removable func() (shop.Removable, error)) (n int, err error) {
	for {
		found, err := removable()
		if err != nil {
			return 0, err
		}
		if len(found.Units) > 0 {
			err = r.remove(ctx, found.Units)
		}
		if errors.Is(err, shop.ErrStockMoved) {
			continue
		}
		if err == nil {
			r.removed += len(found.Units)
			r.elsewhere = append(r.elsewhere, found.Elsewhere...)
			if r.batch != 0 {
				r.reserved = 0 // what was told of the part before
			}
			r.reserved += found.Reserved
		}
		return len(found.Units), err
	}
}

func (r *remover) remove(ctx context.Context, units []string) error {
	if err := r.file.write(units); err != nil {
		return err
	}
	err := r.shop.RemoveUnits(ctx, shop.StockRemoval{SKU: r.sku, Units: units, Batch: r.batch})
	switch {
	case errors.Is(err, shop.ErrStockMoved):
		return errors.Join(r.file.takeBack(), err)
	case err != nil: // nobody knows whether they were removed
		return fmt.Errorf("remove keys: %w; the last %d in %s may still be for sale: run the same command again", err, len(units), r.file.name)
	}
	return nil
}

// report tells what was removed, also if it ended with an error.
func (r *remover) report(con *console, err error) error {
	err = errors.Join(err, r.file.close())
	for _, u := range r.elsewhere[:min(len(r.elsewhere), 10)] {
		where := "was never loaded"
		if u.Place.Where != "" {
			where = placeWords(u.Place)
		}
		_, _ = fmt.Fprintf(con.stderr, "%s %s\n", oneLine(u.Unit), where)
	}
	said := "removed " + plural(r.removed, "key")
	if r.removed > 0 {
		said += " into " + r.file.name
	}
	if n := len(r.elsewhere); n > 0 {
		said += fmt.Sprintf("; not for sale: %d", n)
	}
	if r.reserved > 0 {
		said += fmt.Sprintf("; reserved by unpaid orders, and still there: %d", r.reserved)
	}
	if _, failed := fmt.Fprintln(con.stdout, said); failed != nil {
		err = errors.Join(err, failed)
	}
	if err == nil && r.removed == 0 {
		err = errors.New("nothing was removed")
	}
	return err
}

// removedFile is the file of removed keys. Only its owner can read it.
type removedFile struct {
	name      string
	separator string // the line after each unit; "" if each is a line

	file *os.File // nil before the first key
	size int64    // without the last part
	last int64    // of the last part
}

// write adds keys, and returns when they are on disk. A file that exists is not touched.
func (f *removedFile) write(units []string) (err error) {
	several := slices.ContainsFunc(units, func(unit string) bool { return strings.Contains(unit, "\n") })
	switch {
	case f.file == nil:
		if several && f.separator == "" {
			f.separator = shop.DefaultSeparator
		}
		if f.file, err = os.OpenFile(f.name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
			return fmt.Errorf("write the removed keys: %w", err)
		}
		syncDirectory(filepath.Dir(f.name))
	case several && f.separator == "":
		return fmt.Errorf("write the removed keys: keys of one and of several lines do not go into one file: remove the rest into another, with stock: {separator: %q} in the catalog",
			shop.DefaultSeparator)
	}
	var text strings.Builder
	for _, unit := range units {
		text.WriteString(shop.PlainUnit(unit) + "\n")
		if f.separator != "" {
			text.WriteString(f.separator + "\n")
		}
	}
	f.size += f.last
	f.last = int64(text.Len())
	if _, err = f.file.WriteAt([]byte(text.String()), f.size); err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the removed keys: %w", err), f.takeBack())
	}
	return nil
}

// syncDirectory has a new file's name on disk, where the system can do that.
func syncDirectory(name string) {
	if dir, err := os.Open(name); err == nil { //nolint:gosec // the operator's own choice
		_ = dir.Sync()
		_ = dir.Close()
	}
}

// takeBack cuts the last part off, whose keys were not removed.
func (f *removedFile) takeBack() error {
	f.last = 0
	if err := f.file.Truncate(f.size); err != nil {
		return fmt.Errorf("write the removed keys: %w", err)
	}
	return nil
}

// close closes the file, and removes it if it is empty.
func (f *removedFile) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	if f.size+f.last == 0 {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}
