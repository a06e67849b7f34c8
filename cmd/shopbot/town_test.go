package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The tokens of the tests: well-formed, and nobody's.
const (
	botToken = "1000:test-telegram-token-test-telegram-token"
	appToken = "2000:TestCryptoPayTokenTestCryptoPayToken"
)

const testCatalog = `
shop: {name: Test Shop, currency: USD, assets: [USDT, TON], languages: [en, ru], support: "@help"}
categories: [{id: games, title: {en: Games, ru: Игры}}]
products:
  - {sku: vpn, category: games, title: {en: "VPN <30> days", ru: VPN на 30 дней}, price: "5.00", limit: 10, deliver: keys, instructions: Put it in.}
  - {sku: guide, category: games, title: Guide, price: "2.50", deliver: text, text: "The whole <secret> & more"}
  - {sku: album, category: games, title: Album, price: "3", deliver: file, file: album.zip}
`

// town is everything there is in a test of the whole program: the sandbox, its
// people, and the shop with its own listener and a real database file, joined by
// a network in memory. It lives in a bubble of testing/synctest.
type town struct {
	*sandbox.World
	t    testing.TB
	net  *sandbox.Network
	dir  string
	env  []string
	log  *logBook
	wrap func(app.Database) app.Database
	out  http.RoundTripper // of the shop; nil: the network
	luck io.Reader         // of the shop; nil: crypto/rand

	stop context.CancelFunc
	done chan error
}

// inTown runs a test in a bubble, with the shop open for business and ten keys in stock.
func inTown(t *testing.T, test func(t *testing.T, w *town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.open()
		w.stock(10)
		test(t, w)
		w.close()
	})
}

func newTown(t testing.TB) *town {
	t.Helper()
	return newTownOfChance(t, nil)
}

// newTownOfChance is a town in which all chance comes from luck, to be had again.
func newTownOfChance(t testing.TB, luck io.Reader) *town {
	t.Helper()
	worlds := luck
	if worlds == nil {
		worlds = rand.Reader
	}
	network := sandbox.NewNetwork()
	client := &http.Client{Transport: network.Transport(), Timeout: 10 * time.Second}
	w := &town{
		t: t, net: network, dir: t.TempDir(), log: &logBook{}, luck: luck,
		World: sandbox.New(sandbox.Options{Client: client, Rand: worlds}),
	}
	listener, err := network.Listen("sandbox.test:80")
	require.NoError(t, err)
	server := &http.Server{Handler: w.Handler()} //nolint:gosec // in memory
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		w.Close()
		_ = server.Close()
		network.Close()
	})
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "catalog.yaml"), []byte(testCatalog), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "album.zip"), []byte("PK pictures"), 0o600))
	w.env = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken,
		"SHOPBOT_TELEGRAM_API_URL=http://sandbox.test/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken,
		"SHOPBOT_CRYPTOPAY_API_URL=http://sandbox.test/cryptopay",
		"SHOPBOT_ADMINS=" + fmt.Sprint(sandbox.Olga),
		"SHOPBOT_CATALOG=" + filepath.Join(w.dir, "catalog.yaml"),
		"SHOPBOT_DATABASE=" + filepath.Join(w.dir, "shop.db"),
		"SHOPBOT_LISTEN=shop.test:8080",
		"SHOPBOT_OPS_LISTEN=127.0.0.1:9090",
		"SHOPBOT_LOG_LEVEL=debug",
	}
	w.CryptoPay().SetWebhook(appToken, "http://shop.test:8080/cryptopay/webhook")
	return w
}

// set changes one variable of the shop's environment, for its next start.
func (w *town) set(name, value string) {
	name = "SHOPBOT_" + name + "="
	w.env = slices.DeleteFunc(w.env, func(pair string) bool { return strings.HasPrefix(pair, name) })
	w.env = append(w.env, name+value)
}

// open starts the program, and returns when it is ready.
func (w *town) open() {
	w.t.Helper()
	cfg, err := config.Load(w.env, "")
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	w.stop, w.done = cancel, done
	transport, wrap := w.out, w.wrap
	if transport == nil {
		transport = w.net.Transport()
	}
	go func() {
		done <- app.Run(ctx, cfg, app.NewLogger(w.log, cfg), app.System{
			Transport: transport,
			Listen: func(_ context.Context, _, address string) (net.Listener, error) {
				return w.net.Listen(address)
			},
			Wrap: wrap, Rand: w.luck,
		})
		close(done)
	}()
	w.settle()
}

// close stops the program as an operator would.
func (w *town) close() {
	w.t.Helper()
	w.stop()
	require.NoError(w.t, <-w.done)
	require.NotContains(w.t, w.log.String(), botToken)
	require.NotContains(w.t, w.log.String(), appToken)
	w.check()
}

