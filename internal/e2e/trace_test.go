package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
)

// traceCollector is an OpenTelemetry collector that keeps what it is sent.
type traceCollector struct {
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []*otlp.Span
}

// ServeHTTP takes spans in (opentelemetry.io/docs/specs/otlp/#otlphttp).
func (c *traceCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (c *traceCollector) named(name string) []*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s *otlp.Span) bool { return s.GetName() != name })
}

func TestFromPaymentToGoodsIsOneTraceWithoutSecretsOrTexts(t *testing.T) {
	traces := &traceCollector{}
	server := httptest.NewServer(traces)
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")

	world := sandbox.New(sandbox.Options{})
	t.Cleanup(world.Close)
	services := httptest.NewServer(world.Handler())
	t.Cleanup(services.Close)
	dir := t.TempDir()
	testenv.WriteShopFiles(t, dir)
	cfg, err := config.Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + services.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + services.URL + "/cryptopay",
		"SHOPBOT_CATALOG=" + filepath.Join(dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + filepath.Join(dir, "shop.db"),
		"SHOPBOT_LISTEN=127.0.0.1:0", "SHOPBOT_OPS_LISTEN=127.0.0.1:0", "SHOPBOT_ADMINS=" + fmt.Sprint(sandbox.Olga),
	}, "")
	require.NoError(t, err)
	var log testenv.LogBuffer
	ctx, stop := context.WithCancel(t.Context())
	public, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, cfg, app.NewLogger(&log, cfg), app.System{Serving: func(at, _ net.Addr) { public <- at }})
	}()
	world.CryptoPay().SetWebhook(appToken, "http://"+(<-public).String()+cfg.CryptoPayWebhookPath)

	require.NoError(t, world.Telegram().Say(botToken, alice, "/buy guide"))
	require.Eventually(t, func() bool { return len(world.CryptoPay().Invoices(appToken)) == 1 }, time.Minute, 50*time.Millisecond, "%s", &log)
	_, err = world.CryptoPay().Pay(world.CryptoPay().Invoices(appToken)[0].Hash, alice, "USDT")
	require.NoError(t, err)
	wanted := []string{"order", "create invoice", "cryptopay createInvoice", "payment webhook", "record payment", "deliver", "telegram sendMessage"}
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(wanted, func(name string) bool { return len(traces.named(name)) == 0 })
	}, time.Minute, 100*time.Millisecond, "%s", &log)
	order := world.CryptoPay().Invoices(appToken)[0].Payload
	require.NoError(t, world.Telegram().Say(botToken, sandbox.Olga, "/refund "+order))
	require.Eventually(t, func() bool {
		for _, m := range world.Telegram().Chat(botToken, sandbox.Olga) {
			if yes, asks := testenv.FindButton(m, "Yes, send"); asks {
				return world.Telegram().TapData(botToken, sandbox.Olga, m.ID, yes.Data) == nil
			}
		}
		return false
	}, time.Minute, 50*time.Millisecond, "%s", &log)
	require.Eventually(t, func() bool { return len(traces.named("cryptopay transfer")) == 1 }, time.Minute, 100*time.Millisecond, "%s", &log)
	stop()
	require.NoError(t, <-ended)

	first := traces.named("order")[0]
	require.Empty(t, first.GetParentSpanId())
	one := func(name string, parent *otlp.Span) *otlp.Span {
		spans := traces.named(name)
		require.Len(t, spans, 1, name)
		require.Equal(t, hex.EncodeToString(first.GetTraceId()), hex.EncodeToString(spans[0].GetTraceId()), name)
		require.Equal(t, hex.EncodeToString(parent.GetSpanId()), hex.EncodeToString(spans[0].GetParentSpanId()), name)
		require.GreaterOrEqual(t, spans[0].GetEndTimeUnixNano(), spans[0].GetStartTimeUnixNano())
		return spans[0]
	}
	one("cryptopay createInvoice", one("create invoice", first))
	one("record payment", one("payment webhook", first))
	one("cryptopay transfer", one("refund", first))
	delivered := one("deliver", first)
	require.True(t, slices.ContainsFunc(traces.named("telegram sendMessage"), func(s *otlp.Span) bool {
		return bytes.Equal(s.GetParentSpanId(), delivered.GetSpanId())
	}), "the message with the goods")

	sent := traces.raw.String()
	for _, private := range []string{botToken, appToken, "Alice", "The whole", "Guide", "http://", "test-telegram"} {
		require.NotContains(t, sent, private)
	}
	require.Contains(t, sent, "shopbot")
}
