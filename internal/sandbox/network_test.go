package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

// serve runs a server at shop.test:80 until the test's end.
func serve(t *testing.T, n *sandbox.Network, h http.HandlerFunc) *http.Server {
	t.Helper()
	l, err := n.Listen("shop.test:80")
	require.NoError(t, err)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		n.Close()
		_ = server.Close()
	})
	return server
}

func get(t *testing.T, c *http.Client, address string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestOneConnectionServesManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		var connections atomic.Int32
		server := serve(t, n, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
		server.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				connections.Add(1)
			}
		}
		client := &http.Client{Transport: n.Transport()}
		for range 10 {
			body, err := get(t, client, "http://shop.test/")
			require.NoError(t, err)
			require.Equal(t, "hello", body)
		}
		require.EqualValues(t, 1, connections.Load())
	})
}

func TestSecureAddressesNeedNoCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		l, err := n.Listen("pay.test:443")
		require.NoError(t, err)
		server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
		go func() { _ = server.Serve(l) }()
		defer n.Close()
		body, err := get(t, &http.Client{Transport: n.Transport()}, "https://pay.test/")
		require.NoError(t, err)
		require.Equal(t, "404 page not found\n", body)
	})
}

func TestClientGivesUpOnASlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		serve(t, n, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Hour):
			}
		})
		client := &http.Client{Transport: n.Transport(), Timeout: 10 * time.Second}
		start := time.Now()
		_, err := get(t, client, "http://shop.test/")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestServerGivesUpOnASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		serve(t, n, func(http.ResponseWriter, *http.Request) {})
		c, err := n.DialContext(t.Context(), "tcp", "shop.test:80")
		require.NoError(t, err)
		_, err = c.Write([]byte("GET / HT"))
		require.NoError(t, err)
		start := time.Now()
		answer, err := io.ReadAll(c)
		require.NoError(t, err, "%q", answer)
		require.Less(t, time.Since(start), time.Minute)
	})
}

func TestBigBodiesTravelBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		serve(t, n, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		sent := make([]byte, 5<<20)
		_, _ = rand.NewChaCha8([32]byte{}).Read(sent)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://shop.test/", bytes.NewReader(sent))
		require.NoError(t, err)
		res, err := (&http.Client{Transport: n.Transport()}).Do(req)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		got, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.True(t, bytes.Equal(sent, got), "the body came back changed")
	})
}

func TestServerClosesDuringAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		serve(t, n, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		_, err := get(t, &http.Client{Transport: n.Transport()}, "http://shop.test/")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		server := serve(t, n, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, "done")
		})
		stopped := make(chan error, 1)
		time.AfterFunc(time.Second/2, func() { stopped <- server.Shutdown(context.Background()) })
		body, err := get(t, &http.Client{Transport: n.Transport()}, "http://shop.test/")
		require.NoError(t, err)
		require.Equal(t, "done", body)
		require.NoError(t, <-stopped)
		_, err = get(t, &http.Client{Transport: n.Transport()}, "http://shop.test/")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	})
}

func TestDialWithoutAListenerIsRefused(t *testing.T) {
	n := sandbox.NewNetwork()
	_, err := get(t, &http.Client{Transport: n.Transport()}, "http://nobody.test/")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestAddressIsInUseUntilItsListenerCloses(t *testing.T) {
	n := sandbox.NewNetwork()
	defer n.Close()
	first, err := n.Listen("shop.test:8080")
	require.NoError(t, err)
	_, err = n.Listen("shop.test:8080")
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.NoError(t, first.Close())
	_, err = first.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = n.Listen("shop.test:8080")
	require.NoError(t, err)
}

func TestListenerOnEveryHostIsFoundUnderAnyName(t *testing.T) {
	n := sandbox.NewNetwork()
	defer n.Close()
	l, err := n.Listen(":0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "shop.test"} {
		c, err := n.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		require.NoError(t, err)
		require.Equal(t, net.JoinHostPort(host, port), c.RemoteAddr().String())
		require.NoError(t, c.Close())
	}
}

func TestDialEndsWithItsContextIfNobodyAccepts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		defer n.Close()
		_, err := n.Listen("full.test:80")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for err == nil {
			_, err = n.DialContext(ctx, "tcp", "full.test:80")
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestDeadlinesOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		defer n.Close()
		_, err := n.Listen("slow.test:80")
		require.NoError(t, err)
		c, err := n.DialContext(t.Context(), "tcp", "slow.test:80")
		require.NoError(t, err)
		timedOut := func(err error) bool {
			var timeout net.Error
			return errors.As(err, &timeout) && timeout.Timeout()
		}

		require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Second)))
		_, err = c.Read(make([]byte, 1))
		require.True(t, timedOut(err), "reading: %v", err)

		require.NoError(t, c.SetWriteDeadline(time.Now().Add(time.Second)))
		written, err := c.Write(make([]byte, 1<<20))
		require.True(t, timedOut(err), "writing to a full buffer: %v", err)
		require.Less(t, written, 1<<20)

		require.NoError(t, c.SetDeadline(time.Time{}))
		go func() {
			time.Sleep(time.Hour)
			_ = c.Close()
		}()
		_, err = c.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed, "the deadline was taken back, the close was not")
	})
}
