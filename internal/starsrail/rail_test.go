package starsrail_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	sandbox "shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/shop/railtest"
	"shopbot/internal/starsrail"
	"shopbot/internal/telegram"
)

var _ shop.Rail = (*starsrail.Rail)(nil)

const (
	token = "12345:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	alice = int64(501)
)

// inProcess hands requests to a handler without a network, and counts them by method.
type inProcess struct {
	http.Handler

	calls map[string]int
}

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	p.calls[path.Base(r.URL.Path)]++
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

func stars(t *testing.T, n int) money.Amount {
	t.Helper()
	a, err := money.Parse(fmt.Sprint(n), "XTR")
	require.NoError(t, err)
	return a
}

func newClient(t *testing.T, h http.Handler) (*telegram.Client, map[string]int) {
	t.Helper()
	transport := inProcess{h, map[string]int{}}
	c, err := telegram.New(telegram.Config{Token: token, APIURL: "http://sandbox.test", Transport: transport})
	require.NoError(t, err)
	return c, transport.calls
}

func TestStarsAreARail(t *testing.T) {
	railtest.Test(t, func(t *testing.T) railtest.Subject {
		t.Helper()
		s := sandbox.New(sandbox.Config{})
		t.Cleanup(s.Close)
		s.AddUser(sandbox.User{ID: alice, FirstName: "Alice"})
		require.NoError(t, s.Say(token, alice, "/start"))
		client, _ := newClient(t, s)
		rail := starsrail.New(client)
		return railtest.Subject{
			Rail: rail, Buyer: alice, Price: stars(t, 50),
			Pay: func(t *testing.T, o shop.Order, in shop.Invoice) shop.Payment {
				t.Helper()
				id, err := s.PayStarsLink(in.URL, alice)
				require.NoError(t, err)
				answer := fmt.Sprintf(`{"pre_checkout_query_id":%q,"ok":true}`, id)
				call(t, s, "answerPreCheckoutQuery", answer)
				charge := s.StarPayments(token, alice)[0].Charge
				return shop.Payment{Rail: shop.Stars, Invoice: charge, Amount: o.Stars, Price: o.Stars, At: time.Now()}
			},
			Break: func() { s.FailNext("", 1000, sandbox.Failure{Status: http.StatusBadGateway, HTML: true}) },
		}
	})
}

func call(t *testing.T, s http.Handler, method, params string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/bot"+token+"/"+method, strings.NewReader(params))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
}

// history is a Telegram that has nothing but a list of transactions.
type history struct {
	t    *testing.T
	list []map[string]any
}

func (h *history) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var p struct{ Offset, Limit int }
	assert.NoError(h.t, json.NewDecoder(r.Body).Decode(&p))
	from := min(p.Offset, len(h.list))
	page := h.list[from:min(from+p.Limit, len(h.list))]
	assert.NoError(h.t, json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": map[string]any{"transactions": page}}))
}

// Hundred thousand payments were made before; only the new ones are read.
func TestALongHistoryIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, began := &history{t: t}, time.Now()
		add := func(n int, at time.Time) {
			partner := map[string]any{"type": "user", "user": map[string]any{"id": alice}, "invoice_payload": "1P8M2QX7KD93HWA"}
			h.list = append(h.list, map[string]any{"id": fmt.Sprint(n), "amount": 50, "date": at.Unix(), "source": partner})
		}
		const old = 100_000
		for i := range old {
			add(i, began.Add(time.Duration(i-old)*time.Minute))
		}
		client, calls := newClient(t, h)
		rail := starsrail.New(client)
		read := func(since time.Time) (ids []string) {
			t.Helper()
			clear(calls)
			for in, err := range rail.Ledger().PaidInvoices(t.Context(), since) {
				require.NoError(t, err)
				require.Equal(t, "50 XTR", in.Payment.Amount.String())
				ids = append(ids, in.Payment.Invoice)
			}
			return ids
		}
		require.Empty(t, read(began))
		require.Less(t, calls["getStarTransactions"], 30)
		add(old, began.Add(time.Second))
		require.Equal(t, []string{"100000"}, read(began))
		require.LessOrEqual(t, calls["getStarTransactions"], 3)
		require.Len(t, read(began.Add(-time.Hour)), 61, "also further back")
		require.Len(t, read(time.Time{}), old+1)
	})
}

// stuck is a Telegram that passes over the offset.
type stuck struct{ *history }

func (h stuck) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.history.ServeHTTP(w, httptest.NewRequestWithContext(r.Context(), http.MethodPost, "/", strings.NewReader(`{"limit":100}`)))
}

func TestAHistoryThatRepeatsItselfIsAnError(t *testing.T) {
	for name, age := range map[string]time.Duration{"old": 24 * time.Hour, "new": 0} {
		t.Run(name, func(t *testing.T) {
			h := &history{t: t}
			for i := range 100 {
				h.list = append(h.list, map[string]any{"id": fmt.Sprint(i), "amount": 50, "date": time.Now().Add(-age).Unix()})
			}
			client, _ := newClient(t, stuck{h})
			_, err := starsrail.New(client).FindInvoices(t.Context(), "1P8M2QX7KD93HWA", time.Now().Add(-time.Hour))
			require.ErrorContains(t, err, "same page")
		})
	}
}

func TestWhatTelegramRefusesIsToldFromWhatItMayHaveDone(t *testing.T) {
	for description, want := range map[string]string{
		"Bad Request: CHARGE_REFUND_EXPIRED":       "CHARGE_REFUND_EXPIRED",
		"Bad Request: the charge is not to be had": "REFUSED",
	} {
		client, _ := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"ok":false,"error_code":400,"description":%q}`, description)
		}))
		o := shop.Order{Payments: []shop.Payment{{Rail: shop.Stars, Invoice: "c", Amount: stars(t, 50)}}}
		_, err := starsrail.New(client).Refund(t.Context(), o, shop.Refund{Payment: "c"})
		var no *shop.RefusedError
		require.ErrorAs(t, err, &no)
		require.Equal(t, want, no.Name)
	}
}
