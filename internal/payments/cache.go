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

// ratesCache keeps the table of rates. A use shortly before it runs out starts its refresh; however
// many callers ask, there is one request at a time.
type ratesCache struct {
	client   *Client
	ttl      time.Duration // fresh
	maxStale time.Duration // shown, where nothing fresher is to be had

	value atomic.Pointer[cachedRates]

	mu       sync.Mutex
	inFlight *ratesRequest
	paused   time.Time // no refresh in the background before
}

// cachedRates are rates and when they were asked for.
type cachedRates struct {
	rates *Rates
	at    time.Time
}

// ratesRequest is one that is under way. done is closed when the rest is set.
type ratesRequest struct {
	done  chan struct{}
	rates *Rates
	err   error
}

// get is the value if it is fresh, else a new one, else the old one up to maxStale. While the API
// is known to be down it does not wait.
func (c *ratesCache) get(ctx context.Context) (*Rates, error) {
	value, age, ok := c.peek() //nolint:contextcheck // a refresh outlives the caller that starts it
	c.mu.Lock()
	down := time.Now().Before(c.paused)
	c.mu.Unlock()
	if ok && (age < c.ttl || down) {
		return value, nil
	}
	fresh, err := c.refresh(ctx)
	if err != nil && ok && time.Since(c.value.Load().at) < c.maxStale {
		return value, nil
	}
	return fresh, err
}

// peek is what is there, without waiting, and starts a refresh in the background where four fifths
// of the ttl are over. It is false where there is nothing young enough.
func (c *ratesCache) peek() (rates *Rates, age time.Duration, ok bool) {
	v := c.value.Load()
	if v == nil {
		c.refreshInBackground()
		return nil, 0, false
	}
	age = time.Since(v.at)
	if age >= c.ttl/5*4 {
		c.refreshInBackground()
	}
	return v.rates, age, age < c.maxStale
}

// refresh is a fresh value: one that came since the caller looked, or a new one.
func (c *ratesCache) refresh(ctx context.Context) (*Rates, error) {
	c.mu.Lock()
	if v := c.value.Load(); v != nil && time.Since(v.at) < c.ttl {
		c.mu.Unlock()
		return v.rates, nil
	}
	r, err := c.start() //nolint:contextcheck // as above
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.rates, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *ratesCache) refreshInBackground() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight == nil && !time.Now().Before(c.paused) {
		_, _ = c.start() // fails only for a closed client, which needs no refresh
	}
}

// start joins the request that is under way or starts one. It is called with mu held.
func (c *ratesCache) start() (*ratesRequest, error) {
	if c.inFlight != nil {
		return c.inFlight, nil
	}
	if c.client.life.Err() != nil {
		return nil, errClosed
	}
	r := &ratesRequest{done: make(chan struct{})}
	c.inFlight = r
	c.client.background.Go(func() { c.send(r) })
	return r, nil
}

// send makes a request. It lasts as long as the client, not as long as the caller who happened to
// be first.
func (c *ratesCache) send(r *ratesRequest) {
	ctx, cancel := context.WithTimeout(c.client.life, refreshLimit)
	defer cancel()
	asked := time.Now()
	r.rates, r.err = c.client.loadRates(Background(ctx))
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.err == nil {
		c.value.Store(&cachedRates{r.rates, asked})
	} else {
		c.paused = time.Now().Add(refreshPause)
		c.client.cfg.Log.WarnContext(ctx, "refresh cached value failed", "reason", r.err.Error())
	}
	c.inFlight = nil
	close(r.done)
}
