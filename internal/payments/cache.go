package payments

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// forever is an age that nothing reaches.
	forever = time.Duration(math.MaxInt64)
	// refreshLimit is how long a refresh may take, tries and waits included.
	refreshLimit = time.Minute
	// refreshRest is how long after a failed refresh the next begins at the earliest.
	refreshRest = 5 * time.Second
)

// errClosed says that a Client was closed.
var errClosed = errors.New("crypto pay client is closed")

// cache keeps one value of the API. Whoever uses it when it is about to run out
// starts its refresh; however many ask, there is one request at a time.
type cache[T any] struct {
	client   *Client
	load     func(context.Context) (T, error)
	ttl      time.Duration // fresh
	maxStale time.Duration // shown, where nothing fresher is to be had

	value atomic.Pointer[loaded[T]]

	mu      sync.Mutex
	flight  *flight[T]
	resting time.Time // no refresh in the background before
}

// loaded is a value and when it was asked for.
type loaded[T any] struct {
	value T
	at    time.Time
}

// flight is a request that is under way. done is closed when the rest is set.
type flight[T any] struct {
	done chan struct{}
	got  T
	err  error
}

func newCache[T any](c *Client, ttl, maxStale time.Duration, load func(context.Context) (T, error)) *cache[T] {
	return &cache[T]{client: c, load: load, ttl: ttl, maxStale: max(ttl, maxStale)}
}

// get is the value if it is fresh, else a new one, else the old one up to maxStale.
// While the API is known to be down it does not wait for what will not come.
func (c *cache[T]) get(ctx context.Context) (T, error) {
	value, age, ok := c.peek()
	if ok && (age < c.ttl || c.isResting()) {
		return value, nil
	}
	fresh, err := c.renew(ctx)
	if err != nil && ok && time.Since(c.value.Load().at) < c.maxStale {
		return value, nil
	}
	return fresh, err
}

func (c *cache[T]) isResting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.resting)
}

// peek is what is there, without waiting, and starts a refresh in the background
// where four fifths of the ttl are over. It is false where there is nothing young enough.
func (c *cache[T]) peek() (value T, age time.Duration, ok bool) {
	v := c.value.Load()
	if v == nil {
		c.refreshInBackground()
		return value, 0, false
	}
	age = time.Since(v.at)
	if age >= c.ttl/5*4 {
		c.refreshInBackground()
	}
	if age >= c.maxStale {
		return value, age, false
	}
	return v.value, age, true
}

// renew is a fresh value: one that landed since the caller looked, or a new one.
func (c *cache[T]) renew(ctx context.Context) (value T, err error) {
	c.mu.Lock()
	if v := c.value.Load(); v != nil && time.Since(v.at) < c.ttl {
		c.mu.Unlock()
		return v.value, nil
	}
	f, err := c.fly()
	c.mu.Unlock()
	if err != nil {
		return value, err
	}
	return f.wait(ctx)
}

// refresh is a new value, however fresh the old one is.
func (c *cache[T]) refresh(ctx context.Context) (value T, err error) {
	c.mu.Lock()
	f, err := c.fly()
	c.mu.Unlock()
	if err != nil {
		return value, err
	}
	return f.wait(ctx)
}

func (f *flight[T]) wait(ctx context.Context) (value T, err error) {
	select {
	case <-f.done:
		return f.got, f.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

func (c *cache[T]) refreshInBackground() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight == nil && !time.Now().Before(c.resting) {
		_, _ = c.fly() // only a closed client has an error, and nothing to refresh for
	}
}

// fly joins the request that is under way or starts one. It is called with mu held.
func (c *cache[T]) fly() (*flight[T], error) {
	if c.flight != nil {
		return c.flight, nil
	}
	if c.client.life.Err() != nil {
		return nil, errClosed
	}
	f := &flight[T]{done: make(chan struct{})}
	c.flight = f
	c.client.background.Go(func() { c.land(f) })
	return f, nil
}

// land makes the request of a flight. It lasts as long as the client, not as
// long as the caller who happened to be first.
func (c *cache[T]) land(f *flight[T]) {
	ctx, cancel := context.WithTimeout(c.client.life, refreshLimit)
	defer cancel()
	asked := time.Now()
	f.got, f.err = c.load(Background(ctx))
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.err == nil {
		c.value.Store(&loaded[T]{f.got, asked})
	} else {
		c.resting = time.Now().Add(refreshRest)
		c.client.log.LogAttrs(ctx, slog.LevelWarn, "refresh of cached facts failed", slog.String("reason", f.err.Error()))
	}
	c.flight = nil
	close(f.done)
}
