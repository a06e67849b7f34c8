// Command bench measures shopbot under load, from outside, and prints a Markdown table.
//
//	go run ./internal/bench [-shopbot FILE] [-against FILE] [-rounds N] [-orders N] [-exports] [-large]
//
// Shops run in turns; a figure is the median of all rounds. The bound is the least work that could
// do, and the program to compare with starts without orders. Telegram and Crypto Pay are played on
// the same processors. The databases lie in $TMPDIR, 5 GB of them; those of a failed run stay
// there.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

const (
	buyers   = 64            // who order and pay at the same time
	newBuyer = 7_000_000_000 // the first one who orders while this program runs
	oldBuyer = 6_000_000_000 // the first one of the history
)

type bench struct {
	program, against string // against may be empty
	rounds           int
	selling          time.Duration // in a round
	bursts           []burst       // in a round; each payment is sent as soon as one before is answered
	keys             int           // in a long list
	orders           []int         // in the databases of program
	people, sales    int           // whom a broadcast is for; sales meanwhile; see BenchmarkBroadcast
	exports, large   bool          // measure only exports, or only what depends on the largest database
	copied           int           // payments while that is backed up
	answers          int           // in a round, see measurePostgres
	*remote
	table
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "bound" {
		log.Fatal(serveBound(os.Args[2]))
	}
	b := bench{selling: 2 * time.Second, bursts: []burst{{1, 500}, {32, 4000}, {128, 4000}}, keys: 1_000_000, copied: 20_000}
	flag.StringVar(&b.program, "shopbot", "", "program to measure; built from this tree if empty")
	flag.StringVar(&b.against, "against", "", "program to compare it with, such as one of an older commit")
	flag.IntVar(&b.rounds, "rounds", 5, "how often everything is measured")
	most := flag.Int("orders", 1_000_000, "orders in the largest database; the smaller ones have 100, 10,000 and so on")
	flag.BoolVar(&b.exports, "exports", false, "measure only exports of the largest database")
	flag.BoolVar(&b.large, "large", false, "measure only start, memory and backups of the largest database")
	flag.Parse()
	for n := 100; n <= *most; n *= 100 {
		b.orders = append(b.orders, n)
	}
	dir := must(os.MkdirTemp("", "bench-"))
	log.SetPrefix("bench in " + dir + ": ")
	time.AfterFunc(2*time.Hour, func() { log.Fatal("out of time") })
	b.measure(context.Background(), dir, os.Stdout)
	check(os.RemoveAll(dir))
}

func (b *bench) measure(ctx context.Context, dir string, out io.Writer) {
	b.setUp(ctx, dir)
	defer b.Close()
	check(instance{remote: b.remote, program: must(os.Executable())}.command(ctx, anyPace, "bound", b.bound).Start())
	waitFor(ctx, "http://"+b.bound, 400) // to a request that nobody signed
	b.figures = map[cell][]float64{}
	if b.exports {
		b.measureExports(ctx)
		b.print(out, "export orders")
		return
	}
	if b.large {
		b.measureLarge(ctx)
		b.print(out, noBackup)
		return
	}
	shops := b.prepare(ctx)
	for round := range b.rounds {
		b.put("payments over 1: half of them within, ms", "a commit of bbolt", loneCommit(dir))
		b.pay(ctx, "bound", []string{b.bound}, shops[0].payments)
		for i := range shops {
			b.measureShop(ctx, shops[(i+round)%len(shops)])
		}
	}
	fmt.Fprintf(out, "%s, %d processors, medians of %d rounds\n\n", runtime.Version(), runtime.NumCPU(), b.rounds)
	b.print(out, shops[0].column)
}

// setUp makes what every measurement needs.
func (b *bench) setUp(ctx context.Context, dir string) {
	if b.program == "" {
		b.program = filepath.Join(dir, "shopbot")
		check(exec.CommandContext(ctx, "go", "build", "-o", b.program, "shopbot/cmd/shopbot").Run())
	}
	b.remote, b.figures = newRemote(dir), map[cell][]float64{}
}

// measureShop measures a shop on a copy of its database, and the memory on empty ones.
func (b *bench) measureShop(ctx context.Context, s instance) {
	original := s.database
	s.database = filepath.Join(b.dir, "copy.db")
	plainCopy(ctx, original, s.database)
	var sales float64
	ready, cpu := s.serve(ctx, anyPace, func(int) {
		var times []float64
		for i := range int64(20) {
			chat, began := b.open(oldBuyer+i), time.Now()
			chat.command("/orders")
			chat.await("chat_id")
			times = append(times, milliseconds(time.Since(began)))
			chat.leave()
		}
		b.put("a buyer's /orders is answered within, ms", s.column, median(times))
		sales = b.sell(ctx, s.column, s.addresses())
	})
	b.put("start until ready, ms", s.column, milliseconds(ready))
	b.put("processor time of the shop for a sale, ms", s.column, milliseconds(cpu)/sales)
	s.serve(ctx, telegramPace, func(int) { b.pay(ctx, s.column, s.addresses(), s.payments) })
	s.forget(ctx)
	if s.orders > b.orders[0] { // the same program as in the first column
		return
	}
	for i, add := range []func(context.Context, int){s.addKeys, s.sendKeys} {
		s.serve(ctx, telegramPace, func(pid int) {
			add(ctx, b.keys)
			b.put("peak memory of loading many keys by "+[]string{"command", "chat"}[i]+", MB", s.column,
				memory(pid, "VmHWM:"))
		})
		s.forget(ctx)
	}
}

