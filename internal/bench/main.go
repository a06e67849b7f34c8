// Command bench measures shopbot under load, from outside, and prints its figures as Markdown.
//
//	go run ./internal/bench [-shopbot FILE] [-against FILE] [-rounds N] [-what sales,payments,memory,size]
//
// It uses commands, configuration, webhooks and the chat, which all versions have in common, so two of them can be
// compared: they run in turns, a figure is the median of all rounds, and a ratio is the median of the ratios of each
// round. This program plays Telegram and Crypto Pay on loopback and shares the processors with the shop, so rely on
// the ratios of one run. The databases lie in $TMPDIR; put it on the disk that matters, with 10 GB free. All of it takes
// about a quarter of an hour on two processors that do nothing else. Linux only, for /proc.
package main

import (
	"cmp"
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
		selling: 2 * time.Second, bursts: []burst{{1, 500}, {32, 4000}, {128, 4000}},
		keys: 1_000_000, sizes: []int{1_000_000, 10_000, 100},
	}
	shopbot := flag.String("shopbot", "", "program to measure; built from this tree if empty")
	against := flag.String("against", "", "program to compare it with, such as one of an older commit")
	flag.IntVar(&p.rounds, "rounds", 5, "how often everything is measured")
	flag.StringVar(&p.what, "what", "sales,payments,memory,size", "parts to measure; size makes databases of this tree's format")
	flag.Parse()
	if p.programs = []string{*shopbot}; *against != "" {
		p.programs = append(p.programs, *against)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	dir, err := os.MkdirTemp("", "bench-")
	if err == nil {
		err = measure(ctx, p, dir, os.Stdout)
	}
	if stop(); err != nil {
		log.Fatalf("%v; its files are in %s", err, dir)
	}
	_ = os.RemoveAll(dir)
}

// bench is a measurement under way.
type bench struct {
	plan
	*site
	table
}

// measure measures in dir and writes the figures to out.
func measure(ctx context.Context, p plan, dir string, out io.Writer) (err error) {
	defer catch(&err)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if p.programs[0] == "" {
		p.programs[0] = filepath.Join(dir, "shopbot")
		build := exec.CommandContext(ctx, "go", "build", "-o", p.programs[0], "shopbot/cmd/shopbot")
		build.Stderr = os.Stderr
		check(build.Run())
	}
	for i, program := range p.programs {
		p.programs[i] = must(filepath.Abs(program))
	}
	check(os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(products), 0o600))
	b := &bench{plan: p, site: newSite(dir)}
	defer b.Close()
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

// The columns of the comparison: this program, the least work that could do, the other program.
const (
	bound    = 1
	compared = 2
)

// compare measures the programs in turns.
func (b *bench) compare(ctx context.Context, out io.Writer) {
	b.table = newTable([]string{"this program", "bound (this : bound)", "other program (this : other)"}[:1+len(b.programs)]...)
	defer b.write(out) // also what was measured before a failure
	b.startBaseline(ctx)
	shops := make([]instance, len(b.programs))
	for i, program := range b.programs {
		shops[i] = b.newInstance(program)
		if b.what != "memory" {
			b.stock(ctx, &shops[i])
		}
	}
	for round := range b.rounds {
		if b.wants("payments") {
			b.pay(ctx, bound, b.baseline, shops[0].payments)
			b.put(loneRow, bound, milliseconds(loneCommit(b.dir)))
		}
		for i := range shops {
			i = (i + round) % len(shops)
			column := i * compared
			if b.wants("sales") {
				shops[i].onCopy(ctx, anyPace, func(_ instance, p process) { b.sell(ctx, column, p) })
			}
			if b.wants("payments") {
				shops[i].onCopy(ctx, telegramPace, func(s instance, _ process) { b.pay(ctx, column, s.public, s.payments) })
			}
			if b.wants("memory") {
				b.memory(ctx, column, b.programs[i])
			}
		}
	}
}

// stock puts keys on sale in s and has as many orders made as the bursts of a round pay for.
func (b *bench) stock(ctx context.Context, s *instance) {
	n := 0
	for _, burst := range b.bursts {
		n += burst.payments
	}
	s.addKeys(ctx, n+int(10_000*b.selling.Seconds()))
	s.serve(ctx, anyPace, func(process) { s.payments = b.placeOrders(n) })
}

const loneRow = "a lone payment is acknowledged within, ms"

