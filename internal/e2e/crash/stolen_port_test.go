package crash

import (
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

// A thief listens at another loopback address where commands may look for the shop, and passes all
// that they say on to it, so that he looks like it. He must learn nothing that opens the shop.
func TestWhoeverListensInTheShopsPlaceLearnsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	env := newEnv(t, testenv.BuildShop(t))
	env.loadKeys(1)
	env.shop.start()
	env.shop.awaitReady(t.Context())

	var mu sync.Mutex
	var heard []string
	target, err := url.Parse("http://" + env.shop.ops)
	require.NoError(t, err)
	relay := httputil.NewSingleHostReverseProxy(target)
	thief := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // as much as there is
		mu.Lock()
		heard = append(heard, r.URL.String(), r.Header.Get("Authorization"), string(body))
		mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		relay.ServeHTTP(w, r)
	}))
	_, port, err := net.SplitHostPort(env.shop.ops)
	require.NoError(t, err)
	stolen, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skip("this system has one loopback address: ", err)
	}
	thief.Listener = stolen
	thief.Start()
	defer thief.Close()

	environ := env.shop.env
	env.shop.env = slices.Concat(environ, []string{"SHOPBOT_OPS_LISTEN=" + stolen.Addr().String()})
	require.Contains(t, env.shop.command("stock", "list"), "vpn")
	mu.Lock()
	defer mu.Unlock()
	require.Empty(t, heard)
	env.shop.env = environ
	env.shop.stop()
}

func TestCommandsReachAShopThatWasKilledAndStartedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	env := newEnv(t, testenv.BuildShop(t))
	env.loadKeys(3)
	socket := env.database() + ".sock"
	for range 3 {
		env.shop.start()
		env.shop.awaitReady(t.Context())
		require.Contains(t, env.shop.command("stock", "list"), "vpn")
		info, err := os.Lstat(socket)
		require.NoError(t, err)
		require.Equal(t, fs.ModeSocket|0o600, info.Mode())
		env.shop.kill()
		require.FileExists(t, socket)
		require.Contains(t, env.shop.command("stock", "list"), "vpn", "the database itself")
	}
	env.shop.start()
	env.shop.awaitReady(t.Context())
	env.shop.stop()
	require.NoFileExists(t, socket)
}
