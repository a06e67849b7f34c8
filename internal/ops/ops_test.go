package ops

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/dbtest"
)

var mustOpen, mustCheckout = dbtest.Open, dbtest.Checkout

// operator is a shop that sells a "vpn" by stock, on a database.
func operator(t *testing.T, db *storage.DB) ClosedShop {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalog.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
shop: {name: Shop, currency: USD}
categories: [{id: a, title: A}]
products:
  - {sku: vpn, category: a, title: VPN, price: "1", deliver: keys}
`), 0o600))
	return ClosedShop{DB: db, Catalog: catalog.FileAt(path), Log: slog.New(slog.DiscardHandler)}
}

var noMetrics = http.NotFoundHandler()

// openShop serves the commands of a shop with this configuration.
func openShop(t *testing.T, cfg config.Config, o Operator) {
	t.Helper()
	l, err := ListenSocket(t.Context(), SocketPath(cfg.Database.Path()))
	require.NoError(t, err)
	serve(t, l, Server{Metrics: noMetrics, Operator: o}.Commands())
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	t.Helper()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { require.NoError(t, server.Close()) })
}

func testConfig(t *testing.T) config.Config {
	t.Helper()
	cfg, err := config.Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN=1000:test-telegram-token-test-telegram-token", "SHOPBOT_CRYPTOPAY_TOKEN=2000:TestCryptoPayTokenTestCryptoPayToken",
		"SHOPBOT_DATABASE=" + filepath.Join(t.TempDir(), "shop.db"),
	}, "")
	require.NoError(t, err)
	return cfg
}

func TestTheRunningShopAnswersAsTheDatabaseWould(t *testing.T) {
	cfg := testConfig(t)
	db := mustOpen(t, cfg.Database.Path())
	made := mustCheckout(t, db, 7)
	openShop(t, cfg, operator(t, db))
	running, found := Find(t.Context(), cfg)
	require.True(t, found)

	units, err := shop.ParseUnits([]byte("K 1\nK2\nK2\n"), "")
	require.NoError(t, err)
	added, err := running.AddStock(t.Context(), "vpn", units, shop.LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, shop.StockAdded{Batch: 1, Added: 2, Duplicates: 1}, added)
	stock, err := running.Stock(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]shop.Stock{"vpn": {Free: 2}}, stock)

	var ids []shop.OrderID
	filter := shop.Filter{State: shop.StateNew, Since: made[1].Created, Limit: 2}
	for {
		page, err := running.Orders(t.Context(), filter)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			ids = append(ids, o.ID)
			filter.After = o.ID
		}
	}
	require.Len(t, ids, 6)
	require.Equal(t, made[1].ID, ids[0])
	require.Equal(t, made[6].ID, ids[5])
}

func TestTheListOfOrdersHoldsNoGoods(t *testing.T) {
	handler := Server{Operator: oneOrder{}}.api()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, ordersPath+"?limit=1", nil)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "an order")
	require.NotContains(t, w.Body.String(), "precious")
}

// oneOrder has one order with goods, and its stock cannot be read.
type oneOrder struct{ Operator }

func (oneOrder) Orders(context.Context, shop.Filter) ([]shop.Order, error) {
	return []shop.Order{{ID: "an order", Lines: []shop.Line{{Part: shop.Part{Goods: []string{"precious"}, Text: map[string]string{"en": "precious"}}}}}}, nil
}

func (oneOrder) Stock(context.Context) (map[string]shop.Stock, error) {
	return nil, errors.New("disk on fire")
}

func TestCommandsAreAnsweredOnTheSocketAlone(t *testing.T) {
	server := Server{Metrics: noMetrics, Operator: oneOrder{}}
	for _, c := range []struct {
		name, method, target string
		want                 int
	}{
		{"a huge page", http.MethodGet, ordersPath + "?limit=100000", http.StatusBadRequest},
		{"no time", http.MethodGet, ordersPath + "?limit=1&since=x", http.StatusBadRequest},
		{"another method", http.MethodDelete, stockPath, http.StatusMethodNotAllowed},
		{"trouble", http.MethodGet, stockPath, http.StatusInternalServerError},
		{"a page of orders", http.MethodGet, ordersPath + "?limit=1", http.StatusOK},
		{"profiles", http.MethodGet, "/debug/pprof/cmdline", http.StatusOK},
	} {
		status := func(h http.Handler) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), c.method, c.target, http.NoBody))
			return w.Code
		}
		require.Equal(t, c.want, status(server.Commands()), c.name)
		require.Equal(t, http.StatusNotFound, status(server.Handler(false)), c.name)
	}
}

func TestThePrivateListenerRefusesOtherHostsAndPagesOfOtherSites(t *testing.T) {
	server := Server{Metrics: noMetrics, Reconciler: noWebhooks{}, Ready: func(context.Context) error { return nil }}
	for _, c := range []struct {
		name, listen, host string
		header             [2]string
		want               int
	}{
		{"a monitor", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{}, http.StatusOK},
		{"by name", "127.0.0.1:9090", "localhost:9090", [2]string{}, http.StatusOK},
		{"by name, as browsers may write it", "127.0.0.1:9090", "LocalHost.", [2]string{}, http.StatusOK},
		{"through a tunnel", "127.0.0.1:9090", "localhost:19090", [2]string{}, http.StatusOK},
		{"IPv6", "[::1]:9090", "[::1]:9090", [2]string{}, http.StatusOK},
		{"HTTP/1.0", "127.0.0.1:9090", "", [2]string{}, http.StatusOK},
		{"the browser's own address bar", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{"Sec-Fetch-Site", "none"}, http.StatusOK},
		{"a name that leads here", "127.0.0.1:9090", "evil.test:9090", [2]string{}, http.StatusMisdirectedRequest},
		{"a name that leads here, IPv6", "[::1]:9090", "evil.test:9090", [2]string{}, http.StatusMisdirectedRequest},
		{"another machine's address", "localhost:9090", "192.0.2.1:9090", [2]string{}, http.StatusMisdirectedRequest},
		{"a name that begins well", "127.0.0.1:9090", "localhost.evil.test", [2]string{}, http.StatusMisdirectedRequest},
		{"the name of a service among containers", "0.0.0.0:9090", "shop:9090", [2]string{}, http.StatusOK},
		{"everywhere", ":9090", "shop:9090", [2]string{}, http.StatusOK},
		{"another site", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"another port", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"another site, old browser", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{"Origin", "https://evil.test"}, http.StatusForbidden},
		{"a sandboxed frame", "127.0.0.1:9090", "127.0.0.1:9090", [2]string{"Origin", "null"}, http.StatusForbidden},
		{"another site, everywhere", ":9090", "shop:9090", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", http.NoBody)
		r.Host = c.host
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		ForThisMachine(c.listen, server.Handler(false)).ServeHTTP(w, r)
		require.Equal(t, c.want, w.Code, c.name)
	}
}

// noWebhooks is a shop that no webhook has reached.
type noWebhooks struct{ Reconciler }

func (noWebhooks) Webhooks(context.Context) (shop.Webhooks, error) { return shop.Webhooks{}, nil }

func TestReadinessNamesItsReasons(t *testing.T) {
	var err error
	handler := Server{Metrics: noMetrics, Reconciler: noWebhooks{}, Ready: func(context.Context) error { return err }}.Handler(true)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	code, body := get("/readyz")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "ready\nlast payment webhook: none so far\n", body)
	err = errors.Join(errors.New("database: cannot be read"), errors.New("telegram: has not answered yet"))
	code, body = get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "database: cannot be read\ntelegram: has not answered yet\n", body)
	code, _ = get("/healthz")
	require.Equal(t, http.StatusOK, code, "a process that is not ready lives")
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/heap?debug=1"} {
		code, _ = get(path)
		require.Equal(t, http.StatusOK, code, path)
	}
}
