package app

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxConnections is how many connections the public listener has at a time. Crypto Pay and Telegram
// need a few; a proxy in front of the shop keeps some more.
const maxConnections = 512

// connections bounds the connections of a server. It accepts every new one, since that may be a
// payment, and closes the one that is needed least: the one that has been idle for longest, else
// the one that has been silent for longest, else the one whose request has lasted for longest. A
// webhook is answered within milliseconds, so strangers who hold connections lose theirs first.
type connections struct {
	most    int
	crowded func() // called for each connection that is closed to make room

	mu   sync.Mutex
	open map[net.Conn]connection
}

type connection struct {
	state http.ConnState
	since time.Time
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
	_, known := c.open[conn]
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
	c.open[conn] = connection{state, time.Now()}
	return victim
}

func (c *connections) leastNeeded() (least net.Conn) {
	rank := func(one connection) int {
		return slices.Index([]http.ConnState{http.StateIdle, http.StateNew, http.StateActive}, one.state)
	}
	var of connection
	for conn, one := range c.open {
		if least == nil || cmp.Or(rank(one)-rank(of), one.since.Compare(of.since)) < 0 {
			least, of = conn, one
		}
	}
	return least
}
