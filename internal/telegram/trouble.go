package telegram

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// longestWait is the longest that a service that fails is left alone, unless it
// asked for more.
const longestWait = 30 * time.Second

// trouble follows a call that is repeated until it succeeds: it says each kind of
// failure once, waits longer from time to time, and says when it is over.
type trouble struct {
	log  *slog.Logger
	last string        // what was said
	wait time.Duration // before the next try
}

// met notes a failure, and waits as long as is right after it, or until ctx ends.
func (t *trouble) met(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	t.say(ctx, err)
	t.wait = min(max(2*t.wait, time.Second), longestWait)
	wait := t.wait
	if e, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	_ = pause(ctx, wait)
}

func (t *trouble) say(ctx context.Context, err error) {
	level, text := slog.LevelWarn, "telegram does not answer as it should, trying again"
	switch {
	case errors.Is(err, ErrConflict):
		level, text = slog.LevelError, "another program takes this bot's updates: stop it, or give it a bot of its own"
	case errors.Is(err, ErrUnauthorized):
		level, text = slog.LevelError, "telegram refuses the token: it was revoked, or the server's address is wrong"
	case errors.Is(err, ErrBadRequest):
		level, text = slog.LevelError, "telegram refuses what it is asked for"
	case errors.Is(err, ErrFlood):
		text = "telegram wants to be left alone for a while"
	case !isError(err):
		level, text = slog.LevelError, "updates cannot be taken in"
	}
	if text == t.last {
		return
	}
	t.last = text
	t.log.Log(ctx, level, text, "error", err) //nolint:sloglint // one of the constants above
}

// over notes a success.
func (t *trouble) over(ctx context.Context) {
	if t.last != "" {
		t.log.InfoContext(ctx, "telegram works again")
	}
	t.last, t.wait = "", 0
}

func isError(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}
