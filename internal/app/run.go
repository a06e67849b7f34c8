// Package app is the composition root: it builds the parts of a shop, runs them, and stops them.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"shopbot/internal/bot"
	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/export"
	"shopbot/internal/https"
	"shopbot/internal/localize"
	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
	"shopbot/internal/starsrail"
	"shopbot/internal/storage"
	"shopbot/internal/systemd"
	"shopbot/internal/telegram"
)

// Database is what the program needs of its database. *storage.DB is one.
type Database interface {
	shop.Store
	telegram.Inbox
	bot.Memory
	broadcast.Store
	shop.Teams
	ops.AuditTrail
	export.Source
	catalog.Store
	Secret(ctx context.Context) ([]byte, error)
	AuditHead(ctx context.Context) (storage.AuditHead, error)
	Backup(ctx context.Context, w io.Writer) error
	Writable(ctx context.Context) error
	Trouble() error
	InPlace() error
	Hints(ctx context.Context, hint func(storage.Hint)) error
	SetZone(zone func() *time.Location)
	Rescue() (string, error)
}

// System is what the program uses of the machine. Tests replace it to run the whole program in
// memory. The zero System is the machine itself.
type System struct {
	// Transport carries the requests to Telegram and Crypto Pay.
	Transport http.RoundTripper
	// Goods carries the requests to the owner's servers; nil: public addresses, as configured.
	Goods http.RoundTripper
	// Listen opens the two listeners.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// UnusedSockets lists the addresses of sockets that were opened for the program and that Listen
	// has not returned.
	UnusedSockets func() []string
	// ListenCommands opens the socket for commands.
	ListenCommands func(ctx context.Context, path string) (net.Listener, error)
	// Out is where the code for the first owner is printed, which belongs into no log; nil: nowhere.
	Out io.Writer
	// Rand is the source of all random numbers.
	Rand io.Reader
	// Catalog replaces the file that the configuration names.
	Catalog *catalog.Input
	// Reload makes the program read the catalog, the texts and what else may change again at each
	// signal.
	Reload <-chan os.Signal
	// Wrap returns a database for the program to use instead. Tests break it that way.
	Wrap func(Database) Database
	// LocalSite serves the web pages at the public listener's own address if there is no PUBLIC_URL.
	LocalSite bool
	// Serving is called with the listeners' addresses once they are open.
	Serving func(public, ops net.Addr)
}

func (sys System) withDefaults() System {
	if sys.Listen == nil {
		var l net.ListenConfig
		sys.Listen = l.Listen
	}
	if sys.UnusedSockets == nil {
		sys.UnusedSockets = func() []string { return nil }
	}
	if sys.ListenCommands == nil {
		sys.ListenCommands = ops.ListenSocket
	}
	if sys.Out == nil {
		sys.Out = io.Discard
	}
	if sys.Rand == nil {
		sys.Rand = rand.Reader
	}
	if sys.Wrap == nil {
		sys.Wrap = func(db Database) Database { return db }
	}
	if sys.Serving == nil {
		sys.Serving = func(net.Addr, net.Addr) {}
	}
	serving := sys.Serving
	var once sync.Once
	sys.Serving = func(public, private net.Addr) { once.Do(func() { serving(public, private) }) }
	return sys
}

