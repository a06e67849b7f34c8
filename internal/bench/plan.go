package main

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The parts of a measurement, for -only.
const (
	partGrowth   = "growth"
	partRest     = "rest"
	partWebhooks = "webhooks"
	partChat     = "chat"
)

// plan says what is measured, and how much of it.
type plan struct {
	sizes    []int         // orders in the database: a column of the table each
	stock    int           // keys on sale
	conns    []int         // connections that webhooks come over
	duration time.Duration // of one case
	burst    int           // payments of one case, at most
	single   int           // requests where they come one at a time
	crowd    int           // buyers at once
	quiet    time.Duration // for which the shop is watched at rest
	starts   int           // starts of the shop
	sample   int           // orders that go the whole way to measure their size
	only     string        // one part, or "" for all
	data     string        // directory for the databases, kept
	profile  string        // file for a profile of the shop's processors; "" for none
}

func fullPlan() plan {
	return plan{
		sizes: []int{100, 10_000, 1_000_000}, stock: 100_000, conns: []int{1, 32, 128},
		duration: 2 * time.Second, burst: 20_000, single: 200, crowd: 100,
		quiet: 10 * time.Second, starts: 5, sample: 10_000,
	}
}

func quickPlan() plan {
	p := fullPlan()
	p.sizes, p.stock, p.duration, p.burst = []int{100, 10_000}, 10_000, time.Second, 8_000
	p.single, p.quiet, p.starts, p.sample = 100, 3*time.Second, 3, 2_000
	return p
}

// parsePlan reads the command line; -quick changes what the other flags begin with.
func parsePlan(args []string, usage io.Writer) (plan, error) {
	p, quick := fullPlan(), quickPlan()
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(usage)
	isQuick := set.Bool("quick", false, "less of everything, and no million")
	orders := set.String("orders", "", "orders in the database, a column each, such as 100,10000")
	conns := set.String("conns", "", "connections that webhooks come over, such as 1,32")
	duration := set.Duration("duration", 0, "how long one case lasts")
	only := set.String("only", "", "one part: growth, rest, webhooks or chat")
	data := set.String("data", "bench.data", "directory for the databases; what takes long to make stays there")
	profile := set.String("profile", "", "file for a processor profile of the shop under valid webhooks")
	if err := set.Parse(args); err != nil {
		return p, err
	}
	if *isQuick {
		p = quick
	}
	if *duration > 0 {
		p.duration = *duration
	}
	p.only, p.data, p.profile = *only, *data, *profile
	var err error
	if p.sizes, err = numbers(p.sizes, "-orders", *orders); err != nil {
		return p, err
	}
	if p.conns, err = numbers(p.conns, "-conns", *conns); err != nil {
		return p, err
	}
	return p, p.check()
}

// numbers reads what a flag says, or gives what was there where it says nothing.
func numbers(before []int, flag, says string) (list []int, err error) {
	if says == "" {
		return before, nil
	}
	for word := range strings.SplitSeq(says, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s %q: want numbers such as 100,10000", flag, says)
		}
		list = append(list, n)
	}
	return list, nil
}

func (p plan) check() error {
	switch p.only {
	case "", partGrowth, partRest, partWebhooks, partChat:
		return nil
	}
	return fmt.Errorf("-only %q: want growth, rest, webhooks or chat", p.only)
}

func (p plan) wants(part string) bool { return p.only == "" || p.only == part }
