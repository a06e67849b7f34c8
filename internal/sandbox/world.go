package sandbox

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// Telegram ids of the initial users.
const (
	Alice  int64 = 100200301 // buys, reads English
	Boris  int64 = 100200302 // buys, reads Russian
	Olga   int64 = 100200303 // owns the bot, reads English
	Oksana int64 = 100200304 // buys, reads Ukrainian
	Carmen int64 = 100200305 // buys, reads Spanish
	Jonas  int64 = 100200306 // buys, reads German
)

// Person is a user whom the page can act as.
type Person struct {
	telegram.User
	Key   string // in addresses, such as "alice"
	Owner bool   // meant to be an admin of the bot
}

// People are the initial users: a buyer for each language that the page speaks, and an owner.
func People() []Person {
	return []Person{
		{telegram.User{ID: Alice, FirstName: "Alice", LastName: "Reed", Username: "alice_reads", LanguageCode: "en"}, "alice", false},
		{telegram.User{ID: Boris, FirstName: "Борис", Username: "boris_k", LanguageCode: "ru"}, "boris", false},
		{telegram.User{ID: Oksana, FirstName: "Оксана", Username: "oksana_m", LanguageCode: "uk"}, "oksana", false},
		{telegram.User{ID: Carmen, FirstName: "Carmen", Username: "carmen_v", LanguageCode: "es"}, "carmen", false},
		{telegram.User{ID: Jonas, FirstName: "Jonas", Username: "jonas_w", LanguageCode: "de"}, "jonas", false},
		{telegram.User{ID: Olga, FirstName: "Olga", Username: "olga_owner", LanguageCode: "en"}, "olga", true},
	}
}

// Options configure a World. The zero value works.
type Options struct {
	Client  *http.Client // sends webhooks; nil: clients with short timeouts
	Rand    io.Reader    // nil: crypto/rand
	Log     *slog.Logger // nil: discards
	Testnet bool         // Crypto Pay's test network
	Hosts   []string     // names besides localhost under which the page may be opened
}

// World is the two services and the page that shows them. It is safe for concurrent use. In a
// testing/synctest bubble, create and close it inside the bubble.
type World struct {
	telegram  *telegram.Service
	cryptopay *cryptopay.Service
	page      *page

	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
	once      sync.Once
	done      chan struct{} // closed by Close
}

// New returns a world with the initial users and no bots. Close ends it.
func New(o Options) *World {
	w := &World{
		telegram:  telegram.New(telegram.Config{Client: o.Client, Rand: o.Rand, Log: o.Log}),
		cryptopay: cryptopay.New(cryptopay.Config{Client: o.Client, Rand: o.Rand, Log: o.Log, Testnet: o.Testnet}),
		listeners: map[chan struct{}]struct{}{},
		done:      make(chan struct{}),
	}
	for _, p := range People() {
		w.telegram.AddUser(p.User)
	}
	w.telegram.OnChange(w.notify)
	w.cryptopay.OnChange(w.notify)
	w.page = &page{world: w, hosts: o.Hosts, read: map[chatKey]int{}}
	return w
}

// Methods lists what the two APIs can do, for people.
func Methods() string {
	return "Bot API: " + strings.Join(telegram.Methods(), ", ") + ".\n\n" +
		"Crypto Pay: " + strings.Join(cryptopay.Methods(), ", ") + "."
}

// Telegram is the Bot API with its users and chats.
func (w *World) Telegram() *telegram.Service { return w.telegram }

// CryptoPay is the Crypto Pay API with its apps and wallets.
func (w *World) CryptoPay() *cryptopay.Service { return w.cryptopay }

// Close ends the page's streams, long polls, and webhook deliveries, and waits for the deliveries.
// Call it before the shutdown of an HTTP server that serves the Handler, or that waits for the
// streams.
func (w *World) Close() {
	w.once.Do(func() { close(w.done) })
	w.telegram.Close()
	w.cryptopay.Close()
}

// listen returns a channel that holds a token if anything has changed since the last one was taken.
// Call forget when done.
func (w *World) listen() (changed <-chan struct{}, forget func()) {
	l := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners[l] = struct{}{}
	return l, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.listeners, l)
	}
}

func (w *World) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.listeners {
		select {
		case l <- struct{}{}:
		default: // the last token is not taken yet, and covers this change
		}
	}
}

// Await waits until the condition holds, and checks it again after every change of either service.
// An error is the context's. It is for tests in real time, with a browser or a program. A change by
// the passing of time, such as an invoice's expiry, does not wake it.
func (w *World) Await(ctx context.Context, condition func() bool) error {
	changed, forget := w.listen()
	defer forget()
	for !condition() {
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Handler serves both APIs and the page, at the paths in the package comment.
func (w *World) Handler() http.Handler {
	telegram := http.StripPrefix("/telegram", w.telegram)
	cryptopay := http.StripPrefix("/cryptopay", w.cryptopay)
	page := w.page.handler()
	// A ServeMux would redirect paths with two slashes in a row, which the services accept.
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		path := "/" + strings.TrimLeft(r.URL.Path, "/")
		if path != r.URL.Path { // a base address that ends in a slash
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = path, ""
		}
		switch {
		case fromOtherSite(r):
			http.Error(rw, "requests from other sites are refused", http.StatusForbidden)
		case strings.HasPrefix(path, "/telegram/"):
			telegram.ServeHTTP(rw, r)
		case strings.HasPrefix(path, "/cryptopay/"):
			cryptopay.ServeHTTP(rw, r)
		case strings.HasPrefix(path, "/bot"), strings.HasPrefix(path, "/file/bot"):
			w.telegram.ServeHTTP(rw, r)
		case strings.HasPrefix(path, "/api/"):
			w.cryptopay.ServeHTTP(rw, r)
		default:
			page.ServeHTTP(rw, r)
		}
	})
}

// fromOtherSite reports whether a browser has marked the request as made by another site's page.
// Following a link to the chat page is allowed; a link to a method of an API would call it.
// Programs mark nothing.
func fromOtherSite(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Method == http.MethodGet && r.URL.Path == "/" {
		return false
	}
	origin := r.Header.Get("Origin")
	return new(http.CrossOriginProtection).Check(r) != nil ||
		origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host ||
		slices.Contains([]string{"cross-site", "same-site"}, r.Header.Get("Sec-Fetch-Site"))
}

// safeHost reports whether the page may be served under this host. A foreign name could be made to
// resolve to this machine, and its pages could then read ours; an address cannot.
func safeHost(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.ContainsFunc(append([]string{"localhost"}, names...),
		func(name string) bool { return strings.EqualFold(host, name) })
}