// Run runs the shop: it opens what there is to open, serves until ctx ends, and closes in reverse,
// the database last. An error is a fault of the configuration or of the machine; Run returns nil
// when ctx ends.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger, sys System) (err error) {
	sys = sys.withDefaults()
	log, recent := keepRecent(log, cfg.Secrets())
	if cfg.Database.IsPostgres() {
		recent.replica = replicaName(cfg)
	}
	input := cfg.CatalogFile()
	if sys.Catalog != nil {
		input = *sys.Catalog
	}
	if err := ops.RequireDatabase(cfg); err != nil { // what is wrong must not make one
		if _, err := input.Load(); err != nil {
			return err
		}
		if err := canListen(ctx, sys, cfg); err != nil {
			return err
		}
	}
	// The built-in texts take as long as the opening of a large database, and cannot be wrong.
	texts := sync.OnceValues(func() (*localize.Texts, error) { return localize.LoadWith(cfg.Texts) })
	if cfg.Texts == "" {
		go func() { _, _ = texts() }()
	} else if _, err := texts(); err != nil { // wrong ones must not make a database either
		return err
	}
	if cfg.TLS == config.TLSFiles { // nor must a wrong certificate
		if _, err := https.Load(cfg.TLSCert, cfg.TLSKey); err != nil {
			return err
		}
	}
	if cfg.Database.IsPostgres() { // one that stands by does not need the file, until it has to lead
		if _, err := input.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	removeLeftovers(log, cfg.Database)
	before := lastAlive(cfg.Database)
	db, err := database.Open(ctx, cfg.Database, storage.WithLog(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	defer context.AfterFunc(ctx, func() { systemd.Stopping(log) })()
	r := &replica{
		cfg: cfg, log: log, recent: recent, sys: sys, input: input, db: db, wrapped: sys.Wrap(db), before: before, texts: texts,
	}
	return r.run(ctx)
}

// removeLeftovers removes what killed runs left of the database's file, if it is one.
func removeLeftovers(log *slog.Logger, d config.Database) {
	if d.IsPostgres() {
		return
	}
	removed, err := storage.RemoveLeftovers(d.Path())
	for _, name := range removed {
		log.Warn("leftover of a killed run removed", "file", name)
	}
	if err != nil {
		log.Warn("remove leftovers of killed runs failed", "error", err)
	}
}

// Reconcile has the running shop of this configuration compare its orders with Crypto Pay, from the
// given time on (zero: all), or does it itself if no shop is running. A nil transport is the
// network.
func Reconcile(
	ctx context.Context, cfg config.Config, log *slog.Logger, transport http.RoundTripper, since time.Time,
) (report shop.Report, err error) {
	err = ops.WithShop(ctx, cfg, log, func(s ops.Shop) error {
		if running, ok := s.(ops.Client); ok {
			report, err = running.Reconcile(ctx, since)
			return err
		}
		bot, err := telegram.New(cfg.Telegram(log, transport))
		if err != nil {
			return err
		}
		closed, _ := s.(ops.ClosedShop) // WithShop knows these two
		key, err := closed.Secret(ctx)
		if err != nil {
			return err
		}
		rails := []shop.Rail{starsrail.New(bot)}
		if cfg.HasCryptoPay() {
			client, err := payments.New(cfg.CryptoPay(log, transport))
			if err != nil {
				return err
			}
			defer client.Close()
			rails = append(rails, cryptopayrail.New(client, func(shop.OrderID) string { return "" }))
		}
		report, err = shop.New(closed.DB, rails, nil, shop.Config{
			Key: key, Log: slog.New(slog.DiscardHandler), // the report says it all
		}).Reconcile(ctx, since)
		return err
	})
	return report, err
}

// NewLogger returns a logger to w with the level and the format of cfg. It replaces the secrets of
// cfg in everything that is written, since any library may put them into its errors. It bounds how
// often one warning or error is written. A w that blocks loses lines, and delays nobody for more
// than a second.
func NewLogger(w io.Writer, cfg config.Config) *slog.Logger {
	w = telegram.RedactingWriter(w, cfg.Secrets()...)
	return slog.New(limitLog(logHandler(&patientWriter{to: w, notice: func(lines int) {
		slog.New(logHandler(w, cfg)).Warn("log lines dropped, nobody read them", "lines", lines)
	}}, cfg)))
}

func logHandler(w io.Writer, cfg config.Config) slog.Handler {
	options := &slog.HandlerOptions{Level: slog.Level(cfg.LogLevel)}
	if cfg.LogFormat == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}
