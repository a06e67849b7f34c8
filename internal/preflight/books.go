package preflight

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"shopbot/internal/catalog"
	"shopbot/internal/database"
	"shopbot/internal/machine"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/status"
	"shopbot/internal/storage/postgres"
)

// books are what the shop has on disk, as the running shop tells it or its database.
type books struct {
	catalog    *catalog.Catalog // that a start would put in force; nil: catalogErr
	catalogErr error
	trouble    error // why the file is not taken in

	there       bool            // there is a database
	databaseErr error           // why it cannot be read
	breaches    []string        // of the rules that the database of a stopped shop has to keep
	server      *postgres.Facts // of the database; nil: it is a file, or not known

	stock    map[string]shop.Stock // nil: not known
	owners   []int64
	webhooks shop.Webhooks
	sleep    machine.Sleep
	now      *status.Status // of the running shop; nil: not known
}

// open reads the books. The database of a stopped shop is open for no longer than that takes, since
// nobody else can open it meanwhile.
func (c *check) open(ctx context.Context) {
	c.find(ctx)
	c.owners = c.cfg.Admins
	switch {
	case c.Running != nil:
		c.there = true
		c.askRunning(ctx)
		return
	case c.cfg.Faulty("DATABASE"), ops.RequireDatabase(c.cfg) != nil, c.cfg.Database.IsPostgres() && !c.askServer(ctx):
	default:
		c.there = true
		c.databaseErr = c.readDatabase(ctx)
	}
	if c.catalog == nil && c.catalogErr == nil {
		c.catalog, c.catalogErr = c.cfg.CatalogFile().Load()
	}
}

// readDatabase reads the books of a stopped shop. A catalog that it cannot read stays unread.
func (c *check) readDatabase(ctx context.Context) (err error) {
	db, err := database.Open(ctx, c.cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	source, err := catalog.Open(ctx, c.cfg.CatalogFile(), unchanged{db})
	if err != nil {
		c.catalogErr = err
	} else {
		c.catalog, c.trouble = source.Current(), source.Trouble()
	}
	staff, err := shop.NewStaff(ctx, db, c.cfg.Admins)
	if err != nil {
		return err
	}
	c.owners = staff.With(shop.RoleOwner)
	if c.stock, err = db.Stock(ctx); err != nil {
		return err
	}
	if c.webhooks, err = shop.New(db, nil, nil, shop.Config{Log: c.Log}).Webhooks(ctx); err != nil {
		return err
	}
	if note, err := db.Note(ctx, machine.SleepNote(c.cfg.Database.IsPostgres())); err == nil && note != nil {
		_ = json.Unmarshal(note, &c.sleep) // what is not one tells of no sleep
	}
	if c.cfg.Database.IsPostgres() { // another machine may run it, and all of it would have to come from the server
		return nil
	}
	return db.Check(ctx, func(breach string) { c.breaches = append(c.breaches, breach) })
}

// unchanged stores no revision.
type unchanged struct{ catalog.Store }

func (unchanged) AddCatalogRevision(context.Context, catalog.Revision) error { return nil }

// askRunning asks the running shop for its books.
func (c *check) askRunning(ctx context.Context) {
	c.catalog, c.trouble, c.catalogErr = c.catalogOfRunning(ctx)
	if c.stock, c.databaseErr = c.Running.Stock(ctx); c.databaseErr != nil {
		return
	}
	if owners, err := c.Running.Owners(ctx); err == nil {
		c.owners = owners
	}
	if w, err := c.Running.Webhooks(ctx); err == nil {
		c.webhooks = w
	}
	if now, err := c.Running.Status(ctx); err == nil {
		c.now, c.sleep = &now, now.Sleep
	}
}

// catalogOfRunning is the catalog in force, and why the file would not be taken in.
func (c *check) catalogOfRunning(ctx context.Context) (current *catalog.Catalog, trouble, err error) {
	r, err := c.Running.CatalogRevision(ctx)
	if err != nil {
		return nil, nil, err
	}
	if current, err = r.Catalog(); err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(c.cfg.Catalog)
	if err != nil {
		return current, err, nil
	}
	if r.TookIn(text) {
		return current, nil, nil
	}
	_, err = c.Running.PreviewFile(ctx, c.cfg.Catalog, text)
	return current, err, nil
}
