package sandbox

import (
	"io"
	"log/slog"
	"net/http"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// Telegram ids of the people who are there from the beginning.
const (
	Alice int64 = 100200301 // buys, reads English
	Boris int64 = 100200302 // buys, reads Russian
	Olga  int64 = 100200303 // owns the shop
)

// Person is somebody whom the page can be.
type Person struct {
	telegram.User
	Key   string // in addresses, such as "alice"
	Owner bool   // meant to be an admin of the bot
}

// People are those who are there from the beginning.
func People() []Person {
	return []Person{
		{telegram.User{ID: Alice, FirstName: "Alice", LastName: "Reed", Username: "alice_reads", LanguageCode: "en"}, "alice", false},
		{telegram.User{ID: Boris, FirstName: "Борис", Username: "boris_k", LanguageCode: "ru"}, "boris", false},
		{telegram.User{ID: Olga, FirstName: "Olga", Username: "olga_owner", LanguageCode: "en"}, "olga", true},
	}
}

// Options say what a World takes from outside. The zero Options work.
type Options struct {
	Client  *http.Client // sends webhooks; nil: clients with short timeouts
	Rand    io.Reader    // nil: crypto/rand
	Log     *slog.Logger // nil: silent
	Testnet bool         // Crypto Pay's test network
	Hosts   []string     // names besides localhost under which the page may be opened
}

// World is the two services and the page that shows them. It may be used from
// many goroutines. In a testing/synctest bubble, make and close it there.
type World struct {
	telegram  *telegram.Service
	cryptopay *cryptopay.Service
	changes   *changes
	page      *page
}

// New makes a world with three people and no bots yet. Close ends it.
func New(o Options) *World {
	w := &World{
		telegram:  telegram.New(telegram.Config{Client: o.Client, Rand: o.Rand, Log: o.Log}),
		cryptopay: cryptopay.New(cryptopay.Config{Client: o.Client, Rand: o.Rand, Log: o.Log, Testnet: o.Testnet}),
		changes:   newChanges(),
	}
	for _, p := range People() {
		w.telegram.AddUser(p.User)
	}
	w.telegram.OnChange(w.changes.tell)
	w.cryptopay.OnChange(w.changes.tell)
	w.page = newPage(w, o.Hosts)
	return w
}

// Telegram is the Bot API with its people and chats.
func (w *World) Telegram() *telegram.Service { return w.telegram }

// CryptoPay is the Crypto Pay API with its apps and wallets.
func (w *World) CryptoPay() *cryptopay.Service { return w.cryptopay }

// Close ends the page's streams, long polls, and deliveries of webhooks, and
// waits for the deliveries. Call it before the shutdown of an HTTP server that
// serves the Handler, or that waits for the streams.
func (w *World) Close() {
	w.changes.close()
	w.telegram.Close()
	w.cryptopay.Close()
}
