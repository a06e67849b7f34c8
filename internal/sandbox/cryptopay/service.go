package cryptopay

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// attemptTimeout is how long one attempt to deliver a webhook may take.
const attemptTimeout = 5 * time.Second

// Config is what a Service gets from outside. The zero value will do.
type Config struct {
	Client  *http.Client // sends the webhooks; nil: one with a timeout of 5 s
	Rand    io.Reader    // goes into the hashes of invoices and checks; nil: crypto/rand.Reader
	Testnet bool         // names, links and assets of the test network
	Log     *slog.Logger // never told a token or an address; nil: discards
}

// Service is the emulated API with all its apps and all its users.
type Service struct {
	client  *http.Client
	rand    io.Reader
	log     *slog.Logger
	network network
	rates   rates
	methods map[string]method
	start   func(work func(context.Context))
	stop    func()

	mu          sync.Mutex
	apps        map[string]*app // by token
	tokens      []string        // of apps, in the order in which they appeared
	invoices    map[int64]*Invoice
	checks      map[int64]*Check
	byHash      map[string]int64 // of invoices (IV…) and checks (CQ…)
	wallets     map[int64]purse  // by user
	unstarted   map[int64]bool   // users who never started the wallet's bot
	lastID      ids
	faults      Faults
	failures    []plannedFailure
	subscribers []func()
}

// ids are the numbers given last. Each kind is counted across all apps.
type ids struct{ invoice, transfer, check int64 }

// New makes a service with no apps and no invoices. Close ends it.
func New(cfg Config) *Service {
	s := &Service{
		client:    webhookClient(cfg.Client),
		rand:      cfg.Rand,
		log:       cfg.Log,
		network:   mainnet(),
		apps:      map[string]*app{},
		invoices:  map[int64]*Invoice{},
		checks:    map[int64]*Check{},
		byHash:    map[string]int64{},
		wallets:   map[int64]purse{},
		unstarted: map[int64]bool{},
	}
	if cfg.Testnet {
		s.network = testnet()
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.rates = playRates(s.network)
	s.methods = s.routes()
	s.start, s.stop = newCrew()
	return s
}

// Close ends the deliveries of webhooks and waits for them. Calls are still
// answered afterwards, but no webhook is sent any more.
func (s *Service) Close() { s.stop() }

// OnChange has f called after anything a page shows has changed; not when mere
// time makes an invoice expire. f is called on the goroutine of the change, with
// no lock held, and should be quick.
func (s *Service) OnChange(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = append(s.subscribers, f)
}

// change runs f under the lock, then tells the subscribers.
func (s *Service) change(f func()) {
	s.locked(f)
	s.changed()
}

func (s *Service) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Service) changed() {
	s.mu.Lock()
	subscribers := slices.Clip(s.subscribers)
	s.mu.Unlock()
	for _, f := range subscribers {
		f()
	}
}

// newCrew returns a way to start work in the background, and one to cancel the
// context of all that was started and wait for its end. What is started after
// stop does not run.
func newCrew() (start func(work func(context.Context)), stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var (
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	start = func(work func(context.Context)) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() == nil {
			workers.Go(func() { work(ctx) })
		}
	}
	stop = func() {
		mu.Lock()
		cancel()
		mu.Unlock()
		workers.Wait()
	}
	return start, stop
}

// wait sleeps for d, or until ctx ends, and reports which of the two it was.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
