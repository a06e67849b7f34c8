package goodsserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// tlsServer is a real server with TLS on loopback, and a client that trusts it.
func tlsServer(t *testing.T, h http.HandlerFunc) (*httptest.Server, *Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = nil
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := newTransport(true)
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(transport.CloseIdleConnections)
	secret, err := ParseSecret(testSecret)
	require.NoError(t, err)
	return server, New(Config{Secrets: [][]byte{secret}, Key: []byte("key"), Transport: transport})
}

func faultOf(t *testing.T, err error) *RequestError {
	t.Helper()
	f, is := errors.AsType[*RequestError](err)
	require.True(t, is, "%v", err)
	return f
}

func TestARequestArrivesSignedAndItsAnswerComesBack(t *testing.T) {
	var got []string
	server, client := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, _ := webhooks.NewWebhook(testSecret)
		if err := verifier.Verify(body, r.Header); err != nil {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		got = append(got, r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get(headerID)+" "+string(body))
		_, _ = io.WriteString(w, `{"keys":["A"]}`)
	})
	for range 2 {
		answer, err := client.ask(t.Context(), server.URL+"/goods", "O-1-deliver", message{Event: "deliver", Order: "O"})
		require.NoError(t, err)
		require.JSONEq(t, `{"keys":["A"]}`, string(answer))
	}
	require.Equal(t, `POST application/json O-1-deliver {"event":"deliver","order":"O"}`, got[0])
	require.Equal(t, got[0], got[1], "the same id and body at each try")
}

func TestEachFaultOfAServerHasItsRule(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    faultKind
		status  int
		wait    time.Duration
		says    string
	}{
		"500":                {handler: status(500), status: 500},
		"503 and how long":   {handler: after(503, "120"), status: 503, wait: 2 * time.Minute},
		"429 and how long":   {handler: after(429, "7"), status: 429, wait: 7 * time.Second},
		"429 with nonsense":  {handler: after(429, "soon"), status: 429},
		"408":                {handler: status(408), status: 408},
		"425":                {handler: status(425), status: 425},
		"400":                {handler: status(400), status: 400, kind: faultRefused},
		"401":                {handler: status(401), status: 401, kind: faultRefused},
		"404":                {handler: status(404), status: 404, kind: faultRefused},
		"a redirect":         {handler: redirect, status: 302, kind: faultRefused, says: "redirect"},
		"a lost connection":  {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"a cut answer":       {handler: cutShort, says: "read the answer"},
		"no answer in time":  {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, says: "deadline"},
		"an endless answer":  {handler: endless, kind: faultGarbage, says: "longer than"},
		"an endless header":  {handler: endlessHeader},
		"a gzip of nothings": {handler: zeros, kind: faultGarbage, says: "longer than"},
		"a page":             {handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, kind: faultGarbage},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := tlsServer(t, c.handler)
			ctx, cancel := context.WithCancel(t.Context())
			if name == "no answer in time" {
				ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			}
			defer cancel()
			body, err := client.ask(ctx, server.URL+"/secret-path?token=secret", "O-1-deliver", message{})
			if err == nil {
				_, err = parseAnswer(body, 1)
			}
			f := faultOf(t, err)
			require.Equal(t, c.kind, f.kind, "%v", err)
			require.Equal(t, c.status, f.Status)
			require.Equal(t, c.wait, f.Wait)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "secret", "the path of an address may be a secret")
		})
	}
}

func after(code int, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", value)
		w.WriteHeader(code)
	}
}

