// Package testenv runs the whole shop in a test: the sandbox with its people, and the program with
// a real database file, joined by a network in memory within a bubble of testing/synctest, so that
// hours pass in milliseconds.
package testenv

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
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
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The tokens of the tests: well-formed, and nobody's.
const (
	BotToken = "1000:test-telegram-token-test-telegram-token"
	AppToken = "2000:TestCryptoPayTokenTestCryptoPayToken"
)

// Catalog is what the shop sells.
const Catalog = `
shop: {name: Test Shop, currency: USD, assets: [USDT, TON], languages: [en, ru], support: "@help"}
categories: [{id: games, title: {en: Games, ru: Игры}}]
products:
  - {sku: vpn, category: games, title: {en: "VPN <30> days", ru: VPN на 30 дней}, price: "5.00", limit: 10, deliver: keys, instructions: Put it in.}
  - {sku: guide, category: games, title: Guide, price: "2.50", deliver: text, text: "The whole <secret> & more"}
  - {sku: album, category: games, title: Album, price: "3", deliver: file, file: album.zip}
`

// Env is the sandbox and the shop of one test.
type Env struct {
	*sandbox.World

	T       testing.TB
	Network *sandbox.Network
	Dir     string // of the catalog and the database
	Environ []string
	Log     *LogBuffer // of the shop
	Out     *LogBuffer // what the shop prints

	// For the next start of the shop.
	Transport    http.RoundTripper               // to everything; nil: Network
	WrapDatabase func(app.Database) app.Database // nil: the database as it is

	rand io.Reader // of the shop; nil: crypto/rand
	stop context.CancelFunc
	done chan error
}

// Run runs a test in a bubble, with the shop open and ten keys in stock.
func Run(t *testing.T, test func(t *testing.T, e *Env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := New(t, nil)
		e.Start()
		e.LoadKeys(10)
		test(t, e)
		e.Stop()
	})
}

// New makes an Env within a bubble. All random numbers of sandbox and shop come from random; nil:
// crypto/rand.
func New(t testing.TB, random io.Reader) *Env {
	t.Helper()
	worldRand := random
	if worldRand == nil {
		worldRand = rand.Reader
	}
	network := sandbox.NewNetwork()
	client := &http.Client{Transport: network.Transport(), Timeout: 10 * time.Second}
	e := &Env{
		World: sandbox.New(sandbox.Options{Client: client, Rand: worldRand}),
		T:     t, Network: network, Dir: t.TempDir(), Log: &LogBuffer{}, Out: &LogBuffer{}, rand: random,
	}
	listener, err := network.Listen("sandbox.test:80")
	require.NoError(t, err)
	server := &http.Server{Handler: e.Handler()} //nolint:gosec // in memory
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		e.Close()
		_ = server.Close()
		network.Close()
	})
	WriteShopFiles(t, e.Dir)
	e.Environ = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + BotToken,
		"SHOPBOT_TELEGRAM_API_URL=http://sandbox.test/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + AppToken,
		"SHOPBOT_CRYPTOPAY_API_URL=http://sandbox.test/cryptopay",
		"SHOPBOT_ADMINS=" + fmt.Sprint(sandbox.Olga),
		"SHOPBOT_CATALOG=" + filepath.Join(e.Dir, "catalog.yaml"),
		"SHOPBOT_DATABASE=" + e.DatabasePath(),
		"SHOPBOT_LISTEN=shop.test:8080",
		"SHOPBOT_OPS_LISTEN=127.0.0.1:9090",
		"SHOPBOT_LOG_LEVEL=debug",
	}
	e.CryptoPay().SetWebhook(AppToken, "http://shop.test:8080/cryptopay/webhook")
	return e
}

// WriteShopFiles writes the catalog and the file that it sells.
func WriteShopFiles(t testing.TB, dir string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(Catalog), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "album.zip"), []byte("PK pictures"), 0o600))
}

// DatabasePath is the shop's database file.
func (e *Env) DatabasePath() string { return filepath.Join(e.Dir, "shop.db") }

// Setenv changes one variable, without its prefix, for the next start.
func (e *Env) Setenv(name, value string) {
	name = "SHOPBOT_" + name + "="
	e.Environ = slices.DeleteFunc(e.Environ, func(pair string) bool { return strings.HasPrefix(pair, name) })
	e.Environ = append(e.Environ, name+value)
}

