package telegram

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often one chat is written to. Telegram asks for one message a second and
// tolerates short bursts (core.telegram.org/bots/faq). It does not say how short;
// bots see four, and one less leaves room for messages that catch up on their way.
const (
	chatRate  = 1 // a second
	chatBurst = 3
)

// maxGuess limits how long all chats are held on the mere suspicion that a flood
// limit is everybody's.
const maxGuess = 30 * time.Second

// manyLines is how many lines are kept without looking for idle ones.
const manyLines = 1024

// pacer gives out turns: each call to a chat waits for the chat's turn, then for
// everybody's. Calls that are no messages have a line by method, which only
// Telegram's own flood limits slow down.
type pacer struct {
	all  *line
	idle chan struct{} // held by the background call whose turn comes next

	mu      sync.Mutex
	lines   map[string]*line // by chat or method
	sweepAt int              // size of lines at which idle ones are forgotten
	flooded string           // the chat that was last told to wait …
	until   time.Time        // … and how long
}

// newPacer allows perSecond messages to all chats together, and a quarter of a
// second's worth at once.
func newPacer(perSecond float64) *pacer {
	burst := max(1, int(math.Ceil(perSecond/4)))
	return &pacer{
		all:     newLine(rate.Limit(perSecond), burst),
		idle:    make(chan struct{}, 1),
		lines:   map[string]*line{},
		sweepAt: manyLines,
	}
}

type backgroundKey struct{}

// Background marks calls that can wait, such as a broadcast's: each is made only
// when nobody else has been waiting and a burst of other calls could still follow
// it at once.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// turn waits until r may be made. It fails at once with a *turnError if that will
// be after the context's deadline, and with the context's error if that ends.
func (p *pacer) turn(ctx context.Context, r request) error {
	l := p.join(r)
	defer p.leave(l)
	for {
		if err := l.wait(ctx); err != nil {
			return err
		}
		if r.chat == "" {
			return nil
		}
		if err := p.waitForAll(ctx); err != nil {
			return err
		}
		if !l.isHeld(time.Now()) { // while we waited for everybody's turn
			return nil
		}
	}
}

func (p *pacer) waitForAll(ctx context.Context) error {
	if ctx.Value(backgroundKey{}) == nil {
		return p.all.wait(ctx)
	}
	select {
	case p.idle <- struct{}{}:
		defer func() { <-p.idle }()
		return p.all.waitUntilIdle(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hold keeps calls like r back for as long as Telegram said. Telegram does not say
// whether its limit is the chat's or the bot's; a second chat that is told to wait
// while the first one still does is taken for the latter.
func (p *pacer) hold(r request, wait time.Duration) {
	now := time.Now()
	l := p.join(r)
	defer p.leave(l)
	l.hold(now.Add(wait))
	if r.chat == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flooded != r.chat && now.Before(p.until) {
		p.all.hold(now.Add(min(wait, maxGuess)))
	}
	p.flooded, p.until = r.chat, now.Add(wait)
}

// join finds the line of r and keeps it until leave.
func (p *pacer) join(r request) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := "chat " + r.chat
	if r.chat == "" {
		key = r.method
	}
	l := p.lines[key]
	if l == nil {
		p.sweep()
		l = newLine(chatRate, chatBurst)
		if r.chat == "" {
			l = newLine(rate.Inf, 1)
		}
		p.lines[key] = l
	}
	l.users++
	return l
}

func (p *pacer) leave(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.users--
}

// sweep forgets the lines that are as good as new, once there are many.
func (p *pacer) sweep() {
	if len(p.lines) < p.sweepAt {
		return
	}
	now := time.Now()
	for key, l := range p.lines {
		if l.users == 0 && l.isFresh(now) {
			delete(p.lines, key)
		}
	}
	p.sweepAt = max(manyLines, 2*len(p.lines))
}
