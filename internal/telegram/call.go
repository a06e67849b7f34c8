package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	// Timeouts of a call without a file, and of one with.
	callLimit   = 30 * time.Second
	uploadLimit = 5 * time.Minute
	// Only a short flood limit is waited out within a call, and only this often: a handler that
	// sleeps for long is worse than one that is called again.
	shortFlood = 3 * time.Second
	maxTries   = 3
)

// request describes a call to the rate limiter and to the retries.
type request struct {
	method string
	chat   string        // for the chat's rate limit; "" if the call is not a message to a chat
	files  []upload      // sent along
	limit  time.Duration // 0: callLimit
}

// call makes a call once the rate limits allow it. Its errors are *Error.
//
// A call that may have been done is never repeated. Only a 429 is, if it is short, the context's
// deadline allows it, and the files can be read again.
func call[T any](ctx context.Context, c *Client, r request, do func(context.Context) (T, error)) (T, error) {
	for try := 1; ; try++ {
		result, err := callOnce(ctx, c, r, do)
		if try == maxTries || !isShortFlood(err) || !rewind(r.files) {
			return result, err
		}
	}
}

// isShortFlood reports whether err is a flood limit that came from Telegram and ends soon.
func isShortFlood(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code != 0 && e.RetryAfter > 0 && e.RetryAfter <= shortFlood
}

// callOnce waits for the rate limits and makes the call.
func callOnce[T any](ctx context.Context, c *Client, r request, do func(context.Context) (T, error)) (T, error) {
	var result T
	asked := time.Now()
	if err := c.waitForLimits(ctx, r); err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			e = &Error{Description: "given up while waiting for the rate limit", err: err}
		}
		e.Method = r.method
		c.note(ctx, Call{Method: r.method, Waited: time.Since(asked)}, e)
		return result, e
	}
	began := time.Now()
	inTime, cancel := context.WithTimeout(ctx, cmp.Or(r.limit, callLimit))
	defer cancel()
	var raw json.RawMessage
	result, err := do(context.WithValue(inTime, resultKey{}, &raw))
	if err != nil {
		result, err = salvage[T](c, r, raw, err)
	}
	c.note(ctx, Call{Method: r.method, Waited: began.Sub(asked), Took: time.Since(began)}, err)
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		c.limits.block(r, e.RetryAfter)
	}
	return result, err
}

// waitForLimits waits for the rate limits. It gives up with ErrReplaced as Yielding says.
func (c *Client) waitForLimits(ctx context.Context, r request) error {
	waiting, stop := untilReplaced(ctx)
	defer stop()
	err := waiting.Err()
	if err == nil {
		err = c.limits.wait(waiting, r)
	}
	if err != nil && errors.Is(context.Cause(waiting), ErrReplaced) {
		return ErrReplaced
	}
	return err
}

// salvage turns an error of the library into an *Error. A call that Telegram has done, although the
// library cannot decode the answer, is a success: repeating it would send a message twice.
func salvage[T any](c *Client, r request, raw json.RawMessage, err error) (T, error) {
	var nothing T
	if e, ok := errors.AsType[*Error](err); ok {
		return nothing, e
	}
	if unread, ok := errors.AsType[*bodyError](err); ok {
		return nothing, &Error{Method: r.method, Description: c.wire.redact.text(unread.Error()), err: unread.err}
	}
	if result, ok := minimalMessage(raw).(T); ok {
		return result, nil
	}
	return nothing, &Error{Method: r.method, Description: c.wire.redact.text(err.Error()), err: ErrTemporary}
}

// raw makes a call without the library and its types, and without a rate limit.
func (c *Client) raw(ctx context.Context, method string, params any, limit time.Duration) (json.RawMessage, error) {
	began := time.Now()
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := c.wire.post(inTime, method, params)
	c.note(ctx, Call{Method: method, Took: time.Since(began)}, err)
	return result, err
}

// note logs and observes a call.
func (c *Client) note(ctx context.Context, made Call, err error) {
	made.Outcome = outcome(err)
	if err == nil {
		c.alive.Store(true)
	}
	c.observe(ctx, made)
	c.log.DebugContext(ctx, "telegram called", "method", made.Method, "outcome", made.Outcome,
		"waited", made.Waited, "took", made.Took)
}

func outcome(err error) string {
	k, isKind := errors.AsType[*kind](err)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled), !isKind && errors.Is(err, context.DeadlineExceeded):
		return "cancelled"
	case isKind:
		return k.outcome
	default:
		return "bad_request"
	}
}
