// Command bench measures shopbot under load, from outside, and prints its figures as Markdown.
//
//	go run ./internal/bench [-shopbot FILE] [-against FILE] [-rounds N] [-what sales,payments,memory,size]
//
// It uses commands, configuration, webhooks and the chat, which all versions have in common, so two of them can be
// compared: they run in turns, a figure is the median of all rounds, and a ratio is the median of the ratios of each
// round. This program plays Telegram and Crypto Pay on loopback and shares the processors with the shop, so rely on
// the ratios of one run. The databases lie in $TMPDIR; put it on the disk that matters. Linux only, for /proc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// plan bounds a measurement.
type plan struct {
	programs []string // the one to measure, and optionally one to compare with
	rounds   int
	what     string
	selling  time.Duration // in a round
	bursts   []burst       // in a round
	keys     int           // of a long list
	sizes    []int         // orders in the database
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == baselineCommand {
		log.Fatal(serveBaseline(os.Args[2]))
	}
	p := plan{
		programs: make([]string, 1, 2), selling: 2 * time.Second, bursts: []burst{{1, 500}, {32, 4000}, {128, 4000}},
		keys: 1_000_000, sizes: []int{100, 10_000, 1_000_000},
	}
	flag.StringVar(&p.programs[0], "shopbot", "", "program to measure; built from this tree if empty")
	against := flag.String("against", "", "program to compare it with, such as one of an older commit")
	flag.IntVar(&p.rounds, "rounds", 5, "how often everything is measured")
	flag.StringVar(&p.what, "what", "sales,payments,memory,size", "parts to measure; size makes databases of this tree's format")
	flag.Parse()
	if *against != "" {
		p.programs = append(p.programs, *against)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	dir, err := os.MkdirTemp("", "bench-")
	if err == nil {
		err = measure(ctx, p, dir, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatalf("%v; its files are in %s", err, dir)
	}
	_ = os.RemoveAll(dir)
}

// failure ends a measurement: check panics with it, and measure returns its error.
type failure struct{ error }

func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func must[T any](v T, err error) T { check(err); return v }

// bench is a measurement under way.
type bench struct {
	plan
	*site
	table
}

// measure measures in dir and writes the figures to out.
func measure(ctx context.Context, p plan, dir string, out io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer func() {
		if f, failed := recover().(failure); failed {
			err = f.error
		}
	}()
	b := &bench{plan: p, site: newSite(dir)}
	defer b.Close()
	if p.programs[0] == "" {
		p.programs[0] = filepath.Join(dir, "shopbot")
		check(exec.CommandContext(ctx, "go", "build", "-o", p.programs[0], "shopbot/cmd/shopbot").Run())
	}
	filesystem := must(exec.CommandContext(ctx, "stat", "-f", "-c", "%T", dir).Output())
	_, model, _ := strings.Cut(string(must(os.ReadFile("/proc/cpuinfo"))), "model name\t: ")
	model, _, _ = strings.Cut(model, "\n")
	fmt.Fprintf(out, "%s: %s, %d processors, files on %s.\n%s/%s, %s. Medians of %d rounds.\n", time.Now().UTC().Format(time.DateOnly),
		model, runtime.NumCPU(), strings.TrimSpace(string(filesystem)), runtime.GOOS, runtime.GOARCH, runtime.Version(), p.rounds)
	if p.what != "size" {
		b.compare(ctx, out)
	}
	if b.wants("size") {
		b.grow(ctx, out)
	}
	return nil
}

func (b *bench) wants(part string) bool { return strings.Contains(b.what, part) }

// The columns of the comparison.
const (
	measured = iota
	bound    // the least work that could do
	compared
)

// compare measures the programs in turns.
func (b *bench) compare(ctx context.Context, out io.Writer) {
	b.table = table{
		heads: []string{"this program", "bound (this : bound)", "other program (this : other)"}[:1+len(b.programs)],
		ratio: func(first, other float64) float64 { return first / other },
	}
	defer b.write(out) // also what was measured before a failure
	b.startBaseline(ctx)
	shops := make([]shop, len(b.programs))
	for i, program := range b.programs {
		shops[i] = b.stocked(ctx, b.newShop(program))
	}
	for round := range b.rounds {
		if b.wants("payments") {
			b.pay(ctx, bound, b.baseline, shops[0].payments)
			b.put(loneRow, bound, loneCommit(b.dir).Seconds()*1000)
		}
		for i := range shops {
			i = (i + round) % len(shops)
			if b.wants("sales") {
				shops[i].copied(ctx, func(s shop) { b.sales(ctx, i*compared, s) })
			}
			if b.wants("payments") {
				shops[i].copied(ctx, func(s shop) {
					s.serve(ctx, telegramPace, func(process) { b.pay(ctx, i*compared, s.public, s.payments) })
				})
			}
			if b.wants("memory") {
				b.memory(ctx, i*compared, b.programs[i])
			}
		}
	}
}

// stocked puts keys on sale in s and has as many orders made as the bursts of a round pay for.
func (b *bench) stocked(ctx context.Context, s shop) shop {
	n := 0
	for _, burst := range b.bursts {
		n += burst.payments
	}
	b.loadKeys(ctx, s, n+int(10_000*b.selling.Seconds()))
	s.serve(ctx, anyPace, func(process) { s.payments = b.placeOrders(n) })
	return s
}

// loadKeys puts n keys of 19 characters on sale by the command, and returns the peak memory of that, in bytes.
func (b *bench) loadKeys(ctx context.Context, s shop, n int) float64 {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "KEY-%08d-7Q4M-Z\n", i+1)
	}
	file := filepath.Join(b.dir, "keys.txt")
	check(os.WriteFile(file, []byte(list.String()), 0o600))
	_, peak := s.run(ctx, "stock", "add", sku, file)
	return peak
}

