package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

// callPublic makes a request to the public listener and returns its status.
func (env *testEnv) callPublic(client *http.Client, method, path, body string) int {
	env.T.Helper()
	r, err := http.NewRequestWithContext(env.T.Context(), method, "http://shop.test:8080"+path, strings.NewReader(body))
	require.NoError(env.T, err)
	resp, err := client.Do(r)
	require.NoError(env.T, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	require.NoError(env.T, resp.Body.Close())
	return resp.StatusCode
}

func TestRefusedRequestsAreCountedAndNotLoggedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("LOG_LEVEL", "info")
		env.Setenv("PUBLIC_URL", "https://shop.test")
		env.Start()
		before := strings.Count(env.Log.String(), "\n")
		client := &http.Client{Transport: env.Network.Transport()}
		for range 300 {
			require.Equal(t, http.StatusUnauthorized, env.callPublic(client, http.MethodPost, "/cryptopay/webhook", "{}"))
			require.Equal(t, http.StatusMethodNotAllowed, env.callPublic(client, http.MethodGet, "/cryptopay/webhook", ""))
			require.Equal(t, http.StatusUnauthorized, env.callPublic(client, http.MethodPost, "/telegram/webhook", "{}"))
			require.Equal(t, http.StatusNotFound, env.callPublic(client, http.MethodGet, "/wp-login.php", ""))
		}
		require.Equal(t, http.StatusRequestEntityTooLarge, env.callPublic(client, http.MethodPost, "/cryptopay/webhook", strings.Repeat(" ", 65<<10)))
		require.Equal(t, http.StatusOK, env.callPublic(client, http.MethodGet, "/healthz", ""))
		time.Sleep(2 * time.Minute)
		lines := strings.Split(strings.TrimSpace(env.Log.String()), "\n")[before:]
		require.Less(t, len(lines), 10, "%s", lines)
		summary := strings.Join(lines, "\n")
		require.Equal(t, 1, strings.Count(summary, "requests refused"), summary)
		require.Contains(t, summary, "count=1201")
		require.Contains(t, summary, "300 cryptopay not_signed")

		metrics := env.askOps(http.MethodGet, "/metrics")
		for _, line := range []string{
			`shopbot_requests_refused_total{path="cryptopay",reason="not_signed"} 300`,
			`shopbot_requests_refused_total{path="cryptopay",reason="method"} 300`,
			`shopbot_requests_refused_total{path="cryptopay",reason="too_big"} 1`,
			`shopbot_requests_refused_total{path="telegram",reason="not_signed"} 300`,
			`shopbot_requests_refused_total{path="other",reason="unknown_path"} 300`,
		} {
			require.Contains(t, metrics, line)
		}
		time.Sleep(time.Hour)
		require.Equal(t, 1, strings.Count(env.Log.String(), "requests refused"), "nothing new, no line")
		require.Equal(t, http.StatusNotFound, env.callPublic(client, http.MethodGet, "/x", ""))
		env.Stop()
		require.Equal(t, 2, strings.Count(env.Log.String(), "requests refused"), "what came since the last line, at the stop")
	})
}

// Strangers hold as many connections as they can get: silent ones, ones that stop in the middle of
// a header or of a body, and idle ones. A payment is recorded at once all the same.
func TestConnectionsOfStrangersKeepNoPaymentOut(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		const post = "POST /cryptopay/webhook HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1000\r\n"
		starts := map[string]string{
			"silent": "", "half a header": post, "half a body": post + "\r\n{", "idle": "GET /healthz HTTP/1.1\r\nHost: shop.test\r\n\r\n",
		}
		for name, start := range starts {
			for i := range 700 {
				c, err := env.Network.DialContext(t.Context(), "tcp", "shop.test:8080")
				require.NoError(t, err)
				defer func() { _ = c.Close() }()
				go func() { _, _ = io.Copy(io.Discard, c) }() // until it is closed
				go func(c net.Conn) { _, _ = io.WriteString(c, start) }(c)
				if i%100 == 0 {
					synctest.Wait()
				}
			}
			synctest.Wait()
			began := time.Now()
			body := paymentWebhook(in.ID, in.Payload, "5")
			status, _ := env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
			require.Equal(t, http.StatusOK, status, name)
			require.Less(t, time.Since(began), time.Second, "of the bubble's time: %s", name)
		}
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Regexp(t, `shopbot_requests_refused_total\{path="connection",reason="too_many"\} [1-9]`, env.askOps(http.MethodGet, "/metrics"))
	})
}

// A chat can make the shop log a line for each message, such as with updates that cannot be
// decoded. Such lines are bounded.
func TestAFloodInChatsDoesNotFloodTheLog(t *testing.T) {
	t.Parallel() // it takes long
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("LOG_LEVEL", "info")
		env.Start()
		before := strings.Count(env.Log.String(), "\n")
		for range 2000 {
			require.NoError(t, env.Telegram().Inject(botToken, json.RawMessage(fmt.Sprintf(
				`{"message":{"message_id":1,"from":{"id":%d,"is_bot":false,"first_name":"x"},"chat":{"id":%d,"type":"private"},"date":1,"forward_origin":{"type":"telepathy"}}}`, alice, alice))))
		}
		time.Sleep(5 * time.Minute)
		lines := strings.Count(env.Log.String(), "\n") - before
		require.Less(t, lines, 300)
		require.Contains(t, env.Log.String(), "log lines left out")
		env.Stop()
	})
}
