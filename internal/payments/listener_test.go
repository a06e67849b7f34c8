package payments_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// sign makes a signature by other means than the package does.
func sign(body, token string) string {
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// inbox is a Record that remembers, and an Observe that does.
type inbox struct {
	mu     sync.Mutex
	got    []payments.Update
	events []payments.WebhookRequest
	err    error
}

func (b *inbox) record(_ context.Context, _ []byte, u payments.Update) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	b.got = append(b.got, u)
	return nil
}

func (b *inbox) observe(e payments.WebhookRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, e)
}

func (b *inbox) last() payments.WebhookRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events[len(b.events)-1]
}

func newListener(tb testing.TB, b *inbox, changes ...func(*payments.ListenerConfig)) *payments.Listener {
	tb.Helper()
	cfg := payments.ListenerConfig{Tokens: []payments.Secret{testToken}, Record: b.record, Observe: b.observe}
	for _, change := range changes {
		change(&cfg)
	}
	l, err := payments.NewListener(cfg)
	require.NoError(tb, err)
	return l
}

func post(tb testing.TB, l http.Handler, body, signature string) *httptest.ResponseRecorder {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "/cryptopay/webhook", strings.NewReader(body))
	r.Header.Set("crypto-pay-api-signature", signature)
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

func TestAPaidInvoiceIsReceivedEachTimeItComes(t *testing.T) {
	var b inbox
	l := newListener(t, &b)
	for range 2 {
		require.Equal(t, http.StatusOK, post(t, l, vector2, signature2).Code)
	}
	require.Len(t, b.got, 2)
	require.Equal(t, int64(1001), b.got[0].Invoice.ID)
	require.Equal(t, int64(1001), b.last().Invoice)
	require.Equal(t, payments.UpdateInvoicePaid, b.last().UpdateType)
}

func TestTheListenerAnswersAsItPromises(t *testing.T) {
	other, huge := `{"update_id":1,"update_type":"invoice_expired","payload":{}}`, strings.Repeat(" ", 64<<10+1)
	for name, test := range map[string]struct {
		body, signature string
		want, received  int
	}{
		"paid":                 {vector2, signature2, 200, 1},
		"another type":         {other, sign(other, testToken), 200, 0},
		"no signature":         {vector2, "", 401, 0},
		"wrong signature":      {vector2, signature1, 401, 0},
		"wrong key":            {vector2, rawKeySignature2, 401, 0},
		"unsigned nonsense":    {"x", signature2, 401, 0},
		"signed nonsense":      {"x", sign("x", testToken), 400, 0},
		"signed, no update":    {vector1, signature1, 400, 0},
		"of the greatest size": {huge[1:], sign(huge[1:], testToken), 400, 0},
		"too big":              {huge, sign(huge, testToken), 413, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var b inbox
			l := newListener(t, &b)
			require.Equal(t, test.want, post(t, l, test.body, test.signature).Code)
			require.Len(t, b.got, test.received)
			require.Equal(t, test.want, b.last().Status)
			require.Equal(t, test.want != 200, b.last().Err != nil)
		})
	}
}

func TestABodyOfUnknownLengthIsLimitedToo(t *testing.T) {
	var b inbox
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat(" ", 1<<20))))
	require.Equal(t, int64(-1), r.ContentLength)
	w := httptest.NewRecorder()
	newListener(t, &b).ServeHTTP(w, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

func TestABodyThatSaysItIsTooBigIsNotEvenRead(t *testing.T) {
	var b inbox
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", unread{t})
	r.ContentLength = 64<<10 + 1
	w := httptest.NewRecorder()
	newListener(t, &b).ServeHTTP(w, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestOtherMethodsAreToldWhichOneToUse(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "OPTIONS", "TRACE", "post"} {
		var b inbox
		w := httptest.NewRecorder()
		newListener(t, &b).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(vector2)))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code)
		require.Equal(t, "POST", w.Header().Get("Allow"))
	}
}

