package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"

	"shopbot/internal/bot"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/telegram"
)

// database is what the program keeps on disk.
type database interface {
	shop.Store
	telegram.Inbox
	bot.Memory
}

// system is what the program takes from the machine, so that a test can run the
// whole of it without any. The zero system is the machine itself.
type system struct {
	// Transport reaches Telegram and Crypto Pay.
	Transport http.RoundTripper
	// Listen opens the two listeners.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// Rand is the source of all chance.
	Rand io.Reader
	// Catalog replaces the file that the configuration names.
	Catalog *catalog.Source
	// Reload has the catalog read again at each value.
	Reload <-chan struct{}
	// Wrap stands between the program and its database, for tests that break it.
	Wrap func(database) database
	// Serving hears of the listeners' addresses once they are open.
	Serving func(public, ops net.Addr)
}

func (sys system) withDefaults() system {
	if sys.Listen == nil {
		var l net.ListenConfig
		sys.Listen = l.Listen
	}
	if sys.Rand == nil {
		sys.Rand = rand.Reader
	}
	if sys.Wrap == nil {
		sys.Wrap = func(db database) database { return db }
	}
	if sys.Serving == nil {
		sys.Serving = func(net.Addr, net.Addr) {}
	}
	return sys
}

// run is the shop: it opens what there is to open, serves until ctx ends, and
// closes in reverse, the database last. An error is a fault of the configuration
// or of the machine; the end of ctx is none.
func run(ctx context.Context, cfg config, log *slog.Logger, sys system) (err error) {
	sys = sys.withDefaults()
	if sys.Catalog == nil {
		if sys.Catalog, err = catalog.Open(cfg.Catalog); err != nil {
			return err
		}
	}
	db, err := storage.Open(ctx, cfg.Database.path(), storage.WithLog(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := join(ctx, cfg, log, sys, db)
	if err != nil {
		return err
	}
	defer p.pay.Close()
	return p.serve(ctx)
}
