package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPages asks for a product's page over connections that stay open, and for the same bytes
// from http.FileServer, by turns in one run. It reports both in requests a second, and their ratio;
// "revalidated" are the requests of readers who have the page.
func BenchmarkPages(b *testing.B) {
	w := newWindow(b, "https://shop.example")
	page := w.get("/en/p/steam-10")
	require.Equal(b, http.StatusOK, page.Code)
	dir := b.TempDir()
	require.NoError(b, os.WriteFile(filepath.Join(dir, "page.html"), page.Body.Bytes(), 0o600))
	site, files := httptest.NewServer(w.site), httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer site.Close()
	defer files.Close()
	b.ReportMetric(float64(page.Body.Len()), "page-bytes")

	const tag, language = "If-None-Match: %s\r\n", "Accept-Language: ru-RU,ru;q=0.9,en;q=0.8\r\n"
	var sent, fileSent, revalidated, negotiated time.Duration
	requests := 0
	for b.Loop() {
		fileSent += load(b, files, "/page.html", "", http.StatusOK)
		sent += load(b, site, "/en/p/steam-10", "", http.StatusOK)
		negotiated += load(b, site, "/p/steam-10", language, http.StatusOK)
		revalidated += load(b, site, "/en/p/steam-10", fmt.Sprintf(tag, page.Header().Get("Etag")), http.StatusNotModified)
		requests += clients * each
	}
	rate := func(d time.Duration) float64 { return float64(requests) / d.Seconds() }
	b.ReportMetric(rate(sent), "pages/s")
	b.ReportMetric(rate(negotiated), "negotiated/s")
	b.ReportMetric(rate(revalidated), "revalidated/s")
	b.ReportMetric(rate(fileSent), "files/s")
	b.ReportMetric(rate(sent)/rate(fileSent), "ratio")
	b.ReportMetric(0, "ns/op")
}

// So many clients send so many requests each.
const (
	clients = 16
	each    = 100
)

// load has each client send its requests one after the other, and returns how long it took.
func load(b *testing.B, server *httptest.Server, path, header string, status int) time.Duration {
	b.Helper()
	request := "GET " + path + " HTTP/1.1\r\nHost: shop.example\r\n" + header + "\r\n"
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range clients {
		all.Go(func() {
			if err := ask(b, server.Listener.Addr(), request, status); err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	return took
}

// ask is a client that costs little, so that it is the server that is measured.
func ask(b *testing.B, at net.Addr, request string, status int) error {
	b.Helper()
	conn, err := (&net.Dialer{}).DialContext(b.Context(), at.Network(), at.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReaderSize(conn, 64<<10)
	for range each {
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		_ = answer.Body.Close()
		if answer.StatusCode != status {
			return fmt.Errorf("status %d, want %d", answer.StatusCode, status)
		}
	}
	return nil
}