func TestWhatCannotBeKeptNowIsAskedForAgain(t *testing.T) {
	b := inbox{err: errors.New("disk full")}
	w := post(t, newListener(t, &b), vector2, signature2)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	require.NotContains(t, w.Body.String(), "disk")
	require.ErrorContains(t, b.last().Err, "disk full")
}

func TestALateWebhookIsTakenUnlessALimitIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := func(date string) (body, signature string) {
			body = strings.Replace(vector2, "2026-01-02T03:04:05.678Z", date, 1)
			return body, sign(body, testToken)
		}
		limited := func(cfg *payments.ListenerConfig) { cfg.MaxAge = payments.MinMaxAge }
		time.Sleep(200 * time.Hour) // it is 2000-01-09 08:00 now
		for _, test := range []struct {
			date           string
			any, youngOnly int
		}{
			{"2000-01-09T08:00:00.000Z", 200, 200},
			{"2000-01-05T08:00:00.000Z", 200, 200},
			{"2000-01-05T07:59:59.999Z", 200, 403},
			{"2000-01-09T08:00:05.000Z", 200, 200},
			{"lately", 200, 403},
			{"", 200, 403},
		} {
			var b inbox
			body, signature := at(test.date)
			require.Equal(t, test.any, post(t, newListener(t, &b), body, signature).Code, test.date)
			require.Equal(t, test.youngOnly, post(t, newListener(t, &b, limited), body, signature).Code, test.date)
		}
	})
}

func TestBothTokensAreHeardAfterAChange(t *testing.T) {
	var b inbox
	l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
		cfg.Tokens = []payments.Secret{"99:new", testToken}
	})
	require.Equal(t, http.StatusOK, post(t, l, vector2, signature2).Code)
	require.True(t, b.last().OldKey)
	require.Equal(t, http.StatusOK, post(t, l, vector2, sign(vector2, "99:new")).Code)
	require.False(t, b.last().OldKey)
}

func TestNothingOfBodyOrSignatureIsLogged(t *testing.T) {
	var log bytes.Buffer
	var b inbox
	l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	nonsense := `{"update_type":"invoice_paid","payload":"order:7 IVtestvector"}`
	post(t, l, vector2, signature2)
	post(t, l, vector2, signature1)
	post(t, l, nonsense, sign(nonsense, testToken))
	require.Equal(t, 3, strings.Count(log.String(), "webhook answered"))
	require.Contains(t, log.String(), "invoice=1001")
	for _, hidden := range []string{"order:7", "IVtestvector", "тест", signature2[:8], signature1[:8], sign(nonsense, testToken)[:8]} {
		require.NotContains(t, log.String(), hidden)
	}
}

func TestABurstIsAbsorbedWithinTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b inbox
		var now, most atomic.Int64
		l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
			cfg.MaxConcurrent = 10
			cfg.Record = func(ctx context.Context, body []byte, u payments.Update) error {
				most.Store(max(most.Load(), now.Add(1)))
				defer now.Add(-1)
				time.Sleep(5 * time.Millisecond)
				return b.record(ctx, body, u)
			}
		})
		var all sync.WaitGroup
		for range 3000 {
			all.Go(func() { require.Equal(t, http.StatusOK, post(t, l, vector2, signature2).Code) })
		}
		all.Wait()
		require.Len(t, b.got, 3000)
		require.Equal(t, int64(10), most.Load())
	})
}

func TestADiskThatHangsIsNoPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b inbox
		l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
			cfg.MaxConcurrent = 10
			cfg.Record = func(ctx context.Context, _ []byte, _ payments.Update) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		began := time.Now()
		var all sync.WaitGroup
		var slowest atomic.Int64
		for range 100 {
			all.Go(func() {
				require.Equal(t, http.StatusServiceUnavailable, post(t, l, vector2, signature2).Code)
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
			})
		}
		all.Wait()
		require.LessOrEqual(t, time.Duration(slowest.Load()), 5*time.Second)
	})
}

func TestEveryPaymentHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b inbox
		least, most := time.Hour, time.Duration(0)
		l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
			cfg.Record = func(ctx context.Context, _ []byte, _ payments.Update) error {
				end, some := ctx.Deadline()
				require.True(t, some)
				require.NoError(t, ctx.Err())
				least, most = min(least, time.Until(end)), max(most, time.Until(end))
				return nil
			}
		})
		for range 1000 { // as many share a deadline
			require.Equal(t, http.StatusOK, post(t, l, vector2, signature2).Code)
			time.Sleep(7 * time.Millisecond)
		}
		require.Equal(t, 5*time.Second, most)
		require.Greater(t, least, 4500*time.Millisecond)
		require.Less(t, least, 4600*time.Millisecond)
	})
}

func TestAPaymentIsKeptAlsoWhenItsSenderHangsUp(t *testing.T) {
	var b inbox
	ctx, cancel := context.WithCancel(t.Context())
	l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
		cfg.Record = func(ctx context.Context, body []byte, u payments.Update) error {
			cancel()
			require.NoError(t, ctx.Err())
			return b.record(ctx, body, u)
		}
	})
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(vector2))
	r.Header.Set(payments.SignatureHeader, signature2)
	l.ServeHTTP(httptest.NewRecorder(), r)
	require.Len(t, b.got, 1)
}

func TestASlowSenderIsCutOff(t *testing.T) {
	for method, want := range map[string]string{"POST": "408 Request Timeout", "PUT": "405 Method Not Allowed"} {
		var b inbox
		server := httptest.NewServer(newListener(t, &b, func(cfg *payments.ListenerConfig) {
			cfg.ReadTimeout, cfg.MaxWait = 50*time.Millisecond, time.Millisecond
		}))
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", method)
		require.NoError(t, err)
		answer, err := io.ReadAll(conn)
		require.NoError(t, err, "the connection is closed")
		require.Contains(t, string(answer), want)
		require.NoError(t, conn.Close())
		server.Close()
	}
}

func TestASlowRecordIsNotCutByTheReadDeadline(t *testing.T) {
	var b inbox
	l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
		cfg.ReadTimeout = 20 * time.Millisecond
		cfg.Record = func(ctx context.Context, body []byte, u payments.Update) error {
			time.Sleep(60 * time.Millisecond)
			return b.record(ctx, body, u)
		}
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.ServeHTTP(w, r)
		if err := r.Context().Err(); err != nil {
			t.Errorf("the request ended early: %v", err)
		}
	}))
	defer server.Close()
	for range 2 { // the connection is kept for the second
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(vector2))
		require.NoError(t, err)
		r.Header.Set("crypto-pay-api-signature", signature2)
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

func TestAListenerIsNotMadeOfNothing(t *testing.T) {
	_, err := payments.NewListener(payments.ListenerConfig{MaxAge: time.Hour, MaxWait: -1})
	for _, fault := range []string{"record: missing", "maximum age 1h0m0s", "limits", "want a token"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = payments.NewVerifier("has space")
	require.Error(t, err)
}

// Nothing is answered while the payment is still on its way to the disk, however long that takes.
func TestThePaymentIsSafeBeforeTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		safe := make(chan struct{})
		l, err := payments.NewListener(payments.ListenerConfig{
			Tokens: []payments.Secret{testToken},
			Record: func(context.Context, []byte, payments.Update) error { <-safe; return nil },
		})
		require.NoError(t, err)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader([]byte(vector2)))
		r.Header.Set(payments.SignatureHeader, signature2)
		w := httptest.NewRecorder()
		w.Code = 0
		answered := make(chan struct{})
		go func() {
			l.ServeHTTP(w, r)
			close(answered)
		}()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.Zero(t, w.Code)
		close(safe)
		<-answered
		require.Equal(t, http.StatusOK, w.Code)
	})
}
