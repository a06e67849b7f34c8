package sandbox

import (
	"context"
	"sync"
)

// changes tells whoever listens that something has changed, but not what.
type changes struct {
	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
	once      sync.Once
	done      chan struct{} // closed by close
}

func newChanges() *changes {
	return &changes{listeners: map[chan struct{}]struct{}{}, done: make(chan struct{})}
}

// listen returns a channel that holds a token whenever something has changed
// since the last one was taken. forget ends that.
func (c *changes) listen() (changed <-chan struct{}, forget func()) {
	l := make(chan struct{}, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners[l] = struct{}{}
	return l, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, l)
	}
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.listeners {
		select {
		case l <- struct{}{}:
		default: // it has not looked since the last time, and will see this too
		}
	}
}

func (c *changes) close() { c.once.Do(func() { close(c.done) }) }

// Await waits until the condition holds, looking at it again whenever either
// service has changed; an error is the context's. It is for tests in
// real time: with a browser, or with a program of its own. What mere time
// changes, such as an invoice's expiry, does not wake it.
func (w *World) Await(ctx context.Context, condition func() bool) error {
	changed, forget := w.changes.listen()
	defer forget()
	for !condition() {
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
