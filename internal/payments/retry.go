package payments

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxWait is where the doubling of waits ends.
	maxWait = 30 * time.Second
	// maxRetryAfter is the longest time that a call waits when the API asks for it. One that is
	// asked to wait longer fails, and its error names the time.
	maxRetryAfter = time.Minute
)

// repeatable says when a method may be called again after a failure.
type repeatable uint8

const (
	// never: each call takes money off the balance, and nothing tells two calls apart.
	never repeatable = iota
	// unlessDone: repeating makes a second one, so only after a failure that surely did nothing.
	unlessDone
	// harmless: done twice is done once.
	harmless
	// reading changes nothing, so that its failures leave no doubt either.
	reading
)

// newJitter reads random fractions from r. If r fails, every wait is a full one.
func newJitter(r io.Reader) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		var b [8]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return 1
		}
		return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
	}
}

// mayRetry reports whether a call that failed with e at its given attempt (from 1) may be tried
// once more.
func (c *Client) mayRetry(allowed repeatable, attempt int, e *Error) bool {
	switch {
	case attempt > c.cfg.MaxRetries, allowed == never, e.RetryAfter > maxRetryAfter:
		return false
	case allowed == unlessDone && e.Outcome != OutcomeNotDone:
		return false
	case e.Name != "" && e.Code == http.StatusInternalServerError && attempt > 1:
		// The API answers bad input with a 500 of its own, which does not go away.
		return false
	}
	unanswered := e.Status == 0 || e.Name == "" && e.Status/100 == 2 // or not answered whole
	return unanswered || slices.Contains(c.cfg.RetryStatuses, e.Status) || slices.Contains(c.cfg.RetryStatuses, e.Code)
}

// retryWait is how long to wait after the given attempt (from 1): anything up to a limit that
// doubles each time ("full jitter", so that many callers do not come back together), or what the
// API asked for if that is longer.
func (c *Client) retryWait(attempt int, e *Error) time.Duration {
	limit := c.cfg.RetryBackoff
	for range attempt - 1 {
		limit = min(2*limit, maxWait)
	}
	return max(time.Duration(c.jitter()*float64(limit)), e.RetryAfter)
}

// retryAfter reads a Retry-After header, in seconds or as a date by the server's clock. What it
// cannot read is 0.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		now, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		return max(0, at.Sub(now))
	}
	return 0
}

// pause waits for d. It is false, at once, where ctx would end before.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
