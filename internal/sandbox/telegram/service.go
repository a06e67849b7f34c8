package telegram

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Config says what a Service takes from outside. The zero Config works.
type Config struct {
	Client *http.Client // posts updates to bots' webhooks; nil: one with a timeout of 10 s
	Rand   io.Reader    // makes ids hard to guess; nil: crypto/rand
	Log    *slog.Logger // nil: silent
}

// Service is a Telegram with people, bots, and their private chats. Make it
// with New, and Close it.
type Service struct {
	client  *http.Client
	log     *slog.Logger
	methods map[string]method
	done    chan struct{} // closed by Close
	wg      sync.WaitGroup

	mu        sync.Mutex // guards what follows
	rand      io.Reader
	closed    bool
	serial    uint64 // makes ids unique even if rand repeats itself
	users     map[int64]User
	userOrder []int64
	bots      map[string]*bot
	botOrder  []string
	files     map[string]*storedFile // by file_id
	faults    Faults
	failures  []plannedFailure
	calls     map[string]int // by method in lower case
	listeners []func()
}

// New starts an empty Service: no people, and every well-formed token is a bot.
func New(cfg Config) *Service {
	s := &Service{
		client:  webhookClient(cfg.Client),
		log:     cfg.Log,
		methods: methodTable(),
		done:    make(chan struct{}),
		rand:    cfg.Rand,
		users:   map[int64]User{},
		bots:    map[string]*bot{},
		files:   map[string]*storedFile{},
		calls:   map[string]int{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	return s
}

// Close ends long polls and webhook deliveries, and waits for the deliveries.
func (s *Service) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	for _, b := range s.bots {
		b.dropHook()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// OnChange adds a function that is called after whatever a person or a monitor
// could see has changed. It must be quick, and may call the Service.
func (s *Service) OnChange(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, f)
}

// Bots lists the tokens that have called, in the order of their first call.
func (s *Service) Bots() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tokens []string
	for _, token := range s.botOrder {
		if s.bots[token].called {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// BotName is the username of the token's bot, without @. It depends on the
// digits before the colon alone, and is empty for a malformed token.
func (s *Service) BotName(token string) string {
	if !wellFormed(token) {
		return ""
	}
	id, _, _ := strings.Cut(token, ":")
	return "shop_" + id + "_bot"
}

// Calls tells how many calls of a method were made by all bots together,
// refused ones included; "" counts the calls of all methods.
func (s *Service) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if method != "" {
		return s.calls[strings.ToLower(method)]
	}
	total := 0
	for _, n := range s.calls {
		total += n
	}
	return total
}

// changed tells the listeners. The lock must not be held.
func (s *Service) changed() {
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	for _, f := range listeners {
		f()
	}
}

// spawn runs f until Close. The lock is held.
func (s *Service) spawn(f func()) {
	if !s.closed {
		s.wg.Go(f)
	}
}

// unique gives a number that no other call gives and that is hard to guess. The
// lock is held.
func (s *Service) unique() uint64 {
	var noise [4]byte
	if _, err := io.ReadFull(s.rand, noise[:]); err != nil {
		s.log.Warn("no randomness for an id", "err", err)
	}
	s.serial++
	return s.serial<<32 | uint64(binary.BigEndian.Uint32(noise[:]))
}

var errToken = errors.New("telegram: a token has the form 1000:, then 30 or more of A-Z a-z 0-9 _ -")

// botOf finds or makes the token's bot. The lock is held.
func (s *Service) botOf(token string) (*bot, error) {
	if b, ok := s.bots[token]; ok {
		return b, nil
	}
	if !wellFormed(token) {
		return nil, errToken
	}
	b, err := newBot(token, s.BotName(token), s.unique())
	if err != nil {
		return nil, fmt.Errorf("telegram: bot's id: %w", errToken)
	}
	s.bots[token] = b
	s.botOrder = append(s.botOrder, token)
	return b, nil
}

var tokenForm = regexp.MustCompile(`^[0-9]{1,18}:[A-Za-z0-9_-]{30,}$`)

func wellFormed(token string) bool { return tokenForm.MatchString(token) }

// sleep waits, and tells whether it did so to the end.
func sleep(ctx context.Context, d time.Duration) bool {
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