// check has the database of the stopped shop walk all its invariants.
func (w *town) check() {
	w.t.Helper()
	db, err := storage.Open(w.t.Context(), filepath.Join(w.dir, "shop.db"))
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, db.Close()) }()
	require.NoError(w.t, db.Check(w.t.Context(), func(breach string) { w.t.Error(breach) }))
}

// settle lets everything happen that happens by itself within seconds.
func (w *town) settle() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

// stock has the owner load the first n keys of the product that the tests buy.
func (w *town) stock(n int) {
	w.t.Helper()
	w.say(sandbox.Olga, "/addstock vpn\n"+strings.Join(keysUpTo(n), "\n"))
	w.say(sandbox.Olga, "/done")
}

func keysUpTo(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("KEY-%02d", i+1))
	}
	return keys
}

// say has a person write to the bot, and lets it answer.
func (w *town) say(who int64, text string) {
	w.t.Helper()
	require.NoError(w.t, w.Telegram().Say(botToken, who, text))
	w.settle()
}

// tap has a person press a button of the last message that has it.
func (w *town) tap(who int64, text string) {
	w.t.Helper()
	for _, m := range slices.Backward(w.chat(who)) {
		if b, found := findButton(m, text); found {
			require.NoError(w.t, w.Telegram().Tap(botToken, who, m.ID, b.Text))
			w.settle()
			return
		}
	}
	require.Failf(w.t, "no such button", "%q in:\n%s", text, w.transcript(who))
}

func findButton(m telegram.Message, text string) (telegram.Button, bool) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.Contains(b.Text, text) {
				return b, true
			}
		}
	}
	return telegram.Button{}, false
}

func (w *town) chat(who int64) []telegram.Message { return w.Telegram().Chat(botToken, who) }

// last is the last thing that the bot said to somebody.
func (w *town) last(who int64) telegram.Message {
	w.t.Helper()
	sent := w.Telegram().Sent(botToken, who)
	require.NotEmpty(w.t, sent)
	return sent[len(sent)-1]
}

// heard reports how many messages of the bot to somebody contain a text.
func (w *town) heard(who int64, text string) int {
	n := 0
	for _, m := range w.Telegram().Sent(botToken, who) {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

func (w *town) transcript(who int64) string {
	var b strings.Builder
	for _, m := range w.chat(who) {
		fmt.Fprintf(&b, "[%d bot=%t] %s %v\n", m.ID, m.FromBot, m.Text, m.Buttons)
	}
	return b.String()
}

// bill is the pay link that somebody sees, or "".
func (w *town) bill(who int64) string {
	for _, m := range slices.Backward(w.chat(who)) {
		if urls := m.URLs(); len(urls) > 0 {
			return urls[0]
		}
	}
	return ""
}

// pay has somebody pay the bill that is on the screen.
func (w *town) pay(who int64) cryptopay.Invoice {
	w.t.Helper()
	bill := w.bill(who)
	require.NotEmpty(w.t, bill, w.transcript(who))
	in, err := w.CryptoPay().Pay(bill, who, "USDT")
	require.NoError(w.t, err)
	w.settle()
	return in
}

// orderOf is the number of the order that an invoice is for.
func orderOf(in cryptopay.Invoice) string { return in.Payload }

// keysOf are the keys that somebody was sent, in the order of the messages, repeats included.
func (w *town) keysOf(who int64) []string {
	var keys []string
	for _, m := range w.Telegram().Sent(botToken, who) {
		for line := range strings.Lines(m.Text) {
			if key := strings.TrimSpace(line); strings.HasPrefix(key, "KEY-") {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// inDatabase reads the shop's orders while it is closed.
func (w *town) inDatabase(read func(db *storage.DB)) {
	w.t.Helper()
	db, err := storage.Open(w.t.Context(), filepath.Join(w.dir, "shop.db"))
	require.NoError(w.t, err)
	read(db)
	require.NoError(w.t, db.Close())
}

func (w *town) ordersInDatabase() []shop.Order {
	var orders []shop.Order
	w.inDatabase(func(db *storage.DB) {
		var err error
		orders, err = db.Orders(w.t.Context(), shop.Filter{Limit: 1000})
		require.NoError(w.t, err)
	})
	return orders
}

// logBook keeps what the program logs, to be searched for secrets.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

var _ slog.Handler = slog.DiscardHandler

// writeCatalog replaces the catalog, as an editor would, and gives the shop time to notice.
func (w *town) writeCatalog(text string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.dir, "catalog.yaml"), []byte(text), 0o600))
	time.Sleep(time.Minute)
}
