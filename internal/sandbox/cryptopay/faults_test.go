package cryptopay

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlannedFailuresHitTheNextCallsOfTheirMethod(t *testing.T) {
	s := New(Config{})
	s.FailNext("transfer", 2, Failure{Status: 429, Name: "TOO_MANY_REQUESTS", RetryAfter: 1500 * time.Millisecond})
	s.FailNext("", 1, Failure{Status: 502})
	a := call(t, s, shop, "getMe", "")
	require.Equal(t, 502, a.status)
	require.Contains(t, a.raw, "<title>502 Bad Gateway</title>")
	mustCall(t, s, shop, "getMe", "", nil)
	for range 2 {
		a = call(t, s, shop, "transfer", "")
		requireBytes(t, `{"ok":false,"error":{"code":429,"name":"TOO_MANY_REQUESTS"}}`, a.raw)
	}
	require.Equal(t, "SPEND_ID_REQUIRED", call(t, s, shop, "transfer", "").Error.Name)

	s.FailNext("getMe", 5, Failure{Status: 500})
	s.FailNext("getMe", 0, Failure{})
	mustCall(t, s, shop, "getMe", "", nil)
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	s := New(Config{})
	s.FailNext("", 1, Failure{Status: 429, RetryAfter: 1500 * time.Millisecond})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/getMe", http.NoBody))
	require.Equal(t, "2", w.Header().Get("Retry-After"))
}

func TestDropBeforeSkipsTheWorkAndDropAfterDoesIt(t *testing.T) {
	s := New(Config{})
	bill := func() { call(t, s, shop, "createInvoice", `{"asset":"USDT","amount":"1"}`) }
	s.FailNext("createInvoice", 1, Failure{DropBefore: true})
	require.PanicsWithValue(t, http.ErrAbortHandler, bill)
	require.Empty(t, s.Invoices(shop))
	s.FailNext("createInvoice", 1, Failure{DropAfter: true})
	require.PanicsWithValue(t, http.ErrAbortHandler, bill)
	require.Len(t, s.Invoices(shop), 1)
	bill()
	require.Len(t, s.Invoices(shop), 2)
}

func TestHangingCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		defer s.Close()
		start := time.Now()
		s.FailNext("createInvoice", 1, Failure{Hang: time.Minute})
		mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
		require.Equal(t, time.Minute, time.Since(start), "a slow success")

		for failure, invoices := range map[Failure]int{{Hang: time.Hour}: 0, {Hang: time.Hour, DropAfter: true}: 1} {
			before := len(s.Invoices(shop))
			s.FailNext("createInvoice", 1, failure)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/createInvoice?asset=USDT&amount=1", http.NoBody)
			r.Header.Set(TokenHeader, shop)
			start = time.Now()
			require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.ServeHTTP(httptest.NewRecorder(), r) })
			cancel()
			require.Equal(t, time.Second, time.Since(start))
			require.Len(t, s.Invoices(shop), before+invoices)
		}
	})
}

func TestOverLoopback(t *testing.T) {
	hooks := make(chan string, 1)
	shopkeeper := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("crypto-pay-api-signature") == Sign(shop, body) {
			hooks <- string(body)
		}
	}))
	defer shopkeeper.Close()
	s := New(Config{})
	defer s.Close()
	s.SetWebhook(shop, shopkeeper.URL)
	api := httptest.NewServer(s)
	defer api.Close()

	createInvoice := func() (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+"/api//createInvoice?asset=USDT&amount=1", http.NoBody)
		require.NoError(t, err)
		r.Header.Set(TokenHeader, shop)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		return res.Header.Get("Content-Type"), res.Body.Close()
	}
	s.FailNext("", 1, Failure{DropAfter: true})
	_, err := createInvoice()
	require.ErrorIs(t, err, io.EOF)
	contentType, err := createInvoice()
	require.NoError(t, err)
	require.Equal(t, "application/json; charset=utf-8", contentType)
	require.Len(t, s.Invoices(shop), 2)

	mustPay(t, s, s.Invoices(shop)[1], "")
	require.Contains(t, <-hooks, `"invoice_id":2`)
}
