package app

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxConnections is how many connections the public listener has at a time. Crypto Pay and Telegram
// need a few; a proxy in front of the shop keeps some more.
const maxConnections = 512

// connections bounds the connections of a server. It accepts every new one, since that may be a
// payment, and closes the one that is needed least, see leastNeeded. A webhook is answered within
// milliseconds, so strangers who hold connections lose theirs first.
type connections struct {
	most    int
	crowded func() // called for each connection that is closed to make room

	mu   sync.Mutex
	open map[net.Conn]connection
}

type connection struct {
	state http.ConnState
	since time.Time
	page  bool // its request, or the last one of an idle one, is for a web page
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// withConn is an http.Server.ConnContext, which servesPage needs.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// servesPage notes that a request is for a web page, so that its connection makes room for others.
func (c *connections) servesPage(r *http.Request) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if one, known := c.open[conn]; known {
		one.page = true
		c.open[conn] = one
	}
}

// watch is an http.Server.ConnState.
func (c *connections) watch(conn net.Conn, state http.ConnState) {
	if victim := c.note(conn, state); victim != nil {
		_ = victim.Close() // its request ends, and that of nobody else
		c.crowded()
	}
}

// note notes the state of a connection, and returns another one to be closed, or nil.
func (c *connections) note(conn net.Conn, state http.ConnState) (victim net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.open[conn]
	switch {
	case state == http.StateClosed || state == http.StateHijacked:
		delete(c.open, conn)
		return nil
	case state == http.StateNew && len(c.open) >= c.most:
		victim = c.leastNeeded()
		delete(c.open, victim)
	case state != http.StateNew && !known: // it was the victim
		return nil
	}
	c.open[conn] = connection{state, time.Now(), state == http.StateIdle && before.page}
	return victim
}

// busy reports whether somebody waits for an answer.
func (c *connections) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.open {
		if one.state == http.StateActive || one.state == http.StateNew && time.Since(one.since) < silentFor {
			return true
		}
	}
	return false
}

// leastNeeded is the connection that makes room. Those that wait for nothing go first, and of those
// that do, the readers of web pages go before what may be a payment. Of equals the one goes that has
// been so for longest.
func (c *connections) leastNeeded() (least net.Conn) {
	var of connection
	for conn, one := range c.open {
		if least == nil || cmp.Or(one.need()-of.need(), one.since.Compare(of.since)) < 0 {
			least, of = conn, one
		}
	}
	return least
}

// silentFor is how long a sender may be silent before it is taken for one that will stay so.
const silentFor = time.Second

// need is greater for a connection that is needed more.
func (one connection) need() int {
	switch {
	case one.state == http.StateIdle && one.page:
		return 0
	case one.state == http.StateIdle:
		return 1
	case one.state == http.StateNew && time.Since(one.since) >= silentFor:
		return 2
	case one.page:
		return 3
	case one.state == http.StateNew:
		return 4
	}
	return 5
}