func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://127.0.0.1:1/elsewhere", http.StatusFound)
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"keys":`)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for text := strings.Repeat(" ", 1<<16); ; {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
	}
}

func endlessHeader(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Long", strings.Repeat("x", 1<<18))
}

// zeros is an answer that unpacks to a hundred times its length.
func zeros(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(gzipped(strings.Repeat(" ", 4*maxAnswer)))
}

func TestACertificateThatNobodyTrustsIsTriedAgainWithItsRemedy(t *testing.T) {
	server, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {})
	transport := newTransport(true)
	defer transport.CloseIdleConnections()
	_, err := New(Config{Transport: transport, Secrets: [][]byte{{1}}}).ask(t.Context(), server.URL, "O-1-deliver", message{})
	require.Equal(t, faultTrouble, faultOf(t, err).kind)
	require.ErrorContains(t, err, "SSL_CERT_FILE")
}

func TestAServerThatAcceptedAndHasNothingYetIsAskedAgain(t *testing.T) {
	server, client := tlsServer(t, after(http.StatusAccepted, "90"))
	body, err := client.ask(t.Context(), server.URL, "O-1-deliver", message{})
	require.NoError(t, err)
	a, err := parseAnswer(body, 1)
	require.NoError(t, err)
	require.Equal(t, 90*time.Second, a.wait())
}

func TestNoRequestGoesIntoTheShopsOwnNetwork(t *testing.T) {
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	client := New(Config{Secrets: [][]byte{{1}}})
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		_, err := client.ask(t.Context(), "https://"+host+":"+port, "O-1-deliver", message{})
		require.Error(t, err, host)
		require.Equal(t, faultRefused, faultOf(t, err).kind, "%v", err)
		require.ErrorContains(t, err, "SHOPBOT_GOODS_PRIVATE")
	}
	_, err = client.fetch(t.Context(), &file{URL: server.URL + "/a.zip"})
	require.Equal(t, faultRefused, faultOf(t, err).kind, "a file's address has the same rules")
	require.False(t, reached)
}

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	dial := newTransport(false)
	defer dial.CloseIdleConnections()
	for _, address := range []string{
		"10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "127.0.0.2", "192.0.2.1",
		"198.18.0.1", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1",
		"::1", "::", "fc00::1", "fd12::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1",
		"2001::1", "2001:db8::1", "2002:a00:1::1", "fec0::1", "100::1",
	} {
		ip, err := netip.ParseAddr(address)
		require.NoError(t, err)
		_, err = dial.DialContext(t.Context(), "tcp", netip.AddrPortFrom(ip, 443).String())
		require.Equal(t, faultRefused, unreachable("host", err).kind, "%s: %v", address, err)
	}
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	for _, private := range []bool{false, true} {
		require.Nil(t, newTransport(private).Proxy)
	}
}

func TestWithoutTLSOnlyPrivateServersAreAsked(t *testing.T) {
	require.ErrorContains(t, New(Config{}).CheckURL("http://shop.example/goods"), "https://")
	private := New(Config{Private: true})
	require.NoError(t, private.CheckURL("http://10.0.0.1/goods"))
	for _, bad := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://me:pass@shop.example/", "https://a b/"} {
		require.Error(t, private.CheckURL(bad), bad)
	}
}

func TestAFileIsComparedWithWhatWasSaidOfIt(t *testing.T) {
	content := []byte("PK the goods")
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	server, client := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/big":
			endless(w, r)
		case "/empty":
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		case "/moved":
			redirect(w, r)
		default:
			_, _ = w.Write(content)
		}
	})
	for _, good := range []file{{}, {SHA256: digest}, {SHA256: strings.ToUpper(digest), Size: int64(len(content))}} {
		good.URL = server.URL + "/a.zip"
		got, err := client.fetch(t.Context(), &good)
		require.NoError(t, err)
		require.Equal(t, content, got)
	}
	for path, c := range map[string]struct {
		file file
		kind faultKind
	}{
		"/a":     {file{SHA256: strings.Repeat("0", 64)}, faultGarbage},
		"/b":     {file{Size: 3}, faultGarbage},
		"/big":   {file{}, faultUnusable},
		"/empty": {file{}, faultGarbage},
		"/gone":  {file{}, faultRefused},
		"/moved": {file{}, faultRefused},
	} {
		c.file.URL = server.URL + path
		_, err := client.fetch(t.Context(), &c.file)
		require.Equal(t, c.kind, faultOf(t, err).kind, "%s: %v", path, err)
	}
	require.Greater(t, shop.MaxBlob, maxAnswer)
}

func TestASlowHostHasFewRequestsAtOnceAndOtherHostsTheirOwn(t *testing.T) {
	client := New(Config{})
	var leave []func()
	for range goodsAtOnce {
		done, err := client.enter("slow.example", goodsAtOnce)
		require.NoError(t, err)
		leave = append(leave, done)
	}
	_, err := client.enter("slow.example", goodsAtOnce)
	require.ErrorIs(t, err, errBusy)
	other, err := client.enter("fast.example", goodsAtOnce)
	require.NoError(t, err)
	other()
	leave[0]()
	_, err = client.enter("slow.example", goodsAtOnce)
	require.NoError(t, err)
}

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.Bytes()
}
