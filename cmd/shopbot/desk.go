package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// desk is what the commands need of a shop, be it open or closed. *shop.Shop is one.
type desk interface {
	// AddStock puts keys on sale and counts those that the product had before. by is as in shop.Store.
	AddStock(ctx context.Context, sku string, keys []string, by int64) (shop.StockAdded, error)
	// Stock tells how many units there are, of every product that ever had any.
	Stock(ctx context.Context) (map[string]shop.Stock, error)
	// Orders lists orders, oldest first, a page at a time.
	Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error)
}

// byCommandLine is who does what is done by a command: whoever may use the machine.
const byCommandLine = 0

// withDesk calls use with the desk of the running shop, if there is one for this
// configuration, and else with that of the database itself, which only one
// process can open at a time.
func withDesk(ctx context.Context, cfg config, log *slog.Logger, use func(desk) error) (err error) {
	if running, found := findRunning(ctx, cfg); found {
		return use(running)
	}
	db, err := storage.Open(ctx, cfg.Database.path())
	if err != nil {
		return notAnswering(cfg, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(closedShop{Store: db, catalog: cfg.Catalog, log: log})
}

// needDatabase keeps a command that only reads from making an empty database
// where a name was mistyped.
func needDatabase(cfg config) error {
	_, err := os.Stat(cfg.Database.path())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s yet; 'shopbot run' or 'shopbot stock add' makes it, SHOPBOT_DATABASE names another", cfg.Database.path())
	}
	return nil
}

// closedShop is the desk of a shop that is not running.
type closedShop struct {
	shop.Store
	catalog string
	log     *slog.Logger
}

// AddStock follows the same rules as the running shop; what it leads to is done
// when the shop opens.
func (c closedShop) AddStock(ctx context.Context, sku string, keys []string, by int64) (shop.StockAdded, error) {
	current, err := catalog.Load(c.catalog)
	if err != nil {
		return shop.StockAdded{}, err
	}
	s := shop.New(c.Store, nil, nil, shop.Config{Catalog: func() *catalog.Catalog { return current }, Log: c.log})
	return s.AddStock(ctx, sku, keys, by)
}
