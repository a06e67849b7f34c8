package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// operation is one call of a method.
type operation struct {
	method string
	params params
	repeat repeatable
	about  []slog.Attr // what the log tells of it
}

// call is under all methods: it waits for the rate limit, sends, tries again
// where that is allowed, and reads the result into a T.
func call[T any](ctx context.Context, c *Client, op operation) (T, error) {
	var result T
	data, err := c.do(ctx, op)
	if err != nil {
		return result, err
	}
	if err := decode(data, &result); err != nil {
		return result, &Error{
			Method: op.method, Status: 200, Outcome: op.repeat.doubt(),
			cause: fmt.Errorf("answer of another form than documented: %w", c.redact.err(err)),
		}
	}
	return result, nil
}

// decode is json.Unmarshal for data that is known to be valid JSON: objects that
// read themselves are spared another check of it.
func decode[T any](data []byte, result *T) error {
	if u, ok := any(result).(json.Unmarshaler); ok {
		return u.UnmarshalJSON(data)
	}
	return json.Unmarshal(data, result)
}

// doubt is the outcome of a call whose answer is not known.
func (r repeatable) doubt() Outcome {
	if r == reading {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}

func (c *Client) do(ctx context.Context, op operation) (json.RawMessage, error) {
	body, err := json.Marshal(op.params.nonzero())
	if err != nil {
		return nil, &Error{Method: op.method, Outcome: OutcomeNotDone, cause: err}
	}
	done := Call{Method: op.method}
	started := time.Now()
	result, failure := c.try(ctx, op, body, &done)
	done.Duration = time.Since(started)
	if failure != nil {
		done.Err = failure
	}
	c.report(ctx, op, done)
	if failure != nil {
		return nil, failure
	}
	return result, nil
}

// try sends until there is a result or no further try is allowed. Once a try is
// in doubt so is the call, whatever is said to later tries: a transfer that was
// made empties the balance, and the API may look at that before the spend_id.
func (c *Client) try(ctx context.Context, op operation, body []byte, done *Call) (json.RawMessage, *Error) {
	doubt := OutcomeNotDone
	for {
		entered := time.Now()
		err := c.gate.wait(ctx)
		done.Waited += time.Since(entered)
		if err != nil {
			return nil, &Error{Method: op.method, Outcome: doubt, cause: fmt.Errorf("waiting for the rate limit: %w", err)}
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
			c.gate.slow(failure.RetryAfter)
		}
		again := c.repeatAfter(ctx, op, failure, done)
		doubt = min(doubt, failure.Outcome)
		if !again {
			failure.Outcome = doubt
			return nil, failure
		}
	}
}

// repeatAfter waits as long as a failure demands and reports whether to try again.
func (c *Client) repeatAfter(ctx context.Context, op operation, failure *Error, done *Call) bool {
	if ctx.Err() != nil || !c.retry.again(op.repeat, done.Attempts, failure) {
		return false
	}
	wait := c.retry.wait(done.Attempts, failure)
	c.log.LogAttrs(ctx, slog.LevelWarn, "crypto pay call is tried again", append([]slog.Attr{
		slog.String("method", op.method),
		slog.Int("attempt", done.Attempts),
		slog.Duration("wait", wait),
		slog.String("reason", failure.Error()),
	}, op.about...)...)
	started := time.Now()
	ok := pause(ctx, wait)
	done.Waited += time.Since(started)
	return ok
}
