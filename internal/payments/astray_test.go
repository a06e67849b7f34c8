package payments_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func TestWebhooksThatGoAstrayAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b inbox
		var log bytes.Buffer
		told := 0
		l := newListener(t, &b, func(cfg *payments.ListenerConfig) {
			cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
			cfg.Astray = func(context.Context) { told++ }
		})
		elsewhere := http.HandlerFunc(l.ServeElsewhere)
		body := `{"update_type":"invoice_paid"}`
		for range 5 {
			require.Equal(t, http.StatusNotFound, post(t, elsewhere, body, sign(body, testToken)).Code)
		}
		require.Equal(t, 1, told)
		require.Len(t, b.events, 5, "each is counted")
		time.Sleep(time.Minute)
		post(t, elsewhere, body, sign(body, testToken))
		require.Equal(t, 2, told)
		require.Contains(t, log.String(), "webhooks=5")
		require.Empty(t, b.got)

		for _, stranger := range []string{"", sign(body, "another token")} {
			require.Equal(t, http.StatusNotFound, post(t, elsewhere, body, stranger).Code)
		}
		require.Equal(t, http.StatusNotFound, post(t, elsewhere, strings.Repeat("x", 65<<10), "00").Code)
		require.Len(t, b.events, 6, "strangers are not")
	})
}

// Anybody can send a header with a signature to any path.
func TestStrangersAtOtherPathsKeepNoPaymentWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b inbox
		l := newListener(t, &b, func(cfg *payments.ListenerConfig) { cfg.MaxConcurrent = 2 })
		slow, end := io.Pipe()
		defer func() { require.NoError(t, end.Close()) }()
		for range 10 {
			go func() {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/elsewhere", slow)
				r.Header.Set(payments.SignatureHeader, "00")
				l.ServeElsewhere(httptest.NewRecorder(), r)
			}()
		}
		synctest.Wait()
		began := time.Now()
		require.Equal(t, http.StatusOK, post(t, l, vector2, sign(vector2, testToken)).Code)
		require.Zero(t, time.Since(began))
	})
}
