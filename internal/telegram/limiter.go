package telegram

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter limits the calls of one chat, of one method, or of the whole bot. Calls pass in the order
// in which they came.
type limiter struct {
	head chan struct{} // held by the call that is next

	mu      sync.Mutex
	rate    *rate.Limiter
	blocked time.Time // no call passes before
	drained bool      // the tokens that were saved up while blocked are gone
}

func newLimiter(limit rate.Limit, burst int) *limiter {
	return &limiter{head: make(chan struct{}, 1), rate: rate.NewLimiter(limit, burst), drained: true}
}

// wait waits for the caller's turn and takes a token.
func (l *limiter) wait(ctx context.Context) error {
	select {
	case l.head <- struct{}{}:
		defer func() { <-l.head }()
		return l.take(ctx, 1)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitUntilIdle waits until a whole burst of tokens is saved up, and takes one of them.
func (l *limiter) waitUntilIdle(ctx context.Context) error {
	return l.take(ctx, float64(l.rate.Burst()))
}

// take takes a token once at least need tokens are saved up. It returns an ErrFlood at once if that
// is after the deadline of ctx.
func (l *limiter) take(ctx context.Context, need float64) error {
	for {
		now := time.Now()
		wait := l.tryTake(now, need)
		if wait == 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && now.Add(wait).After(deadline) {
			return &Error{
				Description: fmt.Sprintf("rate limit allows the call in %s, after the deadline", wait),
				RetryAfter:  wait, err: ErrFlood,
			}
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// tryTake takes a token, or returns how long to wait before the next try.
func (l *limiter) tryTake(now time.Time, need float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.blocked) {
		return l.blocked.Sub(now)
	}
	if l.rate.Limit() == rate.Inf {
		return 0
	}
	tokens := l.rate.TokensAt(now)
	if !l.drained {
		l.drained = true
		if saved := int(tokens) - 1; saved > 0 && l.rate.AllowN(now, saved) {
			tokens -= float64(saved)
		}
	}
	if tokens >= need && l.rate.AllowN(now, 1) {
		return 0
	}
	missing := (need - tokens) / float64(l.rate.Limit())
	return max(1, time.Duration(math.Ceil(missing*float64(time.Second))))
}

// block lets no call pass until then. Afterwards they pass one by one: Telegram would answer a
// burst with the next flood limit.
func (l *limiter) block(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.blocked) {
		l.blocked = until
	}
	l.drained = false
}

func (l *limiter) isBlocked(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.blocked)
}

// isFresh reports whether a new limiter would behave the same.
func (l *limiter) isFresh(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.rate.Limit() == rate.Inf || l.rate.TokensAt(now) >= float64(l.rate.Burst())
	return full && !now.Before(l.blocked)
}

// pause sleeps for d, or returns the context's error once ctx ends.
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
