package payments

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// unlimited is an age that nothing reaches.
	unlimited = time.Duration(math.MaxInt64)
	// refreshLimit is how long a refresh may take, tries and waits included.
	refreshLimit = time.Minute
	// refreshPause is how long after a failed refresh the next begins at the earliest.
	refreshPause = 5 * time.Second
)

// errClosed says that a Client was closed.
var errClosed = errors.New("crypto pay client is closed")

// cache keeps one value of the API. A use shortly before it runs out starts its refresh; however
// many callers ask, there is one request at a time.
type cache[T any] struct {
	client   *Client
	load     func(context.Context) (T, error)
	ttl      time.Duration // fresh
	maxStale time.Duration // shown, where nothing fresher is to be had

	value atomic.Pointer[cached[T]]

	mu       sync.Mutex
	inFlight *request[T]
	paused   time.Time // no refresh in the background before
}

// cached is a value and when it was asked for.
type cached[T any] struct {
	value T
	at    time.Time
}

// request is one that is under way. done is closed when the rest is set.
type request[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newCache[T any](c *Client, ttl, maxStale time.Duration, load func(context.Context) (T, error)) *cache[T] {
	return &cache[T]{client: c, load: load, ttl: ttl, maxStale: max(ttl, maxStale)}
}

// get is the value if it is fresh, else a new one, else the old one up to maxStale. While the API
// is known to be down it does not wait.
func (c *cache[T]) get(ctx context.Context) (T, error) {
	value, age, ok := c.peek()
	c.mu.Lock()
	down := time.Now().Before(c.paused)
	c.mu.Unlock()
	if ok && (age < c.ttl || down) {
		return value, nil
	}
	fresh, err := c.refresh(ctx, c.ttl)
	if err != nil && ok && time.Since(c.value.Load().at) < c.maxStale {
		return value, nil
	}
	return fresh, err
}

// peek is what is there, without waiting, and starts a refresh in the background where four fifths
// of the ttl are over. It is false where there is nothing young enough.
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

// refresh is a value younger than maxAge: one that came since the caller looked, or a new one.
func (c *cache[T]) refresh(ctx context.Context, maxAge time.Duration) (value T, err error) {
	c.mu.Lock()
	if v := c.value.Load(); v != nil && time.Since(v.at) < maxAge {
		c.mu.Unlock()
		return v.value, nil
	}
	r, err := c.start()
	c.mu.Unlock()
	if err != nil {
		return value, err
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

func (c *cache[T]) refreshInBackground() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight == nil && !time.Now().Before(c.paused) {
		_, _ = c.start() // fails only for a closed client, which needs no refresh
	}
}

// start joins the request that is under way or starts one. It is called with mu held.
func (c *cache[T]) start() (*request[T], error) {
	if c.inFlight != nil {
		return c.inFlight, nil
	}
	if c.client.life.Err() != nil {
		return nil, errClosed
	}
	r := &request[T]{done: make(chan struct{})}
	c.inFlight = r
	c.client.background.Go(func() { c.send(r) })
	return r, nil
}

// send makes a request. It lasts as long as the client, not as long as the caller who happened to
// be first.
func (c *cache[T]) send(r *request[T]) {
	ctx, cancel := context.WithTimeout(c.client.life, refreshLimit)
	defer cancel()
	asked := time.Now()
	r.value, r.err = c.load(Background(ctx))
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.err == nil {
		c.value.Store(&cached[T]{r.value, asked})
	} else {
		c.paused = time.Now().Add(refreshPause)
		c.client.cfg.Log.WarnContext(ctx, "refresh cached value failed", "reason", r.err.Error())
	}
	c.inFlight = nil
	close(r.done)
}
