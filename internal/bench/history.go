package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// How a prepared shop came to be.
const (
	historySpan = 2 * 365 * 24 * time.Hour // over which its orders were made
	historyPart = 10_000                   // orders for which keys are put on sale at a time
	writers     = 512                      // that share commits
	buyersShare = 5                        // orders of one buyer
	cancelShare = 20                       // one order in so many was never paid
	openOrders  = 1000                     // that wait for their payment on any day
)

// history makes a database with so many finished orders and keys on sale, or finds
// the one that was made before.
func history(ctx context.Context, dir string, orders, stock int) (path string, err error) {
	path = filepath.Join(dir, fmt.Sprintf("orders-%d-stock-%d.db", orders, stock))
	if readable(ctx, path) {
		return path, nil
	}
	half := path + ".unfinished"
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	if err := withDB(ctx, half, func(db *storage.DB) error {
		return makeHistory(ctx, db, orders, stock)
	}); err != nil {
		return "", err
	}
	return path, os.Rename(half, path)
}

// readable reports whether a database is there and of the format of today.
func readable(ctx context.Context, path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	err := withDB(ctx, path, func(db *storage.DB) error {
		_, err := db.Orders(ctx, shop.Filter{})
		return err
	})
	return err == nil
}

// withDB opens a database for do.
func withDB(ctx context.Context, path string, do func(*storage.DB) error) (err error) {
	db, err := storage.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// makeHistory writes orders as they are when all is over with them. They go by the
// store's own steps, though by fewer than a real order takes; how much room an
// order takes is measured on real ones.
func makeHistory(ctx context.Context, db *storage.DB, orders, stock int) error {
	began := time.Now().Add(-historySpan)
	for done := 0; done < orders; {
		n := min(historyPart, orders-done)
		if err := addKeys(ctx, db, done, n-(done+n)/cancelShare+done/cancelShare); err != nil {
			return err
		}
		err := spread(writers, n, func(i int) error {
			number := done + i
			at := began.Add(historySpan / time.Duration(orders) * time.Duration(number))
			return finished(ctx, db, number+1, firstBuyer+int64(number/buyersShare), at)
		})
		if err != nil {
			return err
		}
		done += n
	}
	return addKeys(ctx, db, orders, stock)
}

func addKeys(ctx context.Context, db *storage.DB, first, n int) error {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("KEY-%08d-7Q4M-ZX2P", first+i)
	}
	_, err := db.AddStock(ctx, sku, keys, 0)
	return err
}

// finished writes one order of the past: delivered, or given up in its time.
func finished(ctx context.Context, db *storage.DB, number int, buyer int64, at time.Time) error {
	o, err := awaitingOrder(number, buyer, at)
	if err != nil {
		return err
	}
	o.Place = shop.Place{Chat: buyer, Message: number}
	if number%cancelShare == 0 {
		o.State, o.Cancelled, o.InvoiceClosed = shop.StateCancelled, shop.CancelExpired, true
		_, _, err := db.Checkout(ctx, o, 0)
		return err
	}
	paid := at.Add(time.Minute)
	p, err := payment(&o, paid)
	if err != nil {
		return err
	}
	event := shop.Event{Order: o.ID, Payment: p, Source: shop.FromWebhook, Received: paid, Raw: paidBody(&o, paid)}
	o.State, o.Payments = shop.StatePaid, []shop.Payment{p}
	if _, _, err := db.Checkout(ctx, o, 0); err != nil {
		return err
	}
	_, err = db.Receive(ctx, event, func(o *shop.Order, _ int) error {
		if err := o.MarkDelivered(paid.Add(time.Second)); err != nil {
			return err
		}
		o.Notices = nil // everybody was told
		return nil
	})
	return err
}

// addOpen writes orders that wait for their payment, each of a buyer of its own, made one after the other over
// the half hour for which units are kept. They are returned in the order in which they are paid.
func addOpen(ctx context.Context, db *storage.DB, first, n int) ([]shop.Order, error) {
	orders := make([]shop.Order, n)
	began := time.Now().Add(-holdSpan)
	err := spread(writers, n, func(i int) error {
		number := 100_000_000 + first + i // above those of the history
		o, err := awaitingOrder(number, stranger(number), began.Add(holdSpan/time.Duration(n)*time.Duration(i)))
		if err == nil {
			o.Place = shop.Place{Chat: o.Buyer.ID, Message: 2}
			orders[i], _, err = db.Checkout(ctx, o, 0)
		}
		return err
	})
	return asPaid(orders), err
}

const (
	holdSpan  = 30 * time.Minute
	payWithin = time.Minute // people pay soon, or later; so long is long
)

// stranger is the Telegram id of a buyer who has nothing to do with the one before.
func stranger(number int) int64 { return firstStranger + int64(number)*0x9E3779B1%(1<<31) }

// asPaid sorts orders by when they are paid: a while after they were made, and not all the same while.
func asPaid(orders []shop.Order) []shop.Order {
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same in every run
	at := make(map[shop.OrderID]time.Time, len(orders))
	for _, o := range orders {
		at[o.ID] = o.Created.Add(time.Duration(chance.Int64N(int64(payWithin))))
	}
	slices.SortFunc(orders, func(a, b shop.Order) int { return at[a.ID].Compare(at[b.ID]) })
	return orders
}

// addRegulars writes finished orders of buyers who come again and again, so many each.
func addRegulars(ctx context.Context, db *storage.DB, buyers, each int) error {
	if err := addKeys(ctx, db, 500_000_000, buyers*each); err != nil {
		return err
	}
	now := time.Now()
	return spread(writers, buyers*each, func(i int) error {
		at := now.Add(-time.Duration(i%each) * time.Hour)
		return finished(ctx, db, 500_000_001+i, firstRegular+int64(i/each), at)
	})
}

// spread runs do for every number below n, so many at a time, and stops at the first error.
func spread(parallel, n int, do func(i int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	var once sync.Once
	var failed error
	for range min(parallel, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
				}
			}
		})
	}
	all.Wait()
	return failed
}
