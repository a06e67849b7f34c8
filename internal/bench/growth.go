package main

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"shopbot/internal/payments"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const (
	opens    = 5    // times that a database is opened
	reads    = 500  // times that something is read
	passes   = 5    // comparisons of open invoices
	aScreen  = 9    // orders that are read for a screen of them
	faithful = 1000 // orders of the buyer whose screen that is
)

// growth measures what must not grow with the orders ever made, in this process.
func (s *round) growth(ctx context.Context, column int, database string) error {
	if column == 0 {
		if err := s.orderSize(ctx, column); err != nil {
			return err
		}
	}
	open, err := median(opens, func() error { return withDB(ctx, database, func(*storage.DB) error { return nil }) })
	if err != nil {
		return err
	}
	s.table.put(column, "the database opened and closed", lasting(open))
	if info, err := os.Stat(database); err == nil {
		s.table.put(column, "file, with all keys in stock", room(float64(info.Size())))
	}
	return withDB(ctx, database, func(db *storage.DB) error {
		if err := addRegulars(ctx, db, 1, faithful); err != nil {
			return err
		}
		if _, err := addOpen(ctx, db, 0, openOrders); err != nil {
			return err
		}
		if err := s.readings(ctx, column, db); err != nil {
			return err
		}
		if err := s.comparison(ctx, column, db); err != nil {
			return err
		}
		return s.backup(ctx, column, db)
	})
}

// readings are what owners and buyers ask for.
func (s *round) readings(ctx context.Context, column int, db *storage.DB) error {
	for _, r := range []struct {
		name string
		do   func() error
	}{
		{"statistics of all time, read", func() error {
			_, err := db.Statistics(ctx, "", "")
			return err
		}},
		{"the newest of a buyer's " + thousands(faithful) + " orders, read", func() error {
			_, err := db.OrdersOf(ctx, firstRegular, "", aScreen)
			return err
		}},
	} {
		took, err := median(reads, r.do)
		if err != nil {
			return err
		}
		s.table.put(column, r.name, lasting(took))
	}
	return nil
}

// comparison is one pass over the open invoices.
func (s *round) comparison(ctx context.Context, column int, db *storage.DB) error {
	client, err := payments.New(payments.Config{
		Token: appToken, Network: payments.Mainnet, BaseURL: s.services.address + "/cryptopay", RateLimit: math.Inf(1),
	})
	if err != nil {
		return err
	}
	defer client.Close()
	invoicer := payments.NewInvoicer(client, func(shop.OrderID) string { return "" })
	sh := shop.New(db, invoicer, nil, shop.Config{Log: slog.New(slog.DiscardHandler)})
	took, err := median(passes, func() error { return sh.Sync(ctx) })
	s.table.put(column, thousands(openOrders)+" open invoices compared with Crypto Pay", lasting(took))
	return err
}

func (s *round) backup(ctx context.Context, column int, db *storage.DB) error {
	path := filepath.Join(s.dir, "backup.db")
	defer func() { _ = os.Remove(path) }()
	began := time.Now()
	n, err := writeBackup(ctx, db, path)
	if err != nil {
		return err
	}
	s.table.put(column, "backup to disk, and its size", lasting(time.Since(began)), room(float64(n)))
	return nil
}

func writeBackup(ctx context.Context, db *storage.DB, path string) (written int64, err error) {
	f, err := os.Create(path) //nolint:gosec // a file of our own
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(db.Backup(ctx, w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// median is how long do takes, of n times.
func median(n int, do func() error) (time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		began := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return quantile(times, 0.5), nil
}
