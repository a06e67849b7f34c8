package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/health"
	"shopbot/internal/preflight"
	"shopbot/internal/storage"
)

type checkCommand struct {
	settingsFlags

	Offline  bool   `help:"Leave out what needs the network: both tokens, balance, transfers."`
	JSON     bool   `name:"json" help:"Write JSON for programs."`
	Database bool   `help:"Walk every invariant of the database of a stopped shop, of one in PostgreSQL, or of a backup, and nothing else."`
	File     string `arg:"" optional:"" name:"file" help:"With --database: the file; SHOPBOT_DATABASE where it is left out."`
}

// Help is what "shopbot check --help" adds.
func (checkCommand) Help() string {
	return `A line for each thing examined: ok, warn (works, but you should know), or fail with the remedy. The exit code is 1 if
anything fails, also the configuration; what can be examined in spite of that is. No money moves and nothing is changed,
and it may run beside the shop, which it then asks. Owners see the same in the chat, by /health.`
}

// Run examines all that a shop needs.
func (c *checkCommand) Run(ctx context.Context, con *console) error {
	switch {
	case c.Database && c.JSON:
		return config.Error{Where: "--json", What: "goes with everything but --database"}
	case c.Database:
		return c.checkDatabaseFile(ctx, con)
	case c.File != "":
		return config.Error{Where: "check", What: "a file is checked with --database"}
	}
	line := func(f health.Finding) { _ = f.WriteLine(con.stdout) } // the exit code tells as well
	if c.JSON {
		line = nil
	}
	var report health.Report
	cfg, some, faults := config.LoadAnyway(con.environ, c.EnvFile)
	if some {
		con.hideSecrets(cfg)
		report = preflight.Examine(ctx, cfg, preflight.Options{
			EnvFile: c.EnvFile, Faults: faults, Offline: c.Offline, Transport: con.sys.Transport, Log: con.quietLog(), Each: line,
		})
	} else {
		report = preflight.Refuse(faults, line)
	}
	write := report.WriteVerdict
	if c.JSON {
		write = report.WriteJSON
	}
	return errors.Join(write(con.stdout), report.Err())
}

// checkDatabaseFile checks every invariant of a database that no shop has open, and writes a line
// for each violation. Of the configuration it needs the database's path, if no file is named.
func (c *checkCommand) checkDatabaseFile(ctx context.Context, con *console) error {
	path := c.File
	if path == "" {
		cfg, err := con.loadFor(c.settingsFlags)
		if err != nil {
			return err
		}
		if cfg.Database.IsPostgres() {
			return checkPostgres(ctx, con, cfg.Database)
		}
		path = cfg.Database.Path()
	}
	breaches := 0
	found, err := storage.Examine(ctx, path, con.printBreach(&breaches))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no database %s", path)
	case errors.Is(err, storage.ErrInUse):
		return fmt.Errorf("%w; or take a backup with 'shopbot backup FILE' and check that", err)
	case err != nil:
		return err
	}
	return con.printCensus(path, found, breaches)
}

// checkPostgres checks every invariant of a database in PostgreSQL, at one moment, also while a shop
// runs on it.
func checkPostgres(ctx context.Context, con *console, d config.Database) (err error) {
	db, err := database.Open(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	breaches := 0
	if err := db.Check(ctx, con.printBreach(&breaches)); err != nil {
		return err
	}
	found, err := db.Census(ctx)
	if err != nil {
		return err
	}
	return con.printCensus(d.Name(), found, breaches)
}

// printBreach prints and counts what is wrong in a database.
func (c *console) printBreach(count *int) func(breach string) {
	return func(breach string) {
		*count++
		_, _ = fmt.Fprintf(c.stdout, "%s\n", breach) // the exit code tells as well
	}
}

func (c *console) printCensus(name string, found storage.Census, breaches int) error {
	if breaches > 0 {
		return fmt.Errorf("%s: %s; restore a backup with 'shopbot restore FILE', and report this as a bug", name, plural(breaches, "breach"))
	}
	_, err := fmt.Fprintf(c.stdout, "%s is sound: %s, units of stock: %d free, %d reserved, %d sold, %s\n",
		name, plural(found.Orders, "order"), found.Stock.Free, found.Stock.Reserved, found.Stock.Sold, plural(found.AuditEntries, "audit entry"))
	return err
}
