package shop

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"shopbot/internal/catalog"
)

// Config is what a Shop needs besides its store, its rails and its courier.
type Config struct {
	// Catalog gives the catalog of this moment.
	Catalog func() *catalog.Catalog
	// Ways are the ways of delivery that ask or make something.
	Ways map[catalog.Kind]Way
	// Key is the secret that order ids are derived with; the same for the database's whole life.
	Key []byte
	// InvoiceTTL is how long an invoice is payable and its units are reserved; shorter for
	// buyers who left their latest orders unpaid.
	InvoiceTTL time.Duration
	// SyncInterval is how often open invoices are compared with the payment service.
	SyncInterval time.Duration
	// Rates tells what coins are worth; nil where nobody knows.
	Rates Rates
	// MaxOpen is how many unpaid orders one buyer may have; 0 for any number.
	MaxOpen int
	// Standby says that another process does the work: Run does not run, and what both keep in
	// memory is read from the store again.
	Standby bool
	// Rand spreads retries in time.
	Rand io.Reader
	Log  *slog.Logger
}

// Shop sells: it takes orders and payments, and has its workers do what follows
// from them.
type Shop struct {
	cfg      Config
	store    Store
	rails    map[RailID]Rail
	coins    RailID // the rail of coins; "" if there is Stars alone
	courier  Courier
	log      *slog.Logger
	wake     map[Task]chan struct{}
	webhooks *webhookMonitor
	paused   *pause
	alarms   *alarmKeeper
	assets   *assets
	best     bestSellers
	// hasCoupons is set once a coupon was seen.
	hasCoupons atomic.Bool
	// checks holds one while a check is given: two refunds to one buyer must not take the same
	// check for their own.
	checks chan struct{}
	// stockMoved holds one if the stock may have moved since watchStock looked.
	stockMoved chan struct{}
	// reconciling is held by the one reconciliation that may be under way.
	reconciling sync.Mutex
}

// New builds a shop from its parts. Nothing happens before Run. The first rail that is not Stars is the
// one that coins are paid by.
func New(store Store, rails []Rail, courier Courier, cfg Config) *Shop {
	s := &Shop{
		cfg: cfg, store: store, courier: courier, log: cfg.Log, rails: make(map[RailID]Rail),
		wake: make(map[Task]chan struct{}), webhooks: newWebhookMonitor(store, cfg.Standby), paused: &pause{store: store, shared: cfg.Standby},
		alarms: newAlarmKeeper(store), assets: &assets{},
		checks: make(chan struct{}, 1), stockMoved: make(chan struct{}, 1),
	}
	for _, r := range rails {
		if s.coins == "" && r.ID() != Stars {
			s.coins = r.ID()
		}
		s.rails[r.ID()] = r
	}
	for _, t := range Tasks() {
		s.wake[t] = make(chan struct{}, 1)
	}
	return s
}

// Run does all work that orders wait for, until ctx ends; then it lets the
// steps under way finish, for a few seconds at most. If ctx ends with a cause, another process does
// the work already, and the steps end at once. It returns nil.
func (s *Shop) Run(ctx context.Context) error {
	// A step is not cut in the middle because the program stops, but it may not delay the stop
	// without end.
	steps, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), ctx.Err()) { // it has no cause
			time.AfterFunc(stopGrace, cancel)
			return
		}
		cancel()
	})()

	var g errgroup.Group
	for _, w := range s.workers() {
		g.Go(func() error {
			w.run(ctx, steps)
			return nil
		})
	}
	for _, loop := range []func(context.Context){s.syncLoop, s.watchWebhooks, s.reconcileLoop, s.watchAlarms, s.watchAssets, s.watchStock} {
		g.Go(func() error {
			loop(ctx)
			return nil
		})
	}
	return g.Wait()
}

// stopGrace is how long steps under way may take after the program was told to stop.
const stopGrace = 5 * time.Second

// now is this moment to the millisecond, which is exact enough and short to store.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }

// random is a random duration below most; half of it if the source fails.
func (s *Shop) random(most time.Duration) time.Duration {
	source := s.cfg.Rand
	if source == nil {
		source = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return most / 2
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(most)) //nolint:gosec // below most
}

// Wake wakes all workers: another process has changed orders. It is quick.
func (s *Shop) Wake() {
	for _, t := range Tasks() {
		s.wakeUp(t)
	}
}

// wakeUp wakes the workers of a task. It is a hint: a worker that misses it finds the work at its
// next look.
func (s *Shop) wakeUp(t Task) {
	hint(s.wake[t])
}

// hint wakes the reader of a channel with room for one, unless it is to wake already.
func hint(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// change applies a rule to an order and wakes the workers. The change is stored
// even if the caller's time is over.
func (s *Shop) change(ctx context.Context, id OrderID, rule Rule) (Order, error) {
	o, err := s.store.Change(context.WithoutCancel(ctx), id, rule)
	if err != nil {
		return o, err
	}
	s.changed(&o)
	return o, nil
}

// changed wakes the workers of everything that the order now waits for.
func (s *Shop) changed(o *Order) {
	if o.State == StatePaid && o.HoldsStock() {
		s.lookAtStock()
	}
	for _, job := range o.Jobs() {
		s.wakeUp(job.Task)
	}
}

// release gives claims up and wakes the workers, who may have to come back sooner than the claims'
// end.
func (s *Shop) release(ctx context.Context, t Task, ids ...OrderID) {
	s.store.Release(context.WithoutCancel(ctx), t, ids...)
	s.wakeUp(t)
}
