package cryptopay

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/emulate"
)

// attemptTimeout limits one attempt to deliver a webhook.
const attemptTimeout = 5 * time.Second

// Config configures a Service. The zero value works.
type Config struct {
	Client  *http.Client // sends the webhooks; nil: one with a timeout of 5 s
	Rand    io.Reader    // goes into the hashes of invoices and checks; nil: crypto/rand.Reader
	Testnet bool         // names, links and assets of the test network
	Log     *slog.Logger // never sees a token or an address; nil: discards
}

// Service is the emulated API with its apps and users.
type Service struct {
	client    *http.Client
	rand      io.Reader
	log       *slog.Logger
	network   network
	rates     rates
	methods   map[string]method
	listeners emulate.Listeners
	failures  emulate.Failures[Failure]

	start      func(delivery) // delivers in the background; the lock is held
	stop       context.CancelFunc
	deliveries sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	apps      map[string]*app // by token
	tokens    []string        // of apps, oldest first
	invoices  map[int64]*Invoice
	checks    map[int64]*Check
	byHash    map[string]int64   // of invoices (IV…) and checks (CQ…)
	wallets   map[int64]balances // by user
	unstarted map[int64]bool     // users who never started the wallet's bot
	lastID    lastIDs
	faults    Faults
	gram      bool // see SetGram
}

// lastIDs are the ids given last. Each kind is counted across all apps.
type lastIDs struct{ invoice, transfer, check int64 }

// New returns a service with no apps and no invoices. Close ends it.
func New(cfg Config) *Service {
	s := &Service{
		client:    emulate.WebhookClient(cfg.Client, attemptTimeout),
		rand:      cfg.Rand,
		log:       cfg.Log,
		network:   networkFor(cfg.Testnet),
		apps:      map[string]*app{},
		invoices:  map[int64]*Invoice{},
		checks:    map[int64]*Check{},
		byHash:    map[string]int64{},
		wallets:   map[int64]balances{},
		unstarted: map[int64]bool{},
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.rates = fixedRates(s.network.assets)
	s.methods = s.routes()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.start = func(d delivery) {
		if !s.closed {
			s.deliveries.Go(func() { s.deliver(ctx, d) })
		}
	}
	return s
}

// Close ends the webhook deliveries and waits for them. Calls are still answered afterwards, but no
// webhook is sent.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.deliveries.Wait()
}

// OnChange calls f after every change that a page would show, except for an invoice that expires.
// f runs on the goroutine of the change, with no lock held, and must be quick.
func (s *Service) OnChange(f func()) { s.listeners.Add(f) }

// notifyUnless notifies the listeners unless an error is returned. Defer it before the lock is
// taken.
func (s *Service) notifyUnless(err *error) {
	if *err == nil {
		s.listeners.Notify()
	}
}

// Wallet lists a user's coins, one amount per asset, zeros included. A user starts with play money.
func (s *Service) Wallet(user int64) []money.Amount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wallet(user).list(s.network.assets)
}

// wallet returns a user's balances. The lock is held.
func (s *Service) wallet(user int64) balances {
	if s.wallets[user] == nil {
		s.wallets[user] = playMoney(s.network.assets)
	}
	return s.wallets[user]
}

// SetStarted sets whether a user has ever started the wallet's bot, true at first. transfer does
// not find a user who has not.
func (s *Service) SetStarted(user int64, started bool) {
	s.mu.Lock()
	s.unstarted[user] = !started
	s.mu.Unlock()
	s.listeners.Notify()
}

// Started reports whether a user has started the wallet's bot; see SetStarted.
func (s *Service) Started(user int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.unstarted[user]
}