// Config is what the shop reads from its environment.
func (e *Env) Config() config.Config {
	e.T.Helper()
	cfg, err := config.Load(e.Environ, "")
	require.NoError(e.T, err)
	return cfg
}

// Start starts the program and returns when it is ready.
func (e *Env) Start() {
	e.T.Helper()
	cfg := e.Config()
	ctx, cancel := context.WithCancel(e.T.Context())
	done := make(chan error, 1)
	e.stop, e.done = cancel, done
	transport, wrap := e.Transport, e.WrapDatabase
	if transport == nil {
		transport = e.Network.Transport()
	}
	go func() {
		done <- app.Run(ctx, cfg, app.NewLogger(e.Log, cfg), app.System{
			Transport: transport, Goods: transport,
			Listen: func(_ context.Context, _, address string) (net.Listener, error) {
				return e.Network.Listen(address)
			},
			ListenCommands: func(context.Context, string) (net.Listener, error) { return e.Network.Listen(commands) },
			Wrap:           wrap, Rand: e.rand, Out: e.Out,
		})
		close(done)
	}()
	e.Settle()
}

// Stop stops the program as an operator would, looks for secrets in its log, and checks its
// database.
func (e *Env) Stop() {
	e.T.Helper()
	require.NoError(e.T, e.Abort())
	require.NotContains(e.T, e.Log.String(), BotToken)
	require.NotContains(e.T, e.Log.String(), AppToken)
	e.WithDatabase(func(db *storage.DB) {
		require.NoError(e.T, db.Check(e.T.Context(), func(breach string) { e.T.Error(breach) }))
	})
}

// Abort stops the program and returns its error.
func (e *Env) Abort() error {
	e.stop()
	return <-e.done
}

// Crash ends the program without waiting for it. Abort still returns its error.
func (e *Env) Crash() { e.stop() }

// Settle gives everything time that happens without anybody's doing within seconds.
func (e *Env) Settle() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

// commands is where the socket for commands is: a network in memory has no files.
const commands = "commands.test:80"

// AskOps makes a request to the shop: for commands where the path is theirs, else to the private
// listener.
func (e *Env) AskOps(method, path string) (status int, body string) {
	e.T.Helper()
	return e.TellOps(method, path, "")
}

// TellOps is AskOps with a body.
func (e *Env) TellOps(method, path, request string) (status int, body string) {
	e.T.Helper()
	at := "127.0.0.1:9090"
	if strings.HasPrefix(path, "/ops/") {
		at = commands
	}
	r, err := http.NewRequestWithContext(e.T.Context(), method, "http://"+at+path, strings.NewReader(request))
	require.NoError(e.T, err)
	resp, err := (&http.Client{Transport: e.Network.Transport()}).Do(r)
	require.NoError(e.T, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(e.T, err)
	require.NoError(e.T, resp.Body.Close())
	return resp.StatusCode, string(text)
}

// WithDatabase calls use with the database of the stopped shop.
func (e *Env) WithDatabase(use func(db *storage.DB)) {
	e.T.Helper()
	db, err := storage.Open(e.T.Context(), e.DatabasePath())
	require.NoError(e.T, err)
	use(db)
	require.NoError(e.T, db.Close())
}

// StoredOrders lists the orders of the stopped shop.
func (e *Env) StoredOrders() (orders []shop.Order) {
	e.T.Helper()
	e.WithDatabase(func(db *storage.DB) {
		var err error
		orders, err = db.Orders(e.T.Context(), shop.Filter{Limit: 1000})
		require.NoError(e.T, err)
	})
	return orders
}

// WriteCatalog replaces the catalog and gives the shop time to notice.
func (e *Env) WriteCatalog(text string) {
	e.T.Helper()
	require.NoError(e.T, os.WriteFile(filepath.Join(e.Dir, "catalog.yaml"), []byte(text), 0o600))
	time.Sleep(time.Minute)
}

// BuildShop builds the program as it is shipped: static, and without the race detector. It returns
// its path. flags are more ones of go build.
func BuildShop(t testing.TB, flags ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "shopbot")
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"build", "-o", binary}, flags, []string{"shopbot/cmd/shopbot"})...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}

// LogBuffer keeps what a program logs.
type LogBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *LogBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *LogBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
