package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// BenchmarkAcknowledge is a payment's whole way from the request to the answer:
// signature, decoding, and the event, the order, its key and the counters on
// disk. What net/http does around it is left out.
func BenchmarkAcknowledge(b *testing.B) {
	for _, c := range []struct {
		name             string
		senders, repeats int
	}{{"one sender", 1, 0}, {"32 senders", 32, 0}, {"32 senders, repeated", 32, 1}} {
		b.Run(c.name, func(b *testing.B) {
			till := newTill(b, b.N)
			for range c.repeats {
				till.pay(b, c.senders)
			}
			b.ReportAllocs()
			b.ResetTimer()
			till.pay(b, c.senders)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
		})
	}
}

// BenchmarkForged is what a stranger's webhook costs.
func BenchmarkForged(b *testing.B) {
	till := newTill(b, 1)
	request := till.requests[0]
	request.Header[payments.SignatureHeader] = []string{cryptopay.Sign("1:another", till.bodies[0])}
	b.ReportAllocs()
	for b.Loop() {
		require.Equal(b, http.StatusUnauthorized, till.post(0))
	}
}

// till takes payments of orders that wait for them.
type till struct {
	listener *payments.Listener
	bodies   [][]byte
	requests []*http.Request
	windows  []window
}

func newTill(b *testing.B, orders int) *till {
	b.Helper()
	db, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "shop.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	log := NewLogger(io.Discard, config.Config{})
	p := &program{
		log: log, db: db, metrics: newMetrics(),
		shop: shop.New(db, nil, nil, shop.Config{Log: log}),
	}
	till := &till{bodies: make([][]byte, orders), requests: make([]*http.Request, orders), windows: make([]window, orders)}
	webhooks := config.Config{CryptoPayToken: appToken}.CryptoPayWebhook(log)
	webhooks.Record, webhooks.Observe = p.recordPayment, p.metrics.webhook
	till.listener, err = payments.NewListener(webhooks)
	require.NoError(b, err)
	till.fill(b, db, orders)
	return till
}

// fill puts orders into the database that have an invoice and a unit kept for them.
func (t *till) fill(b *testing.B, db *storage.DB, orders int) {
	b.Helper()
	keys := make([]string, orders)
	for i := range keys {
		keys[i] = fmt.Sprintf("KEY-%08d-ABCD-EFGH", i)
	}
	_, err := db.AddStock(b.Context(), shop.StockLoad{SKU: "steam-10", Units: slices.Values(keys)})
	require.NoError(b, err)
	spread(512, orders, func(i int) {
		o := awaiting(b, i)
		if _, _, err := db.Checkout(b.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil }); err != nil {
			b.Error(err)
		}
		t.bodies[i] = paidBody(o)
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/cryptopay/webhook", nil)
		if err != nil {
			b.Error(err)
			return
		}
		r.ContentLength = int64(len(t.bodies[i]))
		r.Header[payments.SignatureHeader] = []string{cryptopay.Sign(appToken, t.bodies[i])}
		t.requests[i] = r
		t.windows[i].header = http.Header{}
		r.Body = io.NopCloser(&t.windows[i].body)
	})
}

// awaiting is the order with the given number, made a second after the one before.
func awaiting(b *testing.B, number int) shop.Order {
	b.Helper()
	usdt, err := money.Parse("10.5", "USDT")
	require.NoError(b, err)
	at := time.Now().Add(time.Duration(number-1_000_000) * time.Second)
	buyer := int64(7_000_000_000 + number)
	return shop.Order{
		ID:    shop.NewOrderID([]byte("key"), shop.Origin{Chat: buyer, User: buyer, Act: "m1", At: at}),
		State: shop.StateAwaiting, Buyer: shop.Buyer{ID: buyer, Name: "Alice Example @alice", Language: "en"},
		Lines: []shop.Line{{
			SKU: "steam-10", Title: catalog.Text{"en": "Steam card $10", "ru": "Карта Steam 10 $"},
			Quantity: 1, Price: usdt, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true,
			Instructions: catalog.Text{"en": "Open Steam → Games → Redeem a Steam Gift Card, and enter the code."},
		}},
		Rail:  shop.CryptoPay,
		Total: usdt, Assets: []money.Currency{"USDT", "TON", "BTC"}, Created: at, Expires: at.Add(1000 * time.Hour),
		Invoice: shop.Invoice{
			ID: strconv.Itoa(number + 1), URL: "https://t.me/CryptoBot/app?startapp=invoice-IVzYxWvUtSr9&mode=compact",
		},
		Message: shop.MessageRef{Chat: buyer, Message: 2},
	}
}

// paidBody is what Crypto Pay posts when an order was paid (a real body with other values).
func paidBody(o shop.Order) []byte {
	return fmt.Appendf(nil, `{"update_id":%[1]s,"update_type":"invoice_paid","request_date":"2026-04-02T17:03:15.978Z","payload":{`+
		`"invoice_id":%[1]s,"hash":"IVzYxWvUtSr9","currency_type":"crypto","asset":"USDT","amount":"10.5","paid_asset":"USDT",`+
		`"paid_amount":"10.5","fee_asset":"USDT","fee_amount":"0.315","fee":"0.315","fee_in_usd":"0.31500777",`+
		`"pay_url":"%[2]s","bot_invoice_url":"%[2]s","mini_app_invoice_url":"%[3]s","web_app_invoice_url":"%[4]s",`+
		`"description":"Steam card $10 · %[5]s","status":"paid","created_at":"2026-04-02T17:02:41.310Z",`+
		`"allow_comments":true,"allow_anonymous":true,"expiration_date":"2026-04-02T17:32:41.309Z","paid_usd_rate":"1.00002469",`+
		`"usd_rate":"1.00002469","paid_at":"2026-04-02T17:03:05.198Z","paid_anonymously":true,"comment":"thanks",`+
		`"payload":"%[5]s","paid_btn_name":"openBot","paid_btn_url":"https://t.me/pixel_goods_bot?start=o_%[5]s"}}`,
		o.Invoice.ID, "https://t.me/CryptoBot?start=IVzYxWvUtSr9", o.Invoice.URL, "https://app.send.tg/invoices/IVzYxWvUtSr9", o.ID)
}

// pay posts every webhook once, from so many senders at a time.
func (t *till) pay(b *testing.B, senders int) {
	b.Helper()
	spread(senders, len(t.requests), func(i int) {
		if got := t.post(i); got != http.StatusOK {
			b.Error("answered " + strconv.Itoa(got))
		}
	})
}

func (t *till) post(i int) (status int) {
	w := &t.windows[i]
	w.body.Reset(t.bodies[i])
	t.listener.ServeHTTP(w, t.requests[i])
	return w.status
}

// window is a ResponseWriter that costs next to nothing, and the body of its request.
type window struct {
	header http.Header
	body   bytes.Reader
	status int
}

func (w *window) Header() http.Header             { return w.header }
func (w *window) Write(p []byte) (int, error)     { return len(p), nil }
func (w *window) WriteHeader(status int)          { w.status = status }
func (w *window) SetReadDeadline(time.Time) error { return nil }

// spread runs do for every number below n, so many at a time.
func spread(parallel, n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(parallel, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
