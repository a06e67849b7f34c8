package shop

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"shopbot/internal/catalog"
)

// Config is what a Shop needs besides its ports.
type Config struct {
	// Catalog gives the catalog of this moment.
	Catalog func() *catalog.Catalog
	// Key is the secret that order ids are derived with; the same for the database's whole life.
	Key []byte
	// InvoiceTTL is how long an invoice is payable and its units are reserved; shorter for
	// buyers who left their latest orders unpaid.
	InvoiceTTL time.Duration
	// SyncInterval is how often open invoices are compared with the payment service.
	SyncInterval time.Duration
	// MaxOpen is how many unpaid orders one buyer may have; 0 for any number.
	MaxOpen int
	// Ledger is what the books are compared with every night; nil: they are not.
	Ledger Ledger
	// Notes remembers when the last webhook came and what owners were told; nil: while the process lives.
	Notes Notes
	// Rand spreads retries in time.
	Rand io.Reader
	Log  *slog.Logger
}

// Shop sells: it takes orders and payments, and has its workers do what follows
// from them.
type Shop struct {
	cfg      Config
	store    Store
	invoicer Invoicer
	courier  Courier
	log      *slog.Logger
	wake     map[Task]chan struct{}
	silence  *silence
	paused   *pause
	// reconciling is held by the one comparison that may be under way.
	reconciling sync.Mutex
}

// New joins a shop from its ports. Nothing happens by itself before Run.
func New(store Store, invoicer Invoicer, courier Courier, cfg Config) *Shop {
	s := &Shop{
		cfg: cfg, store: store, invoicer: invoicer, courier: courier, log: cfg.Log,
		wake: map[Task]chan struct{}{}, silence: newSilence(cfg.Notes), paused: &pause{notes: cfg.Notes},
	}
	for _, t := range Tasks() {
		s.wake[t] = make(chan struct{}, 1)
	}
	return s
}

// Run does all work that orders wait for, until ctx ends; then it lets the
// steps under way come to an end, a few seconds at most. It returns nil.
func (s *Shop) Run(ctx context.Context) error {
	// A step is not cut in the middle because the program stops, but it cannot hold it up for ever either.
	steps, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()

	var g errgroup.Group
	for _, w := range s.workers() {
		g.Go(func() error {
			w.run(ctx, steps)
			return nil
		})
	}
	g.Go(func() error {
		s.syncForever(ctx)
		return nil
	})
	g.Go(func() error {
		s.watchWebhooks(ctx)
		return nil
	})
	g.Go(func() error {
		s.reconcileForever(ctx)
		return nil
	})
	return g.Wait()
}

// stopGrace is how long steps under way may take after the program was told to stop.
const stopGrace = 5 * time.Second

// now is this moment to the millisecond, which is as exact as anybody needs and short to store.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }

// changed wakes the workers of everything that the order now waits for.
func (s *Shop) changed(o *Order) {
	var room [MostJobs]Job
	for _, job := range o.AppendJobs(room[:0]) {
		s.poke(job.Task)
	}
}

// poke is a hint: a worker that misses it finds the work at its next look.
func (s *Shop) poke(t Task) {
	select {
	case s.wake[t] <- struct{}{}:
	default: // it is awake already
	}
}

// change applies a rule to an order and wakes the workers. What happened is noted
// even if whoever waited for it has no time left.
func (s *Shop) change(ctx context.Context, id OrderID, rule Rule) (Order, error) {
	o, err := s.store.Change(context.WithoutCancel(ctx), id, rule)
	if err != nil {
		return o, err
	}
	s.changed(&o)
	return o, nil
}