// pay measures how bursts of payments are acknowledged at an address.
func (b *bench) pay(ctx context.Context, column int, address string, payments [][]byte) {
	time.Sleep(b.selling / 2) // a shop that has just started compares the open invoices
	for _, burst := range b.bursts {
		perSecond, times := burst.send(ctx, address, payments)
		payments = payments[burst.payments:]
		b.put(fmt.Sprintf("payments acknowledged a second over %d connections", burst.conns), column, perSecond)
		b.put(fmt.Sprintf("… and 99 of 100 within, ms, over %d", burst.conns), column, milliseconds(times[len(times)*99/100]))
		if burst.conns == 1 && column != bound {
			b.put(loneRow, column, milliseconds(times[len(times)/2]))
		}
	}
}

// memory measures the most memory that it takes to put many keys on sale in an empty shop.
func (b *bench) memory(ctx context.Context, column int, program string) {
	list := fmt.Sprintf("%d keys ", b.keys)
	b.put(list+"by command into a closed shop: peak of the command, MB", column, b.newInstance(program).addKeys(ctx, b.keys))
	peak := func(way string, add func(instance)) {
		s := b.newInstance(program)
		defer os.Remove(s.database)
		s.serve(ctx, telegramPace, func(p process) {
			add(s)
			b.put(list+way+": peak of the shop, MB", column, p.peak())
		})
	}
	peak("by command into a running shop", func(s instance) { s.addKeys(ctx, b.keys) })
	peak("as a file in the owner's chat", func(s instance) { s.sendKeys(ctx, b.keys) })
}

// keys makes n keys of 19 characters.
func keys(kind string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%08d-7Q4M-Z", kind, i+1)
	}
	return list
}

// addKeys puts n keys on sale by the command, and returns the peak memory of that, in MB.
func (s instance) addKeys(ctx context.Context, n int) float64 {
	file := filepath.Join(s.dir, "keys.txt")
	check(os.WriteFile(file, []byte(strings.Join(keys("KEY", n), "\n")), 0o600))
	_, peak := s.run(ctx, "stock", "add", sku, file)
	return peak
}

// sendKeys has the owner send the list that addKeys made last, and waits until all n are on sale.
func (s instance) sendKeys(ctx context.Context, n int) {
	chat := s.open(owner)
	defer s.chats.Delete(int64(owner))
	s.command(owner, "/addstock "+sku)
	await(chat, anything)
	s.say(owner, `"document":{"file_id":"list","file_unique_id":"list","file_name":"keys.txt","mime_type":"text/plain"}`)
	for began := time.Now(); time.Since(began) < patience; time.Sleep(200 * time.Millisecond) {
		select {
		case m := <-chat: // a preview with a button, in newer versions
			if add := addButton.FindSubmatch(m.call); add != nil {
				s.press(owner, m.id, string(add[1]))
			}
		default:
		}
		if out, _ := s.run(ctx, "stock", "list"); slices.Contains(strings.Fields(out), fmt.Sprint(n)) {
			return
		}
	}
	check(errors.New("the keys that the owner sent did not come on sale"))
}

// table collects the figures of all rounds. Further columns are shown with their ratio to the first.
type table struct {
	heads, names []string
	cells        map[string][][]float64 // name of a row => a column => a figure of each round
}

func newTable(heads ...string) table { return table{heads: heads, cells: map[string][][]float64{}} }

// put adds the figure of one more round, in the unit that name says.
func (t *table) put(name string, column int, value float64) {
	if t.cells[name] == nil {
		t.names, t.cells[name] = append(t.names, name), make([][]float64, len(t.heads))
	}
	t.cells[name][column] = append(t.cells[name][column], value)
}

// write prints the medians, and the medians of the ratios of each round, in Markdown.
func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "\n| | %s |\n|---|%s\n", strings.Join(t.heads, " | "), strings.Repeat("--:|", len(t.heads)))
	for _, name := range t.names {
		fmt.Fprintf(w, "| %s |", name)
		for i, cell := range t.cells[name] {
			var ratios []float64
			for round := range min(len(cell), len(t.cells[name][0])) {
				ratios = append(ratios, t.cells[name][0][round]/cell[round])
			}
			if len(ratios) > 0 {
				fmt.Fprint(w, " ", short(median(cell)))
			}
			if len(ratios) > 0 && i > 0 {
				fmt.Fprintf(w, " (%.2f)", median(ratios))
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
}

func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
