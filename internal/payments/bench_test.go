package payments_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func BenchmarkVerify(b *testing.B) {
	body := readGolden(b, "webhook.json")
	signature := sign(string(body), testToken)
	v, err := payments.NewVerifier(testToken)
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(body, signature)
	}
}

func BenchmarkVerifyAndDecode(b *testing.B) {
	body := readGolden(b, "webhook.json")
	signature := sign(string(body), testToken)
	v, err := payments.NewVerifier(testToken)
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if !v.Verify(body, signature) {
			b.Fatal("refused")
		}
		if _, err := payments.ParseUpdate(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRateFromTheCache(b *testing.B) {
	api := newAPI()
	api.Script("getExchangeRates", golden(b, "getExchangeRates.json"))
	c := newClient(b, api)
	_, err := c.Rates(b.Context())
	require.NoError(b, err)
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Rate("TON", "USD")
		}
	})
	b.Run("by way of USD", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Rate("BTC", "TON")
		}
	})
}

// The overhead of a call is the difference of these two.

func loopback(b *testing.B) *httptest.Server {
	b.Helper()
	answer := readGolden(b, "createInvoice.json")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(answer)
	}))
	b.Cleanup(server.Close)
	return server
}

func BenchmarkCallOverLoopback(b *testing.B) {
	server := loopback(b)
	c := newClient(b, nil, func(cfg *payments.Config) { cfg.Transport, cfg.BaseURL = nil, server.URL })
	request := payments.InvoiceRequest{Amount: amount(b, "2", "USDT"), Payload: "order-7"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreateInvoice(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareRequestOverLoopback(b *testing.B) {
	server := loopback(b)
	client := &http.Client{Transport: payments.NewTransport(16, 0)}
	defer client.CloseIdleConnections()
	const body = `{"asset":"USDT","amount":"2","payload":"order-7"}`
	var answer bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/api/createInvoice", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		answer.Reset()
		_, _ = answer.ReadFrom(resp.Body)
		_ = resp.Body.Close()
	}
}
