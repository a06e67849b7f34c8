package telegram

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// line is a queue of calls that share a limit. They go first come, first served.
type line struct {
	head  chan struct{} // held by the one who is next
	users int           // guarded by pacer.mu

	mu    sync.Mutex
	limit *rate.Limiter
	held  time.Time // nobody goes before
	eased bool      // the burst that was saved up during the hold is forgotten
}

func newLine(limit rate.Limit, burst int) *line {
	return &line{head: make(chan struct{}, 1), limit: rate.NewLimiter(limit, burst), eased: true}
}

// wait waits for the caller's turn and takes it.
func (l *line) wait(ctx context.Context) error {
	select {
	case l.head <- struct{}{}:
		defer func() { <-l.head }()
		return l.take(ctx, 1)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitUntilIdle waits until nobody has been in the line long enough for a whole
// burst, and takes one turn of it.
func (l *line) waitUntilIdle(ctx context.Context) error {
	return l.take(ctx, float64(l.limit.Burst()))
}

// take takes a turn once at least need turns are saved up.
func (l *line) take(ctx context.Context, need float64) error {
	for {
		now := time.Now()
		wait := l.tryTake(now, need)
		if wait == 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && now.Add(wait).After(deadline) {
			return &turnError{wait: wait}
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// tryTake takes a turn, or says how long to wait before trying again.
func (l *line) tryTake(now time.Time, need float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.held) {
		return l.held.Sub(now)
	}
	if l.limit.Limit() == rate.Inf {
		return 0
	}
	tokens := l.limit.TokensAt(now)
	if !l.eased {
		l.eased = true
		if saved := int(tokens) - 1; saved > 0 && l.limit.AllowN(now, saved) {
			tokens -= float64(saved)
		}
	}
	if tokens >= need && l.limit.AllowN(now, 1) {
		return 0
	}
	missing := (need - tokens) / float64(l.limit.Limit())
	return max(1, time.Duration(math.Ceil(missing*float64(time.Second))))
}

// hold keeps everybody back until then. Afterwards they go one by one, as a burst
// would be answered with the next hold.
func (l *line) hold(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.held) {
		l.held = until
	}
	l.eased = false
}

func (l *line) isHeld(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.held)
}

// isFresh tells whether a new line would behave the same.
func (l *line) isFresh(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.limit.Limit() == rate.Inf || l.limit.TokensAt(now) >= float64(l.limit.Burst())
	return full && !now.Before(l.held)
}

// turnError is a turn that would come after the caller's deadline.
type turnError struct{ wait time.Duration }

func (e *turnError) Error() string {
	return fmt.Sprintf("turn comes in %s, after the deadline", e.wait)
}

// pause sleeps, or gives up with the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
