//go:build linux

// Command bench measures shopbot under load, from outside, and prints its figures as a Markdown table.
//
//	go run ./internal/bench [-shopbot FILE] [-against FILE] [-rounds N]
//
// It uses commands, configuration, webhooks and the chat, which all versions have in common, so two of them can be
// compared: they run in turns, a figure is the median of all rounds, and a ratio is the median of the ratios of each
// round. The first column is the shop with the fewest orders; the others are compared with it: the bound (the least
// work that could do), more orders, and the other program, which starts without orders.
//
// This program plays Telegram and Crypto Pay on loopback and shares the processors with the shop, so rely on the ratios
// of one run. The databases lie in $TMPDIR; put it on the disk that matters, with 5 GB free.
package main

import (
	"cmp"
	"context"
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

const maxDuration = 2 * time.Hour // of the whole program

// plan bounds a measurement.
type plan struct {
	program, against string // against may be empty
	rounds           int
	selling          time.Duration // in a round
	bursts           []burst       // in a round
	keys             int           // in a long list
	orders           []int         // in the databases of program
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == boundCommand {
		log.Fatal(serveBound(os.Args[2]))
	}
	p := plan{
		selling: 2 * time.Second, bursts: []burst{{1, 500}, {32, 4000}, {128, 4000}},
		keys: 1_000_000, orders: []int{100, 10_000, 1_000_000},
	}
	flag.StringVar(&p.program, "shopbot", "", "program to measure; built from this tree if empty")
	flag.StringVar(&p.against, "against", "", "program to compare it with, such as one of an older commit")
	flag.IntVar(&p.rounds, "rounds", 5, "how often everything is measured")
	flag.Parse()
	dir := must(os.MkdirTemp("", "bench-"))
	log.SetPrefix("bench in " + dir + ": ")
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	time.AfterFunc(maxDuration, stop)
	unhook := context.AfterFunc(interrupted, func() {
		_ = os.RemoveAll(dir)
		log.Fatal("stopped")
	})
	p.measure(context.Background(), dir, os.Stdout)
	unhook()
	check(os.RemoveAll(dir))
}

// bench is a measurement under way.
type bench struct {
	plan
	table
	*remote
}

// measure measures in dir and writes the figures to out.
func (p plan) measure(ctx context.Context, dir string, out io.Writer) {
	if p.program == "" {
		p.program = filepath.Join(dir, "shopbot")
		build := exec.CommandContext(ctx, "go", "build", "-o", p.program, "shopbot/cmd/shopbot")
		build.Stderr = os.Stderr
		check(build.Run())
	}
	b := bench{p, table{figures: map[cell][]float64{}}, newRemote(dir)}
	defer b.Close()
	b.startBound(ctx)
	shops := b.prepare(ctx)
	for round := range p.rounds {
		b.put(loneRow, boundColumn, loneCommit(dir))
		b.pay(ctx, boundColumn, b.bound, shops[0].payments)
		for i := range shops {
			b.measureShop(ctx, shops[(i+round)%len(shops)])
		}
	}
	fmt.Fprintf(out, "%s: %d processors, %s, %s. Medians of %d rounds, and (first column : this one).\n\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.GOARCH, runtime.Version(), p.rounds)
	b.print(out)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](v T, err error) T { check(err); return v }

// table collects the figures of all rounds. All columns but the first are shown with their ratio.
type table struct {
	columns, rows []string
	figures       map[cell][]float64 // one of each round
}

type cell struct{ row, column string }

// put adds the figure of one more round, in the unit that row names.
func (t *table) put(row, column string, value float64) {
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	t.figures[cell{row, column}] = append(t.figures[cell{row, column}], value)
}

// print prints the medians, and the medians of the ratios of each round, in Markdown.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "| | %s |\n|---|%s\n", strings.Join(t.columns, " | "), strings.Repeat("--:|", len(t.columns)))
	for _, row := range t.rows {
		fmt.Fprintf(w, "| %s |", row)
		first := t.figures[cell{row, t.columns[0]}]
		for i, column := range t.columns {
			values := t.figures[cell{row, column}]
			if len(values) > 0 {
				fmt.Fprintf(w, " %.2f", median(values))
			}
			ratios := make([]float64, len(values))
			for round, v := range values {
				ratios[round] = first[round] / v
			}
			if len(values) > 0 && i > 0 {
				fmt.Fprintf(w, " (%.2f)", median(ratios))
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
}

func median[T cmp.Ordered](values []T) T { return slices.Sorted(slices.Values(values))[len(values)/2] }

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
