package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres"
)

// oneReplica is the column that the others are compared with.
const oneReplica = "one replica"

// measurePostgres measures a shop on a file and on a PostgreSQL, there with up to three replicas, and
// what the server itself can do. In each round all of them start without orders.
//
// pgbench returns the transactions a second of pgbench's simple update over 32 connections.
func (b *bench) measurePostgres(ctx context.Context, server string, pgbench func(url string) float64) {
	subjects := []instance{
		{column: "a file", database: filepath.Join(b.dir, "file.db")},
		{column: oneReplica, replicas: 1},
		{column: "two replicas", replicas: 2},
		{column: "three replicas", replicas: 3},
	}
	for round := range b.rounds {
		b.put("payments over 32: acknowledged a second", "pgbench, simple update", pgbench(server))
		for i := range subjects {
			s := subjects[(i+round)%len(subjects)]
			s.remote, s.program = b.remote, b.program
			if s.replicas > 0 {
				s.database = createSchema(ctx, server)
			}
			b.measureReplicas(ctx, s)
			s.forget(ctx)
		}
		for _, s := range subjects {
			if s.replicas > 0 {
				s.database = createSchema(ctx, server)
				b.put("one hot product: units a second, without chats", s.column, b.sellHot(ctx, s))
				s.dropSchema(ctx)
			}
		}
	}
}

// measureReplicas measures whole sales, how quickly a chat is answered, and a burst of payments.
func (b *bench) measureReplicas(ctx context.Context, s instance) {
	s.addKeys(ctx, b.paidAtOnce()+int(10_000*b.selling.Seconds()))
	s.serve(ctx, anyPace, func(int) {
		b.sell(ctx, s.column, s.addresses())
		var times []float64
		for range b.answers {
			chat, began := b.open(newBuyer+b.ids.Load()-1), time.Now()
			chat.command("/orders")
			chat.await("chat_id")
			times = append(times, milliseconds(time.Since(began)))
			chat.leave()
		}
		slices.Sort(times)
		b.put("a buyer's /orders: half of them within, ms", s.column, median(times))
		b.put("a buyer's /orders: 99 of 100 within, ms", s.column, times[len(times)*99/100])
		s.payments = make([][]byte, b.paidAtOnce())
		together(buyers, len(s.payments), func(i int) {
			chat := s.open(newBuyer + s.ids.Add(1))
			s.payments[i] = chat.order()
			chat.leave()
		})
	})
	s.serve(ctx, telegramPace, func(int) { b.pay(ctx, s.column, s.addresses(), s.payments) })
}

// paidAtOnce is how many payments the bursts of a round have together.
func (b *bench) paidAtOnce() (n int) {
	for _, burst := range b.bursts {
		n += burst.payments
	}
	return n
}

// sellHot sells single units of one product from several handles on one database, as many processes
// would, and returns the units a second. The steps are those of a sale: order, payment, delivery.
func (b *bench) sellHot(ctx context.Context, s instance) float64 {
	var handles []*storage.DB
	for range s.replicas {
		engine := must(postgres.Open(ctx, s.database, slog.New(slog.DiscardHandler)))
		handles = append(handles, must(storage.New(ctx, engine)))
	}
	units := int(3000 * b.selling.Seconds())
	must(handles[0].AddStock(ctx, shop.StockLoad{SKU: sku, Units: keys("HOT", units)}))
	var sold atomic.Int64
	began := time.Now()
	end := began.Add(b.selling)
	together(32*s.replicas, units, func(i int) {
		if time.Now().Before(end) {
			sellOne(ctx, handles[i%s.replicas], int64(oldBuyer+i), i+1, time.Now(), []byte("{}"))
			sold.Add(1)
		}
	})
	rate := float64(sold.Load()) / time.Since(began).Seconds()
	for _, db := range handles {
		check(db.Close())
	}
	return rate
}

// createSchema makes an empty place in a server and returns its address.
func createSchema(ctx context.Context, server string) string {
	name := fmt.Sprintf("bench_%d", time.Now().UnixNano())
	execute(ctx, server, "CREATE SCHEMA "+name)
	u := must(url.Parse(server))
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func (s instance) dropSchema(ctx context.Context) {
	execute(ctx, s.database, "DROP SCHEMA "+must(url.Parse(s.database)).Query().Get("search_path")+" CASCADE")
	execute(ctx, s.database, "CHECKPOINT") // so that no round pays for another one
}

func execute(ctx context.Context, at, sql string) {
	conn := must(pgx.Connect(ctx, at))
	defer conn.Close(ctx)
	must(conn.Exec(ctx, sql))
}
