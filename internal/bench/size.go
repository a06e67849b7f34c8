package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// orderSize measures the room that an order takes once it is delivered: the file
// of a shop that has sold all it had, by the real shop's own steps, through its orders. So
// the event, the indexes, the counters and what is left of a key are all in it. Then it sells three times as many, to
// tell what each further order adds, to the file and to the pages that are in use.
func (s *round) orderSize(ctx context.Context, column int) error {
	path := filepath.Join(s.dir, "size.db")
	parts := [2]int{s.sample, 3 * s.sample}
	var files, used [len(parts)]float64
	sold := 0
	for i, n := range parts {
		if err := withDB(ctx, path, func(db *storage.DB) error { return sellAll(ctx, db, sold, n) }); err != nil {
			return err
		}
		var err error
		if files[i], used[i], err = roomOf(path); err != nil {
			return err
		}
		sold += n
	}
	first, further := float64(parts[0]), float64(parts[1])
	s.table.put(column,
		fmt.Sprintf("room of a delivered order: the file of %s, and %s more · of these, what is in use", thousands(first), thousands(further)),
		room(files[0]/first), room((files[1]-files[0])/further), room((used[1]-used[0])/further))
	return nil
}

// roomOf is the size of a database file up to its last page, since the file itself grows by leaps, and of its pages that
// are not free.
func roomOf(path string) (all, used float64, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: time.Second})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(func(t *bbolt.Tx) error {
		size := int64(db.Info().PageSize)
		for id := 0; int64(id)*size < t.Size(); {
			page, err := t.Page(id)
			if err != nil {
				return err
			}
			pages := 1
			if page.Type != "free" {
				pages += page.OverflowCount
				used += float64(int64(pages) * size)
			}
			id += pages
		}
		all = float64(t.Size())
		return nil
	})
	return all, used, err
}

// sellAll has a shop sell n units, each in an order of its own, beside those it has sold before.
func sellAll(ctx context.Context, db *storage.DB, before, n int) error {
	source, err := catalog.LoadFS(catalogFiles, catalogName)
	if err != nil {
		return err
	}
	invoicer := &agreeingInvoicer{}
	invoicer.last.Store(int64(before))
	sh := shop.New(db, invoicer, agreeingCourier{}, shop.Config{
		Catalog: func() *catalog.Catalog { return source }, Key: []byte("bench"), InvoiceTTL: time.Hour,
		SyncInterval: time.Hour, Log: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- sh.Run(ctx) }()
	for done := 0; done < n && err == nil; done += saleOf {
		err = sellPart(ctx, db, sh, before+done, min(saleOf, n-done))
	}
	stop()
	return errors.Join(err, <-ended)
}

// saleOf is how many units are put on sale and sold before the next ones come.
const saleOf = 1000

func sellPart(ctx context.Context, db *storage.DB, sh *shop.Shop, first, n int) error {
	if err := addKeys(ctx, db, first, n); err != nil {
		return err
	}
	err := spread(64, n, func(i int) error { return sellOne(ctx, sh, int64(firstBuyer+first+i)) })
	if err != nil {
		return err
	}
	return waitDelivered(ctx, db)
}

func sellOne(ctx context.Context, sh *shop.Shop, buyer int64) error {
	now := time.Now()
	o, err := sh.Checkout(ctx, shop.Request{
		Buyer: shop.Buyer{ID: buyer, Name: "Alice Example @alice_example", Language: "en"}, SKU: sku, Quantity: 1,
		Origin: shop.Origin{Chat: buyer, User: buyer, Act: "m1", At: now}, Place: shop.Place{Chat: buyer, Message: 2},
	})
	if err != nil {
		return err
	}
	p, err := payment(&o, now)
	if err != nil {
		return err
	}
	_, err = sh.PaymentReceived(ctx, shop.Event{
		Order: o.ID, Payment: p, Source: shop.FromWebhook, Received: now, Raw: paidBody(&o, now),
	})
	return err
}

// waitDelivered waits until no order waits for anything.
func waitDelivered(ctx context.Context, db *storage.DB) error {
	for {
		left := false
		for _, t := range shop.Tasks() {
			_, some, err := db.NextDue(ctx, t)
			if err != nil {
				return err
			}
			left = left || some
		}
		if !left {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// agreeingInvoicer makes invoices at once, and is asked for nothing else.
type agreeingInvoicer struct {
	shop.Invoicer

	last atomic.Int64
}

func (i *agreeingInvoicer) CreateInvoice(context.Context, shop.Order, time.Duration) (shop.Invoice, error) {
	return invoice(i.last.Add(1)), nil
}

func (i *agreeingInvoicer) Bills(context.Context, []int64) ([]shop.Bill, error) { return nil, nil }

// agreeingCourier reaches everybody at once.
type agreeingCourier struct{ shop.Courier }

func (agreeingCourier) Deliver(context.Context, shop.Order) error           { return nil }
func (agreeingCourier) Tell(context.Context, shop.Order, shop.Notice) error { return nil }
