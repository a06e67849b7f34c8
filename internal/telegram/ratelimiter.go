package telegram

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// chatRate is messages a second to one chat. Telegram asks for one, and tolerates short bursts
	// (core.telegram.org/bots/faq). It does not say how short; bots see four, and one less leaves room
	// for messages that catch up on their way.
	chatRate  = 1
	chatBurst = 3
	// maxGuess limits how long all chats are blocked on the suspicion that a flood limit is the bot's.
	maxGuess = 30 * time.Second
	// manyLimiters is how many limiters are kept without looking for idle ones.
	manyLimiters = 1024
)

// rateLimiter lets calls pass. A call to a chat waits for the limiter of the chat, then for the one of
// the whole bot. Other calls, such as answerCallbackQuery, wait for no message: they have a limiter by
// method, which only blocks after a flood limit of that method.
type rateLimiter struct {
	all  *limiter
	idle chan struct{} // held by the background call that is next

	mu           sync.Mutex
	limiters     map[string]*limiter // by chat or method
	sweepAt      int                 // size of limiters at which idle ones are deleted
	flooded      string              // the chat with the latest flood limit …
	floodedUntil time.Time           // … and its end
}

// newRateLimiter allows perSecond messages to all chats together, in bursts of a quarter of a second.
func newRateLimiter(perSecond float64) *rateLimiter {
	burst := max(1, int(math.Ceil(perSecond/4)))
	return &rateLimiter{
		all:      newLimiter(rate.Limit(perSecond), burst),
		idle:     make(chan struct{}, 1),
		limiters: map[string]*limiter{},
		sweepAt:  manyLimiters,
	}
}

type backgroundKey struct{}

// Background marks calls that can wait, such as those of a broadcast: each is made only while no other
// call waits and a burst of other calls could still follow at once.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// wait waits until r may be made. It returns a *tooLateError at once if that is after the deadline of
// ctx, and the context's error once ctx ends.
func (rl *rateLimiter) wait(ctx context.Context, r request) error {
	l := rl.acquire(r)
	defer rl.release(l)
	for {
		if err := l.wait(ctx); err != nil {
			return err
		}
		if r.chat == "" {
			return nil
		}
		if err := rl.waitForAll(ctx); err != nil {
			return err
		}
		if !l.isBlocked(time.Now()) { // it may be since we waited for the whole bot's limiter
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

// block blocks calls like r for as long as Telegram said. Telegram does not say whether a flood limit is
// the chat's or the bot's. A second chat that gets one while the first is still blocked is taken as a
// sign of the latter.
func (rl *rateLimiter) block(r request, wait time.Duration) {
	now := time.Now()
	l := rl.acquire(r)
	defer rl.release(l)
	l.block(now.Add(wait))
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

// acquire returns the limiter of r and keeps it until release.
func (rl *rateLimiter) acquire(r request) *limiter {
	rl.mu.Lock()
	defer rl.mu.Unlock()
	key := "chat " + r.chat
	if r.chat == "" {
		key = r.method
	}
	l := rl.limiters[key]
	if l == nil {
		rl.sweep()
		l = newLimiter(chatRate, chatBurst)
		if r.chat == "" {
			l = newLimiter(rate.Inf, 1)
		}
		rl.limiters[key] = l
	}
	l.users++
	return l
}

func (rl *rateLimiter) release(l *limiter) {
	rl.mu.Lock()
	defer rl.mu.Unlock()
	l.users--
}

// sweep deletes idle limiters, once there are many.
func (rl *rateLimiter) sweep() {
	if len(rl.limiters) < rl.sweepAt {
		return
	}
	now := time.Now()
	for key, l := range rl.limiters {
		if l.users == 0 && l.isFresh(now) {
			delete(rl.limiters, key)
		}
	}
	rl.sweepAt = max(manyLimiters, 2*len(rl.limiters))
}
