package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/bot"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/telegram"
)

const (
	checkoutBuyers = 200    // who pay at once
	waitingUpdates = 10_000 // of others, which wait in the inbox
)

// BenchmarkPreCheckout is the way of Telegram's question whether a payment may happen, from the posted
// update to the answer that leaves, approval on disk included: 200 buyers ask at once while 10,000
// updates of others wait and all workers are busy. It reports the 99th percentile.
func BenchmarkPreCheckout(b *testing.B) {
	var all []time.Duration
	for b.Loop() {
		b.StopTimer()
		c := newCheckouts(b)
		b.StartTimer()
		all = append(all, c.askAll(b)...)
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
}

func TestEveryPreCheckoutIsAnsweredBesideAFullInbox(t *testing.T) {
	c := newCheckouts(t)
	require.Len(t, c.askAll(t), checkoutBuyers)
	for i := range checkoutBuyers {
		o, err := c.db.Order(t.Context(), c.orders[i])
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("q", i), o.Approved.Question)
	}
	require.GreaterOrEqual(t, c.intake.Waiting(), waitingUpdates, "the others still wait")
}

// checkouts is a shop with unpaid orders, a full inbox, and a Telegram that notes the answers.
type checkouts struct {
	db     *storage.DB
	intake *telegram.Intake
	hook   http.Handler
	orders []shop.OrderID

	mu       sync.Mutex
	answered map[string]chan time.Time
}

const checkoutSecret = "secret"

func newCheckouts(tb testing.TB) *checkouts {
	tb.Helper()
	db, err := storage.Open(tb.Context(), filepath.Join(tb.TempDir(), "shop.db"))
	require.NoError(tb, err)
	c := &checkouts{db: db, answered: map[string]chan time.Time{}}
	log := NewLogger(io.Discard, config.Config{})
	client, err := telegram.New(telegram.Config{Token: "1000:test-telegram-token-test-telegram-token", APIURL: "https://api.test", Transport: c})
	require.NoError(tb, err)
	staff, err := shop.NewStaff(tb.Context(), db, nil)
	require.NoError(tb, err)
	courier := bot.NewCourier(client, nil, func() *catalog.Catalog { return &catalog.Catalog{} }, db, staff, log)
	s := shop.New(db, nil, courier, shop.Config{Log: log, Catalog: func() *catalog.Catalog { return &catalog.Catalog{} }})
	conversation := bot.New(courier, s, bot.Config{Log: log})
	busy := func(ctx context.Context, _ *models.Update) error {
		<-ctx.Done()
		return ctx.Err()
	}
	c.intake = telegram.NewIntake(client, db, busy, log)
	c.intake.PreCheckout = conversation.AnswerPreCheckout
	c.hook = c.intake.Webhook(checkoutSecret)
	c.fill(tb)
	ctx, stop := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.intake.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		require.NoError(tb, <-ended)
		require.NoError(tb, db.Close())
	})
	for c.intake.Waiting() < waitingUpdates { // it reads what the last run left
		time.Sleep(time.Millisecond)
	}
	return c
}

// fill leaves updates in the inbox, and orders that can be paid with Stars.
func (c *checkouts) fill(tb testing.TB) {
	tb.Helper()
	for from := int64(1); from <= waitingUpdates; from += 1000 {
		updates := map[int64][]byte{}
		for id := from; id < from+1000; id++ {
			updates[id] = fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":1,"date":1,"from":{"id":%d,"first_name":"A"},`+
				`"chat":{"id":%d,"type":"private"},"text":"hello"}}`, id, id, id)
		}
		_, err := c.db.KeepUpdates(tb.Context(), updates, nil)
		require.NoError(tb, err)
	}
	price, err := money.Parse("50", catalog.Stars)
	require.NoError(tb, err)
	for i := range int64(checkoutBuyers) {
		o := shop.Order{
			ID: shop.NewOrderID(nil, shop.Origin{User: i, At: time.Now()}), State: shop.StateNew, Buyer: shop.Buyer{ID: 1_000_000 + i},
			Lines: []shop.Line{{SKU: "guide", Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Content}}},
			Total: price, Stars: price, Rail: shop.Stars, Created: time.Now(), Expires: time.Now().Add(time.Hour),
		}
		c.orders = append(c.orders, o.ID)
		_, _, err := c.db.Checkout(tb.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil })
		require.NoError(tb, err)
		c.answered[fmt.Sprint("q", i)] = make(chan time.Time, 1)
	}
}

// RoundTrip is Telegram.
func (c *checkouts) RoundTrip(r *http.Request) (*http.Response, error) {
	at := time.Now()
	if path.Base(r.URL.Path) == "answerPreCheckoutQuery" {
		if err := r.ParseMultipartForm(1 << 20); err != nil { //nolint:gosec // the shop's own request
			return nil, err
		}
		c.mu.Lock()
		answered := c.answered[r.FormValue("pre_checkout_query_id")]
		c.mu.Unlock()
		if r.FormValue("ok") == "true" {
			answered <- at
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok":true,"result":true}`)), Request: r}, nil
}

// askAll has all buyers pay at once, and returns how long each waited for the answer.
func (c *checkouts) askAll(tb testing.TB) []time.Duration {
	tb.Helper()
	took := make([]time.Duration, checkoutBuyers)
	var all sync.WaitGroup
	for i := range checkoutBuyers {
		query, _ := json.Marshal(map[string]any{
			"update_id": 1_000_000 + i, "pre_checkout_query": map[string]any{
				"id": fmt.Sprint("q", i), "from": map[string]any{"id": 1_000_000 + i, "first_name": "A"},
				"currency": "XTR", "total_amount": 50, "invoice_payload": c.orders[i],
			},
		})
		all.Go(func() {
			began := time.Now()
			r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/", strings.NewReader(string(query)))
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", checkoutSecret)
			w := httptest.NewRecorder()
			c.hook.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				tb.Errorf("posted update: %d", w.Code)
				return
			}
			took[i] = (<-c.answered[fmt.Sprint("q", i)]).Sub(began)
		})
	}
	all.Wait()
	return took
}
