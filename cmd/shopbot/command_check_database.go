package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"shopbot/internal/storage"
)

// checkDatabaseFile walks every invariant of a database that no shop has open and writes a line for each breach.
// Only where no file is named is the configuration needed.
func (c *checkCommand) checkDatabaseFile(ctx context.Context, con *console) error {
	path := c.File
	if path == "" {
		cfg, err := con.load(c.settingsFlags)
		if err != nil {
			return err
		}
		path = cfg.Database.path()
	}
	breaches := 0
	found, err := storage.Examine(ctx, path, func(breach string) {
		breaches++
		_, _ = fmt.Fprintf(con.stdout, "%s\n", breach) // the exit code tells as well
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no database %s", path)
	case errors.Is(err, storage.ErrInUse):
		return fmt.Errorf("%w; or take a backup with 'shopbot backup FILE' and check that", err)
	case err != nil:
		return err
	case breaches > 0:
		return fmt.Errorf("%s: %s; restore a backup with 'shopbot restore FILE', and report this as a bug", path, plural(breaches, "breach"))
	}
	_, err = fmt.Fprintf(con.stdout, "%s is sound: %d orders, units of stock: %d free, %d reserved, %d sold, %d audit entries\n",
		path, found.Orders, found.Stock.Free, found.Stock.Reserved, found.Stock.Sold, found.AuditEntries)
	return err
}
