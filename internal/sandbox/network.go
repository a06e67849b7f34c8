package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	backlog   = 128       // connections that a listener holds for Accept
	firstPort = 49152     // of the ports that the network assigns
	anyHost   = "0.0.0.0" // host of a listener that is found under every name
)

// closeTimeout is how long Close waits. A server keeps a finished connection for half a second.
const closeTimeout = time.Second

// Network is a network in memory: a program that listens and dials here needs no socket, and all its
// waiting is durable in a testing/synctest bubble. Names need no resolving: a listener at
// "shop.test:80" is found there.
//
// Close it before the bubble ends, or idle connections keep the bubble from ending.
type Network struct {
	mu        sync.Mutex
	closed    bool
	listeners map[string]*listener // by address
	conns     map[*conn]struct{}   // not yet closed by their owners
	empty     chan struct{}        // closed once closed is set and conns is empty
	lastPort  int
}

// NewNetwork returns a network without listeners.
func NewNetwork() *Network {
	return &Network{
		listeners: map[string]*listener{},
		conns:     map[*conn]struct{}{},
		empty:     make(chan struct{}),
		lastPort:  firstPort,
	}
}

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
		return nil, opError("listen", "", at, net.ErrClosed)
	}
	if n.listeners[string(at)] != nil {
		return nil, opError("listen", "", at, syscall.EADDRINUSE)
	}
	l := &listener{network: n, at: at, pending: make(chan net.Conn, backlog), done: make(chan struct{})}
	n.listeners[string(at)] = l
	return l, nil
}

// DialContext connects to host:port; the kind of network is ignored. Without a listener the error is
// ECONNREFUSED.
func (n *Network) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	client, server, l, err := n.connect(host, port)
	if err != nil {
		return nil, err
	}
	select {
	case l.pending <- server:
		return client, nil
	case <-l.done:
		err = syscall.ECONNREFUSED
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = client.Close(), server.Close()
	return nil, opError("dial", client.local, client.remote, err)
}

// connect makes both ends of a connection to an existing listener.
func (n *Network) connect(host, port string) (client, server *conn, l *listener, err error) {
	at := addr(net.JoinHostPort(host, port))
	n.mu.Lock()
	defer n.mu.Unlock()
	l = cmp.Or(n.listeners[string(at)], n.listeners[net.JoinHostPort(anyHost, port)])
	if l == nil || n.closed {
		return nil, nil, nil, opError("dial", "", at, syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	from := addr(net.JoinHostPort("127.0.0.1", n.freePort()))
	client = &conn{Conn: near, network: n, local: from, remote: at}
	server = &conn{Conn: far, network: n, local: at, remote: from}
	n.conns[client], n.conns[server] = struct{}{}, struct{}{}
	return client, server, l, nil
}

// freePort returns a port that was not assigned before. The lock is held.
func (n *Network) freePort() string {
	n.lastPort++
	return strconv.Itoa(n.lastPort)
}

// Transport returns an HTTP transport whose connections stay within the network. An https address
// has its own port (443) but is spoken to in plain HTTP, so tests need no certificates.
func (n *Network) Transport() http.RoundTripper {
	return &http.Transport{DialContext: n.DialContext, DialTLSContext: n.DialContext}
}

// Close closes all listeners and connections; nothing works afterwards. It waits up to a second until
// the users of the connections have noticed, so a bubble can end.
func (n *Network) Close() {
	for _, o := range n.markClosed() {
		o.drop()
	}
	select {
	case <-n.empty:
	case <-time.After(closeTimeout):
	}
}

// markClosed marks the network as closed, and lists what is open.
func (n *Network) markClosed() (open []interface{ drop() }) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	for _, l := range n.listeners {
		open = append(open, l)
	}
	for c := range n.conns {
		open = append(open, c)
	}
	n.checkEmpty()
	return open
}

// forget records that the owner of a connection has closed it.
func (n *Network) forget(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, found := n.conns[c]; found {
		delete(n.conns, c)
		n.checkEmpty()
	}
}

func (n *Network) checkEmpty() {
	if n.closed && len(n.conns) == 0 {
		close(n.empty)
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
		return nil, opError("accept", "", l.at, net.ErrClosed)
	}
}

func (l *listener) Addr() net.Addr { return l.at }

// Close frees the address, and closes the connections that nobody accepted.
func (l *listener) Close() error {
	l.drop()
	return nil
}

func (l *listener) drop() {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.at))
		l.network.mu.Unlock()
		close(l.done)
		for {
			select {
			case c := <-l.pending:
				_ = c.Close() // a connection in memory closes without an error
			default:
				return
			}
		}
	})
}

// conn is one end of a connection. A Write returns when the other end has read everything.
type conn struct {
	net.Conn
	network       *Network
	local, remote addr
	closed        atomic.Bool
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.wrap("read", err)
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.wrap("write", err)
}

// wrap turns an error of net.Pipe into the one of a TCP connection.
func (c *conn) wrap(op string, err error) error {
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return err
	case errors.Is(err, io.ErrClosedPipe) && c.closed.Load():
		err = net.ErrClosed
	case errors.Is(err, io.ErrClosedPipe):
		err = syscall.EPIPE
	}
	return opError(op, c.local, c.remote, err)
}

func (c *conn) Close() error {
	c.drop()
	c.network.forget(c)
	return nil
}

// drop closes the connection on behalf of its owner, who has yet to notice.
func (c *conn) drop() {
	c.closed.Store(true)
	_ = c.Conn.Close() // a pipe closes without an error
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// addr is an address of the network.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// opError gives an error the form of the net package, so callers find timeouts and refusals in it.
func opError(op string, from, to addr, err error) error {
	e := &net.OpError{Op: op, Net: "tcp", Addr: to, Err: err}
	if from != "" {
		e.Source = from
	}
	return e
}
