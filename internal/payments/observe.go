package payments

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Call is what Config.Observe is told of a call of a method that is over.
type Call struct {
	Method   string
	Duration time.Duration // with all tries and waits
	Waited   time.Duration // of that, for the rate limit and between tries
	Attempts int           // 0 where the context ended before the first
	Err      error         // nil, or an *Error
}

// Outcome is "done", "not_done" or "unknown".
func (c Call) Outcome() string {
	switch {
	case c.Err == nil:
		return "done"
	case MayHaveHappened(c.Err):
		return OutcomeUnknown.String()
	}
	return OutcomeNotDone.String()
}

// report tells the log and the observer. The error itself is logged by whoever
// decides what becomes of it.
func (c *Client) report(ctx context.Context, op operation, done Call) {
	c.observe(done)
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := append([]slog.Attr{
		slog.String("method", done.Method),
		slog.String("outcome", done.Outcome()),
		slog.Duration("duration", done.Duration),
		slog.Duration("waited", done.Waited),
		slog.Int("attempts", done.Attempts),
	}, op.about...)
	if e, ok := errors.AsType[*Error](done.Err); ok {
		attrs = append(attrs, slog.Int("status", e.Status), slog.Int("code", e.Code), slog.String("name", e.Name))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "crypto pay call", attrs...)
}