// sell measures whole sales and returns their number. A chat gets one message a second, so each
// buyer buys once.
func (b *bench) sell(ctx context.Context, column string, addresses []string) float64 {
	var all sync.WaitGroup
	var sold atomic.Int64
	end := time.Now().Add(2 * b.selling)
	for i := range buyers {
		all.Go(func() {
			for c := dial(ctx, addresses[i%len(addresses)]); time.Now().Before(end); {
				chat := b.open(newBuyer + b.ids.Add(1))
				post(c, chat.order())
				all.Go(func() {
					chat.await("KEY-")
					chat.leave()
					sold.Add(1)
				})
			}
		})
	}
	time.Sleep(b.selling) // until as many get their goods as order
	before := sold.Load()
	time.Sleep(time.Until(end))
	b.put(fmt.Sprintf("whole sales a second, %d buyers", buyers), column, float64(sold.Load()-before)/b.selling.Seconds())
	all.Wait()
	return float64(sold.Load())
}

type burst struct{ conns, payments int }

// pay measures how bursts of payments are acknowledged at addresses, in turns.
func (b *bench) pay(ctx context.Context, column string, addresses []string, webhooks [][]byte) {
	time.Sleep(b.selling / 2) // a shop that has just started compares the open invoices
	for _, burst := range b.bursts {
		conns := make(chan *bufio.ReadWriter, burst.conns)
		for i := range burst.conns {
			conns <- dial(ctx, addresses[i%len(addresses)])
		}
		times := make([]float64, burst.payments)
		began := time.Now()
		together(burst.conns, burst.payments, func(i int) {
			c, sent := <-conns, time.Now()
			post(c, webhooks[i])
			times[i] = milliseconds(time.Since(sent))
			conns <- c
		})
		webhooks = webhooks[burst.payments:]
		b.put(fmt.Sprintf("payments over %d: acknowledged a second", burst.conns), column,
			float64(burst.payments)/time.Since(began).Seconds())
		b.put(fmt.Sprintf("payments over %d: half of them within, ms", burst.conns), column, median(times))
		slices.Sort(times)
		b.put(fmt.Sprintf("payments over %d: 99 of 100 within, ms", burst.conns), column, times[len(times)*99/100])
	}
}

// loneCommit is the median time, in ms, of a bbolt commit of 1 kB.
func loneCommit(dir string) float64 {
	db := must(bbolt.Open(filepath.Join(dir, "commit.db"), 0o600, &bbolt.Options{Timeout: time.Second}))
	defer db.Close()
	var times []float64
	for began := time.Now(); len(times) < 500; began = time.Now() {
		check(db.Update(func(tx *bbolt.Tx) error {
			records := must(tx.CreateBucketIfNotExists([]byte("records")))
			return records.Put(fmt.Appendf(nil, "%08d", len(times)), make([]byte, 1000))
		}))
		times = append(times, milliseconds(time.Since(began)))
	}
	return median(times)
}

type table struct {
	cells   []cell
	figures map[cell][]float64 // one of each round
}

type cell struct{ figure, subject string }

func (t *table) put(figure, subject string, value float64) {
	c := cell{figure, subject}
	if t.figures[c] == nil {
		t.cells = append(t.cells, c)
	}
	t.figures[c] = append(t.figures[c], value)
}

// print prints medians in Markdown, with the ratios of the subject first to each.
func (t *table) print(w io.Writer, first string) {
	slices.SortStableFunc(t.cells, func(x, y cell) int { return strings.Compare(x.figure, y.figure) })
	fmt.Fprintf(w, "| figure | of | median | %s : this |\n|---|---|--:|--:|\n", first)
	for _, c := range t.cells {
		var ratios []float64
		for round, v := range t.figures[cell{c.figure, first}] {
			ratios = append(ratios, v/t.figures[c][round])
		}
		ratio := "" // a figure of other subjects
		if len(ratios) > 0 {
			ratio = fmt.Sprintf("%.2f", median(ratios))
		}
		fmt.Fprintf(w, "| %s | %s | %.2f | %s |\n", c.figure, c.subject, median(t.figures[c]), ratio)
	}
}

func together(limit, n int, do func(i int)) {
	var all errgroup.Group
	all.SetLimit(limit)
	for i := range n {
		all.Go(func() error { do(i); return nil })
	}
	check(all.Wait())
}

func median(values []float64) float64      { return slices.Sorted(slices.Values(values))[len(values)/2] }
func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
func must[T any](v T, err error) T { check(err); return v }
