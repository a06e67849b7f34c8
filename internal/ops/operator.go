package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// Operator is what commands do with orders and stock. *shop.Shop is one.
type Operator interface {
	Stockroom

	// Orders lists orders, oldest first, a page at a time.
	Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error)
	// Forget deletes a buyer's personal data.
	Forget(ctx context.Context, buyer int64) (shop.Forgotten, error)
}

// Shop is a shop as commands see it: a [Client] if it is running, else a [ClosedShop].
type Shop interface {
	Operator
	AuditTrail
	Exporter
	Catalog
}

// ByCommandLine is the user id of what a command does: it may be anybody who may use the machine.
const ByCommandLine = 0

// WithShop calls use with the running shop of this configuration, if there is one, and else with
// the database itself. Only one process can open a file at a time; with PostgreSQL a shop may be
// running on another machine, and takes notice of what use has changed.
func WithShop(ctx context.Context, cfg config.Config, log *slog.Logger, use func(Shop) error) (err error) {
	if running, found := Find(ctx, cfg); found {
		return use(running)
	}
	db, err := database.Open(ctx, cfg.Database)
	if errors.Is(err, storage.ErrInUse) {
		return notAnswering(cfg, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if r, err := db.CatalogRevision(ctx, 0); err == nil {
		if current, err := r.Catalog(); err == nil { // else the days of what is counted now are UTC's
			db.SetZone(current.Shop.Zone)
		}
	}
	return use(ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: log, Shared: cfg.Database.IsPostgres()})
}

// RequireDatabase returns an error if the database is a file that is not there. Commands that only
// read call it first, or a mistyped name would make an empty one.
func RequireDatabase(cfg config.Config) error {
	if cfg.Database.IsPostgres() {
		return nil
	}
	_, err := os.Stat(cfg.Database.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s yet; 'shopbot run' or 'shopbot stock add' makes it, SHOPBOT_DATABASE names another", cfg.Database.Path())
	}
	return nil
}

// CopyDatabase writes a consistent copy of the database to w, from the running shop if there is
// one.
func CopyDatabase(ctx context.Context, cfg config.Config, w io.Writer) error {
	if running, found := Find(ctx, cfg); found {
		return running.Backup(ctx, w)
	}
	if err := RequireDatabase(cfg); err != nil {
		return err
	}
	if cfg.Database.IsPostgres() {
		return copyPostgres(ctx, cfg, w)
	}
	err := storage.CopyClosed(ctx, cfg.Database.Path(), w)
	if errors.Is(err, storage.ErrInUse) {
		return notAnswering(cfg, err)
	}
	return err
}

func copyPostgres(ctx context.Context, cfg config.Config, w io.Writer) (err error) {
	db, err := database.Open(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Backup(ctx, w)
}

// notAnswering adds where the shop was looked for that has the database.
func notAnswering(cfg config.Config, err error) error {
	return fmt.Errorf("%w (no shop answers commands at %s)", err, Socket(cfg))
}

// ClosedShop is the database of a shop that is not running here.
type ClosedShop struct {
	*storage.DB

	Catalog catalog.Input
	Log     *slog.Logger
	// Shared says that the shop may be running on another machine, whose catalog file counts.
	Shared bool
}

// Forget follows the same rules as the running shop.
func (c ClosedShop) Forget(ctx context.Context, buyer int64) (shop.Forgotten, error) {
	return shop.New(c.DB, nil, nil, shop.Config{Log: c.Log}).Forget(ctx, buyer)
}
