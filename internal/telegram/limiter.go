package telegram

import (
	"context"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// chatRate is messages a second to one chat. Telegram asks for one, and tolerates short bursts
	// (core.telegram.org/bots/faq). It does not say how short; in practice about four pass; three
	// leaves room for delayed ones.
	chatRate  = 1
	chatBurst = 3
	// chatReserve is how many more messages a chat takes if they are goods. Other calls leave them
	// that room, so goods never wait behind screens.
	chatReserve = 1
	// maxBotBlock limits how long all chats are blocked if a flood limit seems to be the whole
	// bot's.
	maxBotBlock = 30 * time.Second
	// sweepSize is how many chats are kept without looking for idle ones.
	sweepSize = 1024
)

// rateLimiter lets calls pass. A call to a chat waits for the limiter of the chat, then for the one
// of the whole bot. Other calls, such as answerCallbackQuery, wait for no message: they have a
// limiter by method, which only blocks after a flood limit of that method.
type rateLimiter struct {
	all *limiter

	mu           sync.Mutex
	limiters     map[string]*limiter // by chat or method
	sweepAt      int                 // size of limiters at which idle ones are deleted
	flooded      string              // the chat with the latest flood limit …
	floodedUntil time.Time           // … and its end
}

// newRateLimiter allows perSecond messages to all chats together, in bursts of a quarter of a
// second.
func newRateLimiter(perSecond float64) *rateLimiter {
	burst := max(1, int(math.Ceil(perSecond/4)))
	return &rateLimiter{
		all:      newLimiter(rate.Limit(perSecond), burst),
		limiters: map[string]*limiter{},
		sweepAt:  sweepSize,
	}
}

type (
	backgroundKey struct{}
	goodsKey      struct{}
)

// Goods marks calls that go first, such as those that deliver what was paid for: they overtake the
// calls that wait, and each chat keeps room for them.
func Goods(ctx context.Context) context.Context {
	return context.WithValue(ctx, goodsKey{}, true)
}

// Background marks calls that can wait, such as those of a broadcast: each is made only while no
// other call waits and a burst of other calls could still follow at once.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// wait waits until r may be made. It returns an ErrFlood at once if that is after the deadline of
// ctx, and the context's error once ctx ends.
func (rl *rateLimiter) wait(ctx context.Context, r request) error {
	for {
		if err := rl.limiterOf(r).wait(ctx); err != nil {
			return err
		}
		if r.chat == "" {
			return nil
		}
		wait := rl.all.wait
		if ctx.Value(backgroundKey{}) != nil {
			wait = rl.all.waitUntilIdle
		}
		if err := wait(ctx); err != nil {
			return err
		}
		if !rl.limiterOf(r).isBlocked() { // it may have been while we waited for the whole bot's limiter
			return nil
		}
	}
}

// block blocks calls like r for as long as Telegram said. Telegram does not say whether a flood
// limit is the chat's or the bot's. A second chat that gets one while the first is still blocked is
// taken as a sign of the latter.
func (rl *rateLimiter) block(r request, wait time.Duration) {
	now := time.Now()
	rl.limiterOf(r).block(now.Add(wait))
	if r.chat == "" {
		return
	}
	rl.mu.Lock()
	defer rl.mu.Unlock()
	if rl.flooded != r.chat && now.Before(rl.floodedUntil) {
		rl.all.block(now.Add(min(wait, maxBotBlock)))
	}
	rl.flooded, rl.floodedUntil = r.chat, now.Add(wait)
}

// limiterOf returns the limiter of r. Limiters that behave like new ones are deleted once there are
// many; one with waiting calls is never deleted.
func (rl *rateLimiter) limiterOf(r request) *limiter {
	rl.mu.Lock()
	defer rl.mu.Unlock()
	key := "chat " + r.chat
	if r.chat == "" {
		key = r.method
	}
	l := rl.limiters[key]
	if l == nil {
		now := time.Now()
		sweep(rl.limiters, &rl.sweepAt, func(l *limiter) bool { return l.isFresh(now) })
		l = newLimiter(chatRate, chatBurst+chatReserve)
		l.reserve = chatReserve
		if r.chat == "" {
			l = newLimiter(rate.Inf, 1)
		}
		rl.limiters[key] = l
	}
	return l
}

// sweep deletes the idle entries of m once it has at least *at, and sets *at for the next time.
func sweep[K comparable, V any](m map[K]V, at *int, idle func(V) bool) {
	if len(m) < *at {
		return
	}
	maps.DeleteFunc(m, func(_ K, v V) bool { return idle(v) })
	*at = max(sweepSize, 2*len(m))
}

// limiter limits the calls of one chat, of one method, or of the whole bot. Calls pass in the order
// in which they came, but goods overtake other calls.
type limiter struct {
	head    chan struct{} // held by the call that is next
	goods   chan struct{} // the same for goods
	reserve int           // tokens that calls other than goods leave

	mu      sync.Mutex
	rate    *rate.Limiter
	blocked time.Time // no call passes before
	drained bool      // false from block until the next call drops the tokens saved up meanwhile
}

func newLimiter(limit rate.Limit, burst int) *limiter {
	return &limiter{head: make(chan struct{}, 1), goods: make(chan struct{}, 1), rate: rate.NewLimiter(limit, burst), drained: true}
}

// wait waits for the caller's turn and takes a token.
func (l *limiter) wait(ctx context.Context) error {
	head, need := l.head, 1+l.reserve
	if ctx.Value(goodsKey{}) != nil {
		head, need = l.goods, 1
	}
	select {
	case head <- struct{}{}:
		defer func() { <-head }()
		return l.take(ctx, float64(need))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitUntilIdle waits until a whole burst of tokens is saved up, and takes one of them. Calls of
// wait pass first.
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
		if saved := int(tokens - need); saved > 0 && l.rate.AllowN(now, saved) {
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

func (l *limiter) isBlocked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.blocked)
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
