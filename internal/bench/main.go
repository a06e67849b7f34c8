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
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// plan bounds a measurement.
type plan struct {
	programs []string // the one to measure, and optionally one to compare with
	rounds   int
	what     string
	selling  time.Duration // in a round
	bursts   []burst       // of payments, in a round
	keys     int           // of a long list
	sizes    []int         // orders in the database
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == baselineCommand {
		log.Fatal(serveBaseline(os.Args[2]))
	}
	p := plan{
		programs: make([]string, 1, 2), selling: 2 * time.Second, bursts: []burst{{1, 1000}, {32, 5000}, {128, 5000}},
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
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

// measure measures in dir and writes the figures to out.
func measure(ctx context.Context, p plan, dir string, out io.Writer) error {
	b := &bench{plan: p}
	var err error
	if b.site, err = newSite(ctx, dir); err != nil {
		return err
	}
	defer b.Close()
	if p.programs[0] == "" {
		p.programs[0] = filepath.Join(dir, "shopbot")
		text, err := exec.CommandContext(ctx, "go", "build", "-o", p.programs[0], "shopbot/cmd/shopbot").CombinedOutput()
		if err != nil {
			return fmt.Errorf("build shopbot: %w: %s", err, text)
		}
	}
	filesystem, _ := exec.CommandContext(ctx, "stat", "-f", "-c", "%T", dir).Output()
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	_, model, _ := strings.Cut(string(cpuinfo), "model name\t: ")
	model, _, _ = strings.Cut(model, "\n")
	fmt.Fprintf(out, "Measured on %s: %s, %d processors, files on %s, %s/%s, %s.\nMedians of %d rounds.\n\n", time.Now().UTC().Format(time.DateOnly),
		model, runtime.NumCPU(), strings.TrimSpace(string(filesystem)), runtime.GOOS, runtime.GOARCH, runtime.Version(), p.rounds)
	if p.what != "size" {
		err = b.compare(ctx, out)
	}
	if err == nil && b.wants("size") {
		err = b.grow(ctx, out)
	}
	return err
}
