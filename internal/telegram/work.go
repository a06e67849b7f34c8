package telegram

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// handleLimit is how long a handler may take.
const handleLimit = time.Minute

// pauses are taken before a failed update is handled again. After the last one it
// is put aside: an update that cannot be handled must not keep its chat waiting for ever.
// An outage of Telegram, or a token that is refused, is no fault of the update and is waited out longer.
var (
	pauses       = [...]time.Duration{2 * time.Second, 10 * time.Second}
	outagePauses = [...]time.Duration{
		2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute,
	}
)

// pausesFor chooses how patiently an update is handled again after an error.
func pausesFor(err error) []time.Duration {
	if errors.Is(err, ErrTemporary) || errors.Is(err, ErrFlood) || errors.Is(err, ErrUnauthorized) {
		return outagePauses[:]
	}
	return pauses[:]
}

// maxPause limits how long a chat waits because Telegram said so.
const maxPause = 10 * time.Minute

// do handles one task. It returns when to do it again; 0: never.
func (in *Intake) do(ctx context.Context, t *task) time.Duration {
	if t.overflow {
		in.answerOverflow(ctx, t.chat)
		return 0
	}
	err := in.attempt(ctx, t)
	crashed, hasCrashed := errors.AsType[*panicError](err)
	switch {
	case err == nil:
		in.handled.Add(1)
		in.done(context.WithoutCancel(ctx), t.id)
		return 0
	case ctx.Err() != nil || !in.lanes.isOpen():
		return 0 // stays in the inbox, and the next run tries again
	case hasCrashed:
		in.log.ErrorContext(ctx, "update crashed its handler", "update", t.id, "panic", crashed.Error(), "stack", crashed.stack)
	case t.failed < len(pausesFor(err)):
		wait := pauseAfter(err, pausesFor(err)[t.failed])
		t.failed++
		in.log.WarnContext(ctx, "update not handled, will be tried again", "update", t.id, "wait", wait, "error", err)
		return wait
	default:
		in.log.ErrorContext(ctx, "update not handled", "update", t.id, "error", err)
	}
	if err := in.setAside(ctx, t.id, t.raw, err.Error()); err != nil {
		in.log.ErrorContext(ctx, "update not put aside", "update", t.id, "error", err)
	}
	return 0
}

// pauseAfter is at least as long as Telegram asked for.
func pauseAfter(err error, usual time.Duration) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return min(max(usual, e.RetryAfter), maxPause)
	}
	return usual
}

// attempt calls the handler once.
func (in *Intake) attempt(ctx context.Context, t *task) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handleLimit)
	defer cancel()
	defer recovered(&err)
	return in.handle(ctx, t.update)
}

// answerOverflow tells a person that some of their messages were not read. Groups
// are not told.
func (in *Intake) answerOverflow(ctx context.Context, chat int64) {
	if in.Overflow == nil || chat <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, handleLimit)
	defer cancel()
	err := func() (err error) {
		defer recovered(&err)
		in.Overflow(ctx, chat)
		return nil
	}()
	if err != nil {
		in.log.ErrorContext(ctx, "answer to too many updates crashed", "chat", chat, "error", err)
	}
}

// panicError is a panic of a handler. Its text leaves out what was panicked with,
// unless that is the runtime's: it may hold what somebody wrote.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string {
	if err, ok := e.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: a %T", e.value)
}

// recovered turns a panic into an error. It has to be deferred itself.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = &panicError{value: p, stack: string(debug.Stack())}
	}
}
