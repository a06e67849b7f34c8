package telegram

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"shopbot/internal/sandbox/emulate"
)

// Config configures a Service. The zero value works.
type Config struct {
	Client *http.Client // posts updates to webhooks; nil: one with a timeout of 10 s
	Rand   io.Reader    // makes ids hard to guess; nil: crypto/rand
	Log    *slog.Logger // nil: discards
}

// Service is a Telegram with users, bots, and their private chats. Create it with New, and Close
// it.
type Service struct {
	client    *http.Client
	log       *slog.Logger
	methods   map[string]method
	listeners emulate.Listeners
	failures  emulate.Failures[Failure]
	done      chan struct{} // closed by Close
	wg        sync.WaitGroup

	mu            sync.Mutex // guards the fields below
	rand          io.Reader
	closed        bool
	serial        uint64 // makes ids unique even if rand repeats itself
	users         map[int64]User
	userOrder     []int64
	bots          map[string]*bot
	botOrder      []string
	files         map[string]*storedFile               // by file_id
	wallets       map[int64]int64                      // Stars by user
	invoices      map[string]linkedInvoice             // by slug
	checkouts     map[string]*checkout                 // by id
	checkoutOrder []*checkout                          // oldest first
	failuresTo    map[int64]*emulate.Failures[Failure] // by chat
	faults        Faults
	calls         map[string]int // by method in lower case; of all under ""
}

// New returns an empty Service: no users, and every well-formed token is a bot.
func New(cfg Config) *Service {
	s := &Service{
		client:     emulate.WebhookClient(cfg.Client, webhookTimeout),
		log:        cfg.Log,
		methods:    methodsByName(),
		done:       make(chan struct{}),
		rand:       cfg.Rand,
		users:      map[int64]User{},
		bots:       map[string]*bot{},
		files:      map[string]*storedFile{},
		wallets:    map[int64]int64{},
		invoices:   map[string]linkedInvoice{},
		checkouts:  map[string]*checkout{},
		failuresTo: map[int64]*emulate.Failures[Failure]{},
		calls:      map[string]int{},
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

// OnChange calls f after every change that a user or a monitor could see. f must be quick, and may
// call the Service.
func (s *Service) OnChange(f func()) { s.listeners.Add(f) }

// changed notifies the listeners. The lock must not be held.
func (s *Service) changed() { s.listeners.Notify() }

// User is a person with a Telegram account.
type User struct {
	ID           int64  `json:"id"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`      // without @
	LanguageCode string `json:"language_code,omitempty"` // IETF tag such as "en"; "": the app does not send it
}

// ErrNoUser means that no user has this id.
var ErrNoUser = errors.New("telegram: no such user")

// AddUser adds or replaces a user. A bot may write to a user only after the user has written to it.
func (s *Service) AddUser(u User) {
	s.mu.Lock()
	if _, known := s.users[u.ID]; !known {
		s.userOrder = append(s.userOrder, u.ID)
		s.wallets[u.ID] = firstStars
	}
	s.users[u.ID] = u
	s.mu.Unlock()
	s.changed()
}

// Users lists the users in the order in which they were added.
func (s *Service) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := make([]User, len(s.userOrder))
	for i, id := range s.userOrder {
		users[i] = s.users[id]
	}
	return users
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

// BotName is the username of the token's bot, without @. It depends only on the digits before the
// colon, and is empty for a malformed token.
func (s *Service) BotName(token string) string {
	if !wellFormed(token) {
		return ""
	}
	id, _, _ := strings.Cut(token, ":")
	return "shop_" + id + "_bot"
}

// Calls counts the calls of a method by all bots, refused ones included; "" counts all methods.
func (s *Service) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[strings.ToLower(method)]
}

// unique returns a number that no other call returns and that is hard to guess. The lock is held.
func (s *Service) unique() uint64 {
	var noise [4]byte
	if _, err := io.ReadFull(s.rand, noise[:]); err != nil {
		s.log.Warn("read random bytes for an id failed", "err", err)
	}
	s.serial++
	return s.serial<<32 | uint64(binary.BigEndian.Uint32(noise[:]))
}

var errToken = errors.New("telegram: a token has the form 1000:, then 30 or more of A-Z a-z 0-9 _ -")

// botOf finds or creates the token's bot. The lock is held.
func (s *Service) botOf(token string) (*bot, error) {
	if b, ok := s.bots[token]; ok {
		return b, nil
	}
	if !wellFormed(token) {
		return nil, errToken
	}
	b := newBot(token, s.BotName(token), s.unique())
	s.bots[token] = b
	s.botOrder = append(s.botOrder, token)
	return b, nil
}

var tokenForm = regexp.MustCompile(`^[0-9]{1,18}:[A-Za-z0-9_-]{30,}$`)

func wellFormed(token string) bool { return tokenForm.MatchString(token) }
