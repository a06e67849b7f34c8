package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

func TestOnlyTrustedProxiesNameTheClient(t *testing.T) {
	var trusted config.Networks
	require.NoError(t, trusted.UnmarshalText([]byte("127.0.0.1, 10.0.0.0/8 ::1")))
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a stranger says so", "203.0.113.9:5", []string{"198.51.100.1"}, "203.0.113.9:5"},
		{"the proxy says so", "127.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"the proxy appended to what a stranger wrote", "127.0.0.1:5", []string{"192.0.2.7, 198.51.100.1"}, "198.51.100.1:0"},
		{"in a header of its own", "127.0.0.1:5", []string{"192.0.2.7", "198.51.100.1"}, "198.51.100.1:0"},
		{"two proxies", "127.0.0.1:5", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1:0"},
		{"nonsense before", "127.0.0.1:5", []string{"<script>, 10.1.2.3"}, "10.1.2.3:0"},
		{"nonsense", "127.0.0.1:5", []string{"198.51.100.1:80"}, "127.0.0.1:5"},
		{"nothing", "127.0.0.1:5", nil, "127.0.0.1:5"},
		{"IPv6", "[::1]:5", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:5", []string{"::ffff:198.51.100.1"}, "198.51.100.1:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header[forwardedFor] = c.peer, c.forwarded
			var seen *http.Request
			behindProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r })).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, c.want, seen.RemoteAddr)
			require.Empty(t, seen.Header.Values(forwardedFor))
		})
	}
}

func TestTheBusiestClientsAreNamed(t *testing.T) {
	require.Equal(t, "a (9), b (3), c (3)", busiest(map[string]int{"d": 1, "c": 3, "b": 3, "a": 9}))
	require.Empty(t, busiest(nil))
}
