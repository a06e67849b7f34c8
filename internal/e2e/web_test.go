package e2e

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
)

// runWithPages is run with a public address, so with web pages.
func runWithPages(t *testing.T, test func(t *testing.T, env *testEnv)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("PUBLIC_URL", "http://127.0.0.1:8080")
		env.Setenv("LISTEN", "127.0.0.1:8080")
		env.CryptoPay().SetWebhook(appToken, "http://127.0.0.1:8080/cryptopay/webhook")
		env.Start()
		test(t, env)
		env.Stop()
	})
}

// visit asks the shop for a page, as a browser would.
func (env *testEnv) visit(path string) (status int, page string) {
	env.T.Helper()
	r, err := http.NewRequestWithContext(env.T.Context(), http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	require.NoError(env.T, err)
	resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
	require.NoError(env.T, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(env.T, err)
	require.NoError(env.T, resp.Body.Close())
	return resp.StatusCode, string(body)
}

func TestFromAPageOnTheWebToTheGoods(t *testing.T) {
	runWithPages(t, func(t *testing.T, env *testEnv) {
		_, page := env.visit("/en/p/vpn")
		require.Contains(t, page, "Sold out", "no key is loaded")
		env.LoadKeys(1)
		time.Sleep(10 * time.Second)
		status, page := env.visit("/en/p/vpn")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, page, "In stock")
		_, start, found := strings.Cut(page, "?start=")
		require.True(t, found)
		start, _, _ = strings.Cut(start, `"`)

		env.Say(alice, "/start "+start)
		env.Tap(alice, "Buy")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		time.Sleep(10 * time.Second)
		_, page = env.visit("/en/")
		require.Contains(t, page, "Sold out")
		_, page = env.visit("/ru/p/vpn")
		require.Contains(t, page, "VPN на 30 дней")

		env.WriteCatalog(strings.Replace(testenv.Catalog, `price: "2.50"`, `price: "3.75"`, 1))
		_, page = env.visit("/en/p/guide")
		require.Contains(t, page, "3.75 USD")
	})
}

func TestPagesCanBeSwitchedOff(t *testing.T) {
	for name, value := range map[string]string{"WEB": "false", "PUBLIC_URL": ""} {
		synctest.Test(t, func(t *testing.T) {
			env := newEnv(t)
			env.Setenv("PUBLIC_URL", "http://127.0.0.1:8080")
			env.Setenv("LISTEN", "127.0.0.1:8080")
			env.Setenv(name, value)
			env.Start()
			for _, path := range []string{"/", "/en/", "/en/p/vpn", "/robots.txt", "/sitemap.xml"} {
				status, page := env.visit(path)
				require.Equal(t, http.StatusNotFound, status, path)
				require.NotContains(t, page, "Test Shop")
			}
			env.Stop()
		})
	}
}

// A webhook that goes astray is noticed although the site has an answer for every path.
func TestASignedWebhookAtAPageIsNoVisitor(t *testing.T) {
	runWithPages(t, func(t *testing.T, env *testEnv) {
		body := paymentWebhook(1, "none", "5")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/en/", bytes.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Crypto-Pay-Api-Signature", cryptopay.Sign(appToken, body))
		resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		require.Contains(t, env.Log.String(), "signed webhook at another path")
	})
}

// Visitors ask for pages on as many connections as they can get, and read none of them. A payment
// whose sender has connected before is recorded at once all the same.
func TestVisitorsOfPagesKeepNoPaymentOut(t *testing.T) {
	runWithPages(t, func(t *testing.T, env *testEnv) {
		env.LoadKeys(1)
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		dial := func() net.Conn {
			c, err := env.Network.DialContext(t.Context(), "tcp", "127.0.0.1:8080")
			require.NoError(t, err)
			return c
		}
		var visitors []net.Conn
		more := func(n int) {
			for i := range n {
				c := dial()
				visitors = append(visitors, c)
				go func() { _, _ = io.WriteString(c, "GET /en/p/vpn HTTP/1.1\r\nHost: shop.test\r\n\r\n") }()
				if i%100 == 0 {
					synctest.Wait()
				}
			}
			synctest.Wait()
		}
		defer func() {
			for _, c := range visitors {
				_ = c.Close()
			}
		}()
		more(600)
		sender := dial()
		defer func() { _ = sender.Close() }()
		synctest.Wait()
		more(600)
		body := paymentWebhook(in.ID, in.Payload, "5")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/cryptopay/webhook", bytes.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Crypto-Pay-Api-Signature", cryptopay.Sign(appToken, body))
		client := &http.Client{Transport: &http.Transport{DialContext: func(_ context.Context, _, _ string) (net.Conn, error) { return sender, nil }}}
		began := time.Now()
		resp, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Less(t, time.Since(began), time.Second, "of the bubble's time")
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}
