package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

// street is the world around a real process: a sandbox that remembers everything, on loopback, which
// can be cut off, and a payment service that repeats each webhook until it is answered 200.
type street struct {
	*sandbox.World
	t      *testing.T
	server *httptest.Server
	shop   *process
	dir    string
	cut    atomic.Bool // nobody answers

	mu       sync.Mutex
	answered map[int64]bool  // invoices whose payment was answered 200
	orders   map[string]bool // the orders of these
	repeats  int             // webhooks that had to be sent again
	underWay int             // webhooks that are being brought
	answer   chan struct{}   // has room for one; filled when a payment was answered 200
}

func newStreet(t *testing.T, binary string) *street {
	t.Helper()
	s := &street{
		t: t, World: sandbox.New(sandbox.Options{}), dir: t.TempDir(), answered: map[int64]bool{}, orders: map[string]bool{},
		answer: make(chan struct{}, 1),
	}
	world := s.Handler()
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		if comparesInvoices(r) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		world.ServeHTTP(w, r)
		if s.cut.Load() { // it is done, and nobody is told
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(func() {
		s.Close()
		s.server.CloseClientConnections()
		s.server.Close()
	})
	s.openShop(binary, s.server.URL)
	hook := httptest.NewServer(http.HandlerFunc(s.takeWebhook))
	t.Cleanup(hook.Close)
	s.CryptoPay().SetWebhook(appToken, hook.URL)
	return s
}

// openShop prepares the shop, whose services are at this address.
func (s *street) openShop(binary, services string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "catalog.yaml"), []byte(testCatalog), 0o600))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "album.zip"), []byte("PK pictures"), 0o600))
	s.shop = newProcess(s.t, binary, s.dir, []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + services + "/telegram", "SHOPBOT_TELEGRAM_RATE_LIMIT=100000",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + services + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=10000", "SHOPBOT_CRYPTOPAY_RATE_BURST=10000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=64",
		"SHOPBOT_CATALOG=" + filepath.Join(s.dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + s.database(),
		"SHOPBOT_SYNC_INTERVAL=24h", // webhooks alone have to do it, see comparesInvoices
		"SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_LOG_LEVEL=warn",
	})
}

// comparesInvoices reports whether a request asks how invoices stand that are known by their ids. The shop
// does so when it starts and then now and then; here it gets no answer, so that a payment that was
// answered 200 and lost would be lost for good.
func comparesInvoices(r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, "/getInvoices") {
		return false
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(r.URL.RawQuery+string(body), "invoice_ids")
}

// takeWebhook takes what the sandbox sends, and brings it to the shop however long that takes.
func (s *street) takeWebhook(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signature := r.Header.Get("Crypto-Pay-Api-Signature")
	s.mu.Lock()
	s.underWay++
	s.mu.Unlock()
	go func() { //nolint:contextcheck // it goes on after the answer
		s.bring(body, signature)
		s.mu.Lock()
		s.underWay--
		s.mu.Unlock()
	}()
}

// awaitWebhooks returns when none is under way.
func (s *street) awaitWebhooks() {
	for {
		s.mu.Lock()
		left := s.underWay
		s.mu.Unlock()
		if left == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *street) bring(body []byte, signature string) {
	var update struct {
		Payload struct {
			Invoice int64  `json:"invoice_id"`
			Order   string `json:"payload"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(body, &update); err != nil {
		s.t.Error(err)
		return
	}
	for {
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.shop.listen+"/cryptopay/webhook", bytes.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Crypto-Pay-Api-Signature", signature)
		resp, err := http.DefaultClient.Do(r)
		status := 0
		if err == nil {
			status = resp.StatusCode
			_ = resp.Body.Close()
		}
		if s.cut.Load() { // perhaps it was received, and Crypto Pay is not told
			status = 0
		}
		s.mu.Lock()
		if status == http.StatusOK {
			select {
			case s.answer <- struct{}{}:
			default:
			}
			s.answered[update.Payload.Invoice] = true
			s.orders[update.Payload.Order] = true
			s.mu.Unlock()
			return
		}
		s.repeats++
		s.mu.Unlock()
		select {
		case <-s.t.Context().Done():
			return
		case <-time.After(20 * time.Millisecond): // the shop is dead, or not yet there
		}
	}
}

// awaitAnswer returns when the next payment was answered 200: should the shop still have to write it down,
// it must not die now. Where none is, it returns after the limit.
func (s *street) awaitAnswer(limit time.Duration) {
	select {
	case <-s.answer: // an earlier one
	default:
	}
	select {
	case <-s.answer:
	case <-time.After(limit):
	}
}

// cutOff takes the sandbox off the network for a while, in the midst of what it was answering, and does
// something else meanwhile.
func (s *street) cutOff(d time.Duration, meanwhile func()) {
	s.cut.Store(true)
	s.server.CloseClientConnections()
	meanwhile()
	time.Sleep(d)
	s.cut.Store(false)
}

// database is where the shop has its file.
func (s *street) database() string { return filepath.Join(s.dir, "shop.db") }

// person makes somebody exist.
func (s *street) person(id int64) int64 {
	s.Telegram().AddUser(telegram.User{ID: id, FirstName: "Buyer", LanguageCode: "en"})
	return id
}

// message waits for a message of the bot to somebody.
func (s *street) message(ctx context.Context, who int64, wanted func(m telegram.Message) bool) (found telegram.Message, err error) {
	err = s.Await(ctx, func() bool {
		chat := s.Telegram().Chat(botToken, who)
		i := slices.IndexFunc(chat, func(m telegram.Message) bool { return m.FromBot && wanted(m) })
		if i >= 0 {
			found = chat[i]
		}
		return i >= 0
	})
	return found, err
}

// goods lists the keys that somebody was sent: one list for each message.
func (s *street) goods(who int64) (parcels [][]string) {
	for _, m := range s.Telegram().Sent(botToken, who) {
		if keys := keysIn(m.Text); len(keys) > 0 {
			parcels = append(parcels, keys)
		}
	}
	return parcels
}

// keysIn are the keys that a message brings.
func keysIn(text string) (keys []string) {
	for line := range strings.Lines(text) {
		if key := strings.TrimSpace(line); strings.HasPrefix(key, "KEY-") {
			keys = append(keys, key)
		}
	}
	return keys
}
