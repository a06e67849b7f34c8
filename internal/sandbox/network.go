package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	backlog   = 128       // connections that a listener holds for Accept
	firstPort = 49152     // of the ports that the network assigns
	anyHost   = "0.0.0.0" // host of a listener that is found under every name
)

// Network is a network in memory: a program that listens and dials here needs no socket, and all
// its waiting is durable in a testing/synctest bubble. Names need no resolving: a listener at
// "shop.test:80" is found there.
//
// Close it before the bubble ends, or idle connections keep the bubble from ending.
type Network struct {
	mu        sync.Mutex
	closed    bool
	listeners map[string]*listener // by address
	pipes     []net.Conn           // one end of every connection made so far
	ports     int                  // assigned so far
}

// NewNetwork returns a network without listeners.
func NewNetwork() *Network { return &Network{listeners: map[string]*listener{}} }

// Listen listens at host:port. An empty host and "0.0.0.0" mean every host, port 0 a free one. A
// taken address is EADDRINUSE.
func (n *Network) Listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == "0" {
		port = n.freePort()
	}
	at := addr(net.JoinHostPort(cmp.Or(host, anyHost), port))
	if n.closed {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: at, Err: net.ErrClosed}
	}
	if n.listeners[string(at)] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: at, Err: syscall.EADDRINUSE}
	}
	l := &listener{network: n, at: at, pending: make(chan net.Conn, backlog), done: make(chan struct{})}
	n.listeners[string(at)] = l
	return l, nil
}

// DialContext connects to host:port; the kind of network is ignored. Without a listener the error
// is ECONNREFUSED.
func (n *Network) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	to := addr(address)
	n.mu.Lock()
	l := cmp.Or(n.listeners[address], n.listeners[net.JoinHostPort(anyHost, port)])
	if l == nil || n.closed {
		n.mu.Unlock()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: to, Err: syscall.ECONNREFUSED}
	}
	from := addr(net.JoinHostPort("127.0.0.1", n.freePort()))
	client, server := net.Pipe()
	n.pipes = append(n.pipes, client)
	n.mu.Unlock()
	select {
	case l.pending <- conn{server, to, from}:
		return conn{client, from, to}, nil
	case <-l.done:
		err = syscall.ECONNREFUSED
	case <-ctx.Done():
		err = ctx.Err()
	}
	_ = client.Close() // a pipe closes without an error
	return nil, &net.OpError{Op: "dial", Net: "tcp", Source: from, Addr: to, Err: err}
}

// freePort returns a port that was not assigned before. The lock is held.
func (n *Network) freePort() string {
	n.ports++
	return strconv.Itoa(firstPort + n.ports)
}

// Transport returns an HTTP transport whose connections stay within the network. An https address
// has its own port (443) but is spoken to in plain HTTP, so tests need no certificates.
func (n *Network) Transport() http.RoundTripper {
	return &http.Transport{DialContext: n.DialContext, DialTLSContext: n.DialContext}
}

// Close closes all listeners and connections; nothing works afterwards. If there were connections,
// it waits a second, since a server keeps a finished one for half a second, and the clock of a
// bubble stands still once its test has returned.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	listeners, pipes := slices.Collect(maps.Values(n.listeners)), n.pipes
	n.pipes = nil
	n.mu.Unlock()
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, c := range pipes {
		_ = c.Close()
	}
	if len(pipes) > 0 {
		time.Sleep(time.Second)
	}
}

// listener is one address that accepts connections.
type listener struct {
	network *Network
	at      addr
	pending chan net.Conn
	once    sync.Once
	done    chan struct{} // closed by Close
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Addr() net.Addr { return l.at }

// Close frees the address, and closes the connections that nobody accepted.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.at))
		l.network.mu.Unlock()
		close(l.done)
		for len(l.pending) > 0 {
			_ = (<-l.pending).Close()
		}
	})
	return nil
}

// conn is one end of a connection. A Write returns when the other end has read everything. Its
// errors are those of a TCP connection.
type conn struct {
	net.Conn
	local, remote addr
}

func (c conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = net.ErrClosed
	}
	return n, err
}

func (c conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = syscall.EPIPE
	}
	return n, err
}

func (c conn) LocalAddr() net.Addr  { return c.local }
func (c conn) RemoteAddr() net.Addr { return c.remote }

// addr is an address of the network.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }
