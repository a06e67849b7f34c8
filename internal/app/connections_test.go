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

func TestReadersOfPagesMakeRoomForWhatMayBeAPayment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bound := connections{most: 6, crowded: func() {}, open: map[net.Conn]connection{}}
		enter := func(page bool, states ...http.ConnState) *fakeConn {
			c := &fakeConn{}
			for _, s := range append([]http.ConnState{http.StateNew}, states...) {
				bound.watch(c, s)
				if s == http.StateActive && page {
					r, err := http.NewRequestWithContext(withConn(t.Context(), c), http.MethodGet, "/", nil)
					require.NoError(t, err)
					bound.servesPage(r)
				}
			}
			return c
		}
		webhook := enter(false, http.StateActive)
		time.Sleep(time.Hour)
		silent := enter(false)
		kept := enter(false, http.StateActive, http.StateIdle) // by a proxy that brings webhooks
		time.Sleep(time.Minute)
		visitor := enter(true, http.StateActive, http.StateIdle)
		reader := enter(true, http.StateActive)
		arriving := enter(false)
		for _, victim := range []*fakeConn{visitor, kept, silent, reader} {
			require.False(t, victim.closed)
			enter(false, http.StateActive)
			require.True(t, victim.closed)
		}
		require.False(t, arriving.closed, "its request is on its way")
		require.False(t, webhook.closed, "a payment is being recorded")

		// A connection of a proxy is judged by what it brings now.
		bound.open = map[net.Conn]connection{}
		proxy := enter(true, http.StateActive, http.StateIdle)
		bound.watch(proxy, http.StateActive)
		for range 4 {
			enter(true, http.StateActive)
		}
		first := enter(false, http.StateActive)
		for range 4 {
			enter(false, http.StateActive)
		}
		require.False(t, proxy.closed)
		require.False(t, first.closed)
	})
}