// sales measures whole sales.
func (b *bench) sales(ctx context.Context, column int, s shop) {
	s.serve(ctx, anyPace, func(p process) {
		perSecond, cpu := b.sell(ctx, p, b.selling)
		b.put(fmt.Sprintf("whole sales a second, %d buyers at once", buyers), column, perSecond)
		b.put("processor time of the shop for a sale, ms", column, cpu.Seconds()*1000)
	})
}

const loneRow = "a lone payment is acknowledged within, ms"

// pay measures how bursts of payments are acknowledged at an address.
func (b *bench) pay(ctx context.Context, column int, address string, payments [][]byte) {
	time.Sleep(b.selling / 2) // a shop that has just started compares the open invoices
	for _, burst := range b.bursts {
		perSecond, times := burst.send(ctx, address, payments)
		payments = payments[burst.payments:]
		b.put(fmt.Sprintf("payments acknowledged a second over %d connections", burst.conns), column, perSecond)
		b.put(fmt.Sprintf("… and 99 of 100 within, ms, over %d", burst.conns), column, times[len(times)*99/100].Seconds()*1000)
		if burst.conns == 1 && column != bound {
			b.put(loneRow, column, times[len(times)/2].Seconds()*1000)
		}
	}
}

// memory measures the most memory that it takes to put many keys on sale in an empty shop.
func (b *bench) memory(ctx context.Context, column int, program string) {
	list := fmt.Sprintf("%d keys ", b.keys)
	b.put(list+"by command into a closed shop: peak of the command, MB", column, b.loadKeys(ctx, b.newShop(program), b.keys)/1e6)
	s := b.newShop(program)
	s.serve(ctx, telegramPace, func(p process) {
		b.loadKeys(ctx, s, b.keys)
		b.put(list+"by command into a running shop: peak of the shop, MB", column, p.peak()/1e6)
	})
	s = b.newShop(program)
	s.serve(ctx, telegramPace, func(p process) {
		b.sendKeys(ctx, s)
		b.put(list+"as a file in the owner's chat: peak of the shop, MB", column, p.peak()/1e6)
	})
}

// sendKeys has the owner send the list of loadKeys as a file, and waits until all are on sale.
func (b *bench) sendKeys(ctx context.Context, s shop) {
	chat := b.open(owner)
	defer b.chats.Delete(int64(owner))
	b.command(owner, "/addstock "+sku)
	_, _, err := await(chat, anything)
	check(err)
	b.say(owner, `"document":{"file_id":"list","file_unique_id":"list","file_name":"keys.txt","mime_type":"text/plain"}`)
	for began := time.Now(); time.Since(began) < patience; time.Sleep(200 * time.Millisecond) {
		select {
		case m := <-chat: // a preview of the list, in newer versions
			if add := addButton.FindSubmatch(m.call); add != nil {
				b.press(owner, m.id, string(add[1]))
			}
		default:
		}
		if out, _ := s.run(ctx, "stock", "list"); slices.Contains(strings.Fields(out), fmt.Sprint(b.keys)) {
			return
		}
	}
	check(errors.New("the keys that the owner sent did not come on sale"))
}
