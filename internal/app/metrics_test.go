package app

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

func TestWhatThePartsReportIsCounted(t *testing.T) {
	m := newMetrics()
	m.webhook(payments.WebhookRequest{Status: 401, Duration: time.Millisecond})
	m.cryptoPayCall(payments.Call{Method: "getMe", Err: errors.New("lost")})
	m.telegramCall(telegram.Call{Method: "sendMessage", Outcome: "flood"})
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`shopbot_cryptopay_webhooks_total{status="401"} 1`,
		`shopbot_cryptopay_webhook_seconds_count 1`,
		`shopbot_cryptopay_calls_total{method="getMe",outcome="unknown"} 1`,
		`shopbot_telegram_calls_total{method="sendMessage",outcome="flood"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		require.Contains(t, w.Body.String(), line)
	}
}
