package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// backlog is how many connections a listener holds for Accept.
const backlog = 128

// firstPort is the first of the ports that the network gives away by itself.
const firstPort = 49152

// Network is an internet of its own in memory: a program that listens and dials
// here needs no socket, and all its waiting is of the kind that a testing/synctest
// bubble understands. Names need no resolving: whoever listens at "shop.test:80"
// is found there.
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

// NewNetwork makes a network where nobody listens yet.
func NewNetwork() *Network {
	return &Network{
		listeners: map[string]*listener{},
		conns:     map[*conn]struct{}{},
		empty:     make(chan struct{}),
		lastPort:  firstPort,
	}
}

// Listen announces a listener at host:port. An empty host and "0.0.0.0" stand
// for every host, port 0 for a free one. A taken address is EADDRINUSE.
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

// anyHost is the host of a listener that is found under every name.
const anyHost = "0.0.0.0"

// DialContext connects to host:port; the kind of network is not looked at. Where
// nobody listens the error is ECONNREFUSED.
func (n *Network) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	ours, theirs, l, err := n.connect(host, port)
	if err != nil {
		return nil, err
	}
	select {
	case l.pending <- theirs:
		return ours, nil
	case <-l.done:
		err = syscall.ECONNREFUSED
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = ours.Close(), theirs.Close()
	return nil, opError("dial", ours.local, ours.remote, err)
}

// connect makes both ends of a connection to a listener that exists.
func (n *Network) connect(host, port string) (ours, theirs *conn, l *listener, err error) {
	at := addr(net.JoinHostPort(host, port))
	n.mu.Lock()
	defer n.mu.Unlock()
	l = cmp.Or(n.listeners[string(at)], n.listeners[net.JoinHostPort(anyHost, port)])
	if l == nil || n.closed {
		return nil, nil, nil, opError("dial", "", at, syscall.ECONNREFUSED)
	}
	there, back := newPipe(), newPipe()
	from := addr(net.JoinHostPort("127.0.0.1", n.freePort()))
	ours = &conn{network: n, in: back, out: there, local: from, remote: at}
	theirs = &conn{network: n, in: there, out: back, local: at, remote: from}
	n.conns[ours], n.conns[theirs] = struct{}{}, struct{}{}
	return ours, theirs, l, nil
}

// freePort is a port that was not given away before. The lock is held.
func (n *Network) freePort() string {
	n.lastPort++
	return strconv.Itoa(n.lastPort)
}

// Transport makes an HTTP transport whose connections stay within the network.
// An https address is dialled at its own port (443) but spoken to in plain HTTP,
// so that no test needs certificates.
func (n *Network) Transport() http.RoundTripper {
	return &http.Transport{DialContext: n.DialContext, DialTLSContext: n.DialContext}
}

// lingering is how long Close waits. A server keeps a connection that it has
// finished with for half a second.
const lingering = time.Second

// Close ends all listeners and cuts all connections; nothing works afterwards. It
// waits up to a second until those who use the connections have noticed, so that
// a bubble can end.
func (n *Network) Close() {
	for _, o := range n.shut() {
		o.drop()
	}
	select {
	case <-n.empty:
	case <-time.After(lingering):
	}
}

// shut marks the network as closed, and lists what is open.
func (n *Network) shut() (open []interface{ drop() }) {
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

// forget takes note that the owner of a connection has closed it.
func (n *Network) forget(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, there := n.conns[c]; there {
		delete(n.conns, c)
		n.checkEmpty()
	}
}

func (n *Network) checkEmpty() {
	if n.closed && len(n.conns) == 0 {
		close(n.empty)
	}
}

// listener is one address where connections arrive.
type listener struct {
	network *Network
	at      addr
	pending chan net.Conn
	once    sync.Once
	done    chan struct{} // closed by Close
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, opError("accept", "", l.at, net.ErrClosed)
	default:
	}
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.done:
		return nil, opError("accept", "", l.at, net.ErrClosed)
	}
}

func (l *listener) Addr() net.Addr { return l.at }

// Close frees the address, and cuts the connections that nobody accepted.
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

// addr is an address of the network.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// opError gives an error the form that the net package gives it, so that callers
// find timeouts and refusals in it.
func opError(op string, from, to addr, err error) error {
	e := &net.OpError{Op: op, Net: "tcp", Addr: to, Err: err}
	if from != "" {
		e.Source = from
	}
	return e
}
