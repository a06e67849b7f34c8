package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// How long Telegram may take for a call that carries no file, and for one that does.
const (
	callLimit   = 30 * time.Second
	uploadLimit = 5 * time.Minute
)

// Only short floods are waited out within a call, and only so often: a handler
// that sleeps for long is worse than one that is run again.
const (
	shortFlood = 3 * time.Second
	maxTries   = 3
)

// request says what a call is, for its turn and its repetition.
type request struct {
	method string
	chat   string        // whose turn it takes; "" for what is no message
	files  []upload      // sent along
	limit  time.Duration // 0: callLimit
}

// call makes a call in its turn. Its errors are *Error.
//
// Nothing is repeated that may have been done: only a 429 is, if it is short, if
// the context's deadline allows, and if the files can be read again.
func call[T any](ctx context.Context, c *Client, r request, do func(context.Context) (T, error)) (T, error) {
	for try := 1; ; try++ {
		result, err := callOnce(ctx, c, r, do)
		if try == maxTries || !isShortFlood(err) || !rewind(r.files) {
			return result, err
		}
	}
}

// isShortFlood tells a refusal that was heard from Telegram and is over soon.
func isShortFlood(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code != 0 && e.RetryAfter > 0 && e.RetryAfter <= shortFlood
}

// callOnce waits for the turn, and makes the call.
func callOnce[T any](ctx context.Context, c *Client, r request, do func(context.Context) (T, error)) (T, error) {
	var result T
	asked := time.Now()
	if err := c.pace.turn(ctx, r); err != nil {
		err = notMade(r.method, err)
		c.note(ctx, Call{Method: r.method, Waited: time.Since(asked)}, err)
		return result, err
	}
	began := time.Now()
	limit := r.limit
	if limit == 0 {
		limit = callLimit
	}
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var raw json.RawMessage
	result, err := do(context.WithValue(inTime, resultKey{}, &raw))
	if err != nil {
		result, err = reread[T](c, r, raw, err)
	}
	c.note(ctx, Call{Method: r.method, Waited: began.Sub(asked), Took: time.Since(began)}, err)
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		c.pace.hold(r, e.RetryAfter)
	}
	return result, err
}

// reread settles what a failed call of the library's was. One that Telegram has
// done although the library cannot read the answer is a success: to repeat it
// would send a message twice.
func reread[T any](c *Client, r request, raw json.RawMessage, err error) (T, error) {
	var nothing T
	if e, ok := errors.AsType[*Error](err); ok {
		return nothing, e
	}
	if unread, ok := errors.AsType[*bodyError](err); ok {
		return nothing, &Error{Method: r.method, Description: c.wire.redact.text(unread.Error()), err: unread.err}
	}
	if result, ok := essence(raw).(T); ok {
		return result, nil
	}
	return nothing, &Error{Method: r.method, Description: c.wire.redact.text(err.Error()), err: ErrTemporary}
}

// notMade is a call that was given up before it was made.
func notMade(method string, err error) error {
	if late, ok := errors.AsType[*turnError](err); ok {
		return &Error{Method: method, Description: late.Error(), RetryAfter: late.wait, err: ErrFlood}
	}
	return &Error{Method: method, Description: "given up while waiting for its turn", err: err}
}

// note tells log and metrics of a call.
func (c *Client) note(ctx context.Context, made Call, err error) {
	made.Outcome = outcome(err)
	if err == nil {
		c.heard()
	}
	c.observe(made)
	c.log.DebugContext(ctx, "telegram called", "method", made.Method, "outcome", made.Outcome,
		"waited", made.Waited, "took", made.Took)
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	for _, k := range []struct {
		err  error
		word string
	}{
		{context.Canceled, "cancelled"},
		{ErrFlood, "flood"},
		{ErrBlocked, "blocked"},
		{ErrChatGone, "chat_gone"},
		{ErrMessageGone, "message_gone"},
		{ErrUnauthorized, "unauthorized"},
		{ErrConflict, "conflict"},
		{ErrTemporary, "temporary"},
		{context.DeadlineExceeded, "cancelled"},
	} {
		if errors.Is(err, k.err) {
			return k.word
		}
	}
	return "bad_request"
}
