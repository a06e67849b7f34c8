package telegram

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// chatRate is messages a second to one chat. Telegram asks for one, and tolerates short bursts
	// (core.telegram.org/bots/faq). It does not say how short; bots see four, and one less leaves
	// room for messages that catch up on their way.
	chatRate  = 1
	chatBurst = 3
	// maxGuess limits how long all chats are blocked on the suspicion that a flood limit is the
	// bot's.
	maxGuess = 30 * time.Second
	// sweepSize is how many chats are kept without looking for idle ones.
	sweepSize = 1024
)

// rateLimiter lets calls pass. A call to a chat waits for the limiter of the chat, then for the one
// of the whole bot. Other calls, such as answerCallbackQuery, wait for no message: they have a
// limiter by method, which only blocks after a flood limit of that method.
type rateLimiter struct {
	all  *limiter
	idle chan struct{} // held by the background call that is next

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
		idle:     make(chan struct{}, 1),
		limiters: map[string]*limiter{},
		sweepAt:  sweepSize,
	}
}

type backgroundKey struct{}

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
		if err := rl.waitForAll(ctx); err != nil {
			return err
		}
		if !rl.limiterOf(r).isBlocked(time.Now()) { // it may be since we waited for the whole bot's limiter
			return nil
		}
	}
}

func (rl *rateLimiter) waitForAll(ctx context.Context) error {
	if ctx.Value(backgroundKey{}) == nil {
		return rl.all.wait(ctx)
	}
	select {
	case rl.idle <- struct{}{}:
		defer func() { <-rl.idle }()
		return rl.all.waitUntilIdle(ctx)
	case <-ctx.Done():
		return ctx.Err()
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
		rl.all.block(now.Add(min(wait, maxGuess)))
	}
	rl.flooded, rl.floodedUntil = r.chat, now.Add(wait)
}

// limiterOf returns the limiter of r. Limiters that behave like new ones are deleted once there are
// many; one that a call waits for does not.
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
		l = newLimiter(chatRate, chatBurst)
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
