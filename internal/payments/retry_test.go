package payments_test

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func never() apiAnswer {
	return apiAnswer{Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
}

func TestOnlyWhatMayBeRepeatedIsRepeated(t *testing.T) {
	const tries = 4
	for _, test := range []struct {
		name    string
		failure apiAnswer
		// Tries by kind of method.
		reads, transfer, create, check int
	}{
		{"never sent", never(), tries, tries, tries, 1},
		{"cut", cut(), tries, tries, 1, 1},
		{"429", refusal(429, "TOO_MANY_REQUESTS"), tries, tries, tries, 1},
		{"429 of a gateway", gatewayPage(429), tries, tries, tries, 1},
		{"502", gatewayPage(502), tries, tries, 1, 1},
		{"503 of the API", refusal(503, "UNAVAILABLE"), tries, tries, 1, 1},
		{"cut JSON", apiAnswer{Body: `{"ok":tr`}, tries, tries, 1, 1},
		{"500 for bad input", refusal(500, "APP_ERROR"), 2, 2, 1, 1},
		{"400", refusal(400, "AMOUNT_TOO_BIG"), 1, 1, 1, 1},
		{"404 of a gateway", gatewayPage(404), 1, 1, 1, 1},
		{"another shape", okResult(`"?"`), 1, 1, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := map[string]int{
				"getMe": test.reads, "getInvoices": test.reads, "getTransfers": test.reads, "getChecks": test.reads,
				"getBalance": test.reads, "getExchangeRates": test.reads, "getCurrencies": test.reads, "getStats": test.reads,
				"transfer": test.transfer, "deleteInvoice": test.transfer, "deleteCheck": test.transfer,
				"createInvoice": test.create, "createCheck": test.check,
			}
			for method, call := range allMethods(t) {
				synctest.Test(t, func(t *testing.T) {
					api := newAPI()
					api.Script(method, test.failure)
					_, err := call(t.Context(), newClient(t, api, withRetries(tries-1)))
					require.Error(t, err)
					require.Len(t, api.Calls(method), want[method], method)
				})
			}
		})
	}
}

func TestRetriesAreOffUnlessAskedFor(t *testing.T) {
	api := newAPI()
	api.Script("getMe", gatewayPage(502))
	_, err := newClient(t, api).GetMe(t.Context())
	require.Error(t, err)
	require.Len(t, api.Calls("getMe"), 1)
}

func TestOtherStatusesMayBeTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("getMe", gatewayPage(520), gatewayPage(502))
		c := newClient(t, api, withRetries(3), func(cfg *payments.Config) { cfg.RetryStatuses = []int{520} })
		_, err := c.GetMe(t.Context())
		require.ErrorContains(t, err, "502")
		require.Len(t, api.Calls("getMe"), 2)
	})
}

// ones is the greatest jitter, noise the usual kind.
type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xff
	}
	return len(p), nil
}

func TestWaitsDoubleAndStayBelowTheirLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		var at []time.Duration
		began := time.Now()
		api.Handle("getMe", func(apiCall) apiAnswer {
			at = append(at, time.Since(began).Round(time.Millisecond))
			return gatewayPage(502)
		})
		c := newClient(t, api, withRetries(8), func(cfg *payments.Config) { cfg.Rand = ones{} })
		_, err := c.GetMe(t.Context())
		require.Error(t, err)
		ms := time.Millisecond
		require.Equal(t, []time.Duration{
			0, 500 * ms, 1500 * ms, 3500 * ms, 7500 * ms, 15500 * ms, 31500 * ms, 61500 * ms, 91500 * ms,
		}, at, "30 s at most")
	})
}

func TestJitterSpreadsWaitsOverTheirWholeSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("getMe", gatewayPage(502))
		c := newClient(t, api, withRetries(1), func(cfg *payments.Config) { cfg.Rand = rand.NewChaCha8([32]byte{1}) })
		var short, long int
		for range 1000 {
			began := time.Now()
			_, err := c.GetMe(t.Context())
			require.Error(t, err)
			switch wait := time.Since(began); {
			case wait < 100*time.Millisecond:
				short++
			case wait > 400*time.Millisecond:
				long++
			}
		}
		require.InDelta(t, 200, short, 60)
		require.InDelta(t, 200, long, 60)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"Sat, 01 Jan 2000 00:00:09 GMT": 9 * time.Second,
		"Fri, 31 Dec 1999 23:59:00 GMT": 0,
		"-5":                            0,
		"soon":                          0,
		"99999999999999999999":          0,
	} {
		synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at midnight of 2000-01-01
			api := newAPI()
			api.Script("getMe", refusal(429, "TOO_MANY_REQUESTS").RetryAfter(header), golden(t, "getMe.json"))
			c := newClient(t, api, withRetries(1), func(cfg *payments.Config) { cfg.RetryBackoff = time.Nanosecond })
			began := time.Now()
			_, err := c.GetMe(t.Context())
			require.NoError(t, err)
			require.InDelta(t, want, time.Since(began), float64(5*time.Millisecond), header)
		})
	}
}

func TestATooLongRetryAfterIsLeftToTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("getMe", gatewayPage(503).RetryAfter("3600"))
		began := time.Now()
		_, err := newClient(t, api, withRetries(3)).GetMe(t.Context())
		var e *payments.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, time.Hour, e.RetryAfter)
		require.Zero(t, time.Since(began))
	})
}

func TestNobodyWaitsBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("getMe", gatewayPage(503).RetryAfter("10"))
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		began := time.Now()
		_, err := newClient(t, api, withRetries(3)).GetMe(ctx)
		require.ErrorContains(t, err, "503", "the reason is kept")
		require.Zero(t, time.Since(began), "a wait that leads nowhere is not begun")
	})
}

func TestACallEndsWithItsContextAlsoWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("transfer", gatewayPage(503).RetryAfter("10"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := newClient(t, api, withRetries(3)).Transfer(ctx, payments.TransferRequest{
			UserID: 1, Amount: amount(t, "1", "USDT"), SpendID: "s",
		})
		require.True(t, payments.MayHaveHappened(err))
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestATryThatHangsIsCutAndRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		hangs := true
		api.Handle("getMe", func(call apiCall) apiAnswer {
			if hangs {
				hangs = false
				<-call.Context().Done()
				return apiAnswer{Err: call.Context().Err()}
			}
			return golden(t, "getMe.json")
		})
		began := time.Now()
		_, err := newClient(t, api, withRetries(1), func(cfg *payments.Config) { cfg.Timeout = 3 * time.Second }).GetMe(t.Context())
		require.NoError(t, err)
		require.Less(t, time.Since(began), 4*time.Second)
	})
}

func TestWaitsAreLoggedWithTheirReasonAndCallsObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var seen []payments.Call
		api := newAPI()
		api.Script("deleteInvoice", gatewayPage(502), refusal(403, "METHOD_DISABLED"))
		c := newClient(t, api, withRetries(1), func(cfg *payments.Config) {
			cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			cfg.Observe = func(_ context.Context, call payments.Call) { seen = append(seen, call) }
		})
		err := c.DeleteInvoice(t.Context(), 77)
		require.Error(t, err)
		require.Contains(t, log.String(), "level=WARN")
		require.Contains(t, log.String(), "attempt=1")
		require.Contains(t, log.String(), "status 502")
		require.Contains(t, log.String(), "name=METHOD_DISABLED")
		require.Contains(t, log.String(), "invoice=77")
		require.Len(t, seen, 1)
		require.Equal(t, 2, seen[0].Attempts)
		require.Equal(t, "unknown", seen[0].Outcome(), "the first try may have deleted it")
		require.Equal(t, seen[0].Waited, seen[0].Duration)
		require.ErrorIs(t, seen[0].Err, payments.ErrMethodDisabled)
	})
}

func TestDeletingTwiceIsDeletingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := refusal(400, "INVOICE_NOT_FOUND")
		api := newAPI()
		c := newClient(t, api, withRetries(1))
		api.Script("deleteInvoice", cut(), gone)
		require.NoError(t, c.DeleteInvoice(t.Context(), 1), "the first try did it")
		api.Script("deleteInvoice", gone)
		require.ErrorIs(t, c.DeleteInvoice(t.Context(), 1), payments.ErrInvoiceNotFound)
		api.Script("deleteInvoice", gatewayPage(http.StatusTooManyRequests), gone)
		require.ErrorIs(t, c.DeleteInvoice(t.Context(), 1), payments.ErrInvoiceNotFound, "a 429 deletes nothing")
		api.Script("deleteInvoice", okResult("false"))
		require.Error(t, c.DeleteInvoice(t.Context(), 1))
	})
}
