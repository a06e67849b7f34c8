package crash

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const (
	botToken = testenv.BotToken
	appToken = testenv.AppToken
)

// shopEnv is a shop process with its files, and the relay that brings it webhooks.
type shopEnv struct {
	t        *testing.T
	dir      string
	address  config.Database
	shop     *shopProcess
	webhooks *webhookRelay
}

// newShopEnv prepares a shop whose Telegram and Crypto Pay are at an address.
func newShopEnv(t *testing.T, binary, services string, answerLost func() bool) *shopEnv {
	t.Helper()
	e := &shopEnv{t: t, dir: t.TempDir()}
	e.address = config.Database(e.database())
	testenv.WriteShopFiles(t, e.dir)
	e.shop = newShopProcess(t, binary, e.dir, []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + services + "/telegram", "SHOPBOT_TELEGRAM_RATE_LIMIT=100000",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + services + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=10000", "SHOPBOT_CRYPTOPAY_RATE_BURST=10000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=64",
		"SHOPBOT_CATALOG=" + filepath.Join(e.dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + e.database(),
		"SHOPBOT_SYNC_INTERVAL=24h", // see comparesInvoices
		"SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_LOG_LEVEL=warn",
	})
	e.webhooks = newWebhookRelay(t, e.shop, answerLost)
	return e
}

func (e *shopEnv) database() string { return filepath.Join(e.dir, "shop.db") }

// loadKeys puts n keys on sale while the shop is not running.
func (e *shopEnv) loadKeys(n int) {
	e.t.Helper()
	db, err := database.Open(e.t.Context(), e.address)
	require.NoError(e.t, err)
	_, err = db.AddStock(e.t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values(testenv.Keys(n))})
	require.NoError(e.t, err)
	require.NoError(e.t, db.Close())
}

// checkDatabase checks every invariant of the dead shop's database, among them that statistics,
// stock and audit trail agree with the orders.
func (e *shopEnv) checkDatabase() {
	e.t.Helper()
	report := func(breach string) { e.t.Error("breach:", breach) }
	if e.address.IsPostgres() {
		db, err := database.Open(e.t.Context(), e.address)
		require.NoError(e.t, err)
		require.NoError(e.t, db.Check(e.t.Context(), report))
		require.NoError(e.t, db.Close())
		return
	}
	_, err := storage.Examine(e.t.Context(), e.database(), report)
	require.NoError(e.t, err)
}

// checkByCommands checks the stopped shop's database and audit trail with the shop's own commands.
func (e *shopEnv) checkByCommands() {
	e.t.Helper()
	require.Contains(e.t, e.shop.command("check", "--database"), "is sound")
	require.Contains(e.t, e.shop.command("audit", "verify"), "none changed")
}

// comparesInvoices reports whether a request asks for invoices by id. The shop does so at its start
// and now and then. The tests refuse it, so that webhooks are the only way to hear of a payment:
// one that was answered 200 and lost stays lost.
func comparesInvoices(r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, "/getInvoices") {
		return false
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(r.URL.RawQuery+string(body), "invoice_ids")
}

// testEnv is a shop process and a sandbox in the test's own process, with a network between them
// that can be cut.
type testEnv struct {
	*sandbox.World
	*shopEnv

	server    *httptest.Server
	cut       atomic.Bool // nobody gets an answer
	comparing atomic.Bool // invoices may be asked for by id
}

func newEnv(t *testing.T, binary string) *testEnv {
	t.Helper()
	e := &testEnv{World: sandbox.New(sandbox.Options{})}
	handler := e.Handler()
	e.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		if !e.comparing.Load() && comparesInvoices(r) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		handler.ServeHTTP(w, r)
		if e.cut.Load() { // the work is done, and the answer lost
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(func() {
		e.Close()
		e.server.CloseClientConnections()
		e.server.Close()
	})
	e.shopEnv = newShopEnv(t, binary, e.server.URL, e.cut.Load)
	e.CryptoPay().SetWebhook(appToken, e.webhooks.url)
	return e
}

// cutNetwork cuts the sandbox off for a while, amid its answers, and calls meanwhile.
func (e *testEnv) cutNetwork(d time.Duration, meanwhile func()) {
	e.cut.Store(true)
	e.server.CloseClientConnections()
	meanwhile()
	time.Sleep(d)
	e.cut.Store(false)
}

// addPerson makes somebody known to the sandbox.
func (e *testEnv) addPerson(id int64) {
	e.Telegram().AddUser(telegram.User{ID: id, FirstName: "Buyer", LanguageCode: "en"})
}

// awaitMessage waits for a message of the bot to somebody.
func (e *testEnv) awaitMessage(ctx context.Context, who int64, wanted func(m telegram.Message) bool) (found telegram.Message, err error) {
	err = e.Await(ctx, func() bool {
		chat := e.Telegram().Chat(botToken, who)
		i := slices.IndexFunc(chat, func(m telegram.Message) bool { return m.FromBot && wanted(m) })
		if i >= 0 {
			found = chat[i]
		}
		return i >= 0
	})
	return found, err
}

// goods lists the keys that somebody was sent: a list for each message.
func (e *testEnv) goods(who int64) (messages [][]string) {
	for _, m := range e.Telegram().Sent(botToken, who) {
		if keys := testenv.KeysIn(m.Text); len(keys) > 0 {
			messages = append(messages, keys)
		}
	}
	return messages
}
