package app

import (
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeConn is a connection that is only closed.
type fakeConn struct {
	net.Conn

	closed bool
}

func (c *fakeConn) Close() error {
	c.closed = true
	return nil
}

func TestTheConnectionThatIsNeededLeastMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crowded := 0
		bound := connections{most: 6, crowded: func() { crowded++ }, open: map[net.Conn]connection{}}
		enter := func(states ...http.ConnState) *fakeConn {
			c := &fakeConn{}
			for _, s := range append([]http.ConnState{http.StateNew}, states...) {
				bound.watch(c, s)
				time.Sleep(time.Second)
			}
			return c
		}
		slow, webhook := enter(http.StateActive), enter(http.StateActive)
		silent, newer := enter(), enter()
		idle, later := enter(http.StateActive, http.StateIdle), enter(http.StateActive, http.StateIdle)
		for _, victim := range []*fakeConn{idle, later, silent, newer, slow} {
			require.False(t, victim.closed)
			enter(http.StateActive)
			require.True(t, victim.closed)
			bound.watch(victim, http.StateActive) // it does not know yet
			bound.watch(victim, http.StateClosed)
			require.Len(t, bound.open, 6)
		}
		require.False(t, webhook.closed)
		require.Equal(t, 5, crowded)
		bound.watch(webhook, http.StateClosed)
		enter()
		require.Equal(t, 5, crowded, "there is room again")
	})
}
