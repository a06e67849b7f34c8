package postgres

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between an engine and the server, and can cut connections.
type proxy struct {
	l net.Listener
	// swallow makes the nth answer to a COMMIT from now on disappear, with its connection; 0: none.
	swallow atomic.Int32
	cut     atomic.Int32 // connections that were cut
	answers atomic.Int32 // reads from the server, at least one a round trip
}

// newProxy returns a proxy, and the address of the database through it.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{l: l}
	to := u.Host
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(client, to)
		}
	}()
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) carry(client net.Conn, to string) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", to) //nolint:noctx // ends with the connection
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		p.answers.Add(1)
		if bytes.Contains(buf[:n], []byte("COMMIT\x00")) && p.swallow.Load() > 0 && p.swallow.Add(-1) == 0 {
			p.cut.Add(1)
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
