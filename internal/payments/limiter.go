package payments

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxSlowdown is by what the rate is divided at most.
	maxSlowdown = 16
	// slowdownEvery is the least time between two halvings, so that the refusals of one burst count
	// once.
	slowdownEvery = time.Second
	// recoverEvery is how long without a refusal the rate needs to double again.
	recoverEvery = 10 * time.Second
	// maxPassed is how many urgent requests pass a waiting background one.
	maxPassed = 20
)

type backgroundKey struct{}

// Background marks calls that can wait, such as statistics or comparisons: where requests queue for
// the rate limit they let those that a payment depends on go first.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// rateLimiter lets requests through at a steady rate, urgent ones first, and more slowly for a
// while after the API said that there were too many.
type rateLimiter struct {
	normal rate.Limit

	mu         sync.Mutex
	bucket     *rate.Limiter
	urgent     []chan struct{} // closed when it is their turn
	background []chan struct{}
	passed     int         // urgent requests since a background one, while one waited
	timer      *time.Timer // for the next turn

	changed     time.Time // when the bucket's rate last changed
	closedUntil time.Time // no request passes before
}

func newRateLimiter(limit float64, burst int) *rateLimiter {
	normal := min(rate.Limit(limit), rate.Inf) // the bucket cannot count with an infinity of its own
	l := &rateLimiter{normal: normal, bucket: rate.NewLimiter(normal, burst)}
	l.timer = time.AfterFunc(unlimited, l.serve)
	l.timer.Stop() // serve sets it
	return l
}

// wait returns when it is the caller's turn, or with the error of ctx.
func (l *rateLimiter) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := make(chan struct{})
	l.mu.Lock()
	if ctx.Value(backgroundKey{}) != nil {
		l.background = append(l.background, turn)
	} else {
		l.urgent = append(l.urgent, turn)
	}
	l.mu.Unlock()
	l.serve()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.leave(turn)
		return ctx.Err()
	}
}

func (l *rateLimiter) leave(turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	is := func(other chan struct{}) bool { return other == turn }
	l.urgent = slices.DeleteFunc(l.urgent, is)
	l.background = slices.DeleteFunc(l.background, is)
}

// serve lets pass as many as may, and sets the timer for the next one.
func (l *rateLimiter) serve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.urgent)+len(l.background) > 0 {
		if delay := l.delay(); delay > 0 {
			l.timer.Reset(delay)
			return
		}
		close(l.next())
	}
}

// next takes the request whose turn it is out of its queue.
func (l *rateLimiter) next() chan struct{} {
	queue := &l.urgent
	if len(l.urgent) == 0 || len(l.background) > 0 && l.passed >= maxPassed {
		queue = &l.background
	}
	l.passed++
	if queue == &l.background || len(l.background) == 0 {
		l.passed = 0
	}
	turn := (*queue)[0]
	*queue = (*queue)[1:]
	return turn
}

// delay takes a token and is 0, or takes none and is the time until there is one.
func (l *rateLimiter) delay() time.Duration {
	now := time.Now()
	if now.Before(l.closedUntil) {
		return l.closedUntil.Sub(now)
	}
	for l.bucket.Limit() < l.normal && now.Sub(l.changed) >= recoverEvery {
		l.changed = l.changed.Add(recoverEvery)
		l.bucket.SetLimitAt(now, min(l.normal, 2*l.bucket.Limit()))
	}
	r := l.bucket.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// slowDown halves the rate, and lets no request pass for the time that the API asked for.
func (l *rateLimiter) slowDown(asked time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if until := now.Add(min(asked, maxRetryAfter)); until.After(l.closedUntil) {
		l.closedUntil = until
	}
	if l.bucket.Limit() < l.normal && now.Sub(l.changed) < slowdownEvery {
		return
	}
	l.changed = now
	l.bucket.SetLimitAt(now, max(l.normal/maxSlowdown, l.bucket.Limit()/2))
}
