package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Call is what Config.Observe gets of a call of a method that is over.
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

// operation is one call of a method.
type operation struct {
	method string
	params params
	repeat repeatable
	about  []slog.Attr // what the log tells of it
}

// call is under all methods: it waits for the rate limit, sends, tries again where that is allowed,
// and reads the result into a T.
func call[T any](ctx context.Context, c *Client, op operation) (T, error) {
	var result T
	data, err := c.do(ctx, op)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(data, &result); err != nil {
		outcome := OutcomeUnknown
		if op.repeat == reading {
			outcome = OutcomeNotDone
		}
		return result, &Error{
			Method: op.method, Status: 200, Outcome: outcome,
			cause: fmt.Errorf("answer of another form than documented: %w", c.redact.err(err)),
		}
	}
	return result, nil
}

func (c *Client) do(ctx context.Context, op operation) (json.RawMessage, error) {
	body, err := json.Marshal(op.params.nonzero())
	if err != nil {
		return nil, &Error{Method: op.method, Outcome: OutcomeNotDone, cause: err}
	}
	done, started := Call{Method: op.method}, time.Now()
	result, failure := c.try(ctx, op, body, &done)
	done.Duration = time.Since(started)
	if failure != nil {
		done.Err = failure
	}
	c.report(ctx, op, done)
	return result, done.Err
}

// try sends until there is a result or no further try is allowed. Once a try is in doubt so is the
// call, whatever later tries are answered: a transfer that was made empties the balance, and the
// API may look at that before the spend_id.
func (c *Client) try(ctx context.Context, op operation, body []byte, done *Call) (json.RawMessage, *Error) {
	doubt := OutcomeNotDone
	for {
		entered := time.Now()
		err := c.limiter.wait(ctx)
		done.Waited += time.Since(entered)
		if err != nil {
			err = fmt.Errorf("waiting for the rate limit: %w", err)
			return nil, &Error{Method: op.method, Outcome: doubt, cause: err}
		}
		done.Attempts++
		result, failure := c.exchange(ctx, op.method, body)
		if failure == nil {
			return result, nil
		}
		if op.repeat == reading {
			failure.Outcome = OutcomeNotDone
		}
		if errors.Is(failure, ErrRateLimited) {
			c.limiter.slowDown(failure.RetryAfter)
		}
		again := c.waitToRetry(ctx, op, failure, done)
		doubt = min(doubt, failure.Outcome)
		if !again {
			failure.Outcome = doubt
			return nil, failure
		}
	}
}

// waitToRetry waits as long as a failure demands and reports whether to try again.
func (c *Client) waitToRetry(ctx context.Context, op operation, failure *Error, done *Call) bool {
	if ctx.Err() != nil || !c.mayRetry(op.repeat, done.Attempts, failure) {
		return false
	}
	wait := c.retryWait(done.Attempts, failure)
	c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "crypto pay call is tried again", append([]slog.Attr{
		slog.String("method", op.method), slog.Int("attempt", done.Attempts),
		slog.Duration("wait", wait), slog.String("reason", failure.Error()),
	}, op.about...)...)
	started := time.Now()
	ok := pause(ctx, wait)
	done.Waited += time.Since(started)
	return ok
}

// report tells the log and the observer. The error itself is logged by the caller, who decides what
// becomes of it.
func (c *Client) report(ctx context.Context, op operation, done Call) {
	c.cfg.Observe(ctx, done)
	if !c.cfg.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := append([]slog.Attr{
		slog.String("method", done.Method), slog.String("outcome", done.Outcome()),
		slog.Duration("duration", done.Duration), slog.Duration("waited", done.Waited),
		slog.Int("attempts", done.Attempts),
	}, op.about...)
	if e, ok := errors.AsType[*Error](done.Err); ok {
		attrs = append(attrs, slog.Int("status", e.Status), slog.Int("code", e.Code), slog.String("name", e.Name))
	}
	c.cfg.Log.LogAttrs(ctx, slog.LevelDebug, "crypto pay call", attrs...)
}
