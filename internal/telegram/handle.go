package telegram

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// handleLimit is how long a handler may take.
	handleLimit = time.Minute
	// maxPause limits how long a chat waits because Telegram said so.
	maxPause = 10 * time.Minute
	// diskPause is the pause after a dead letter could not be kept.
	diskPause = time.Minute
)

// Pauses before a failed update is handled again. After the last one it becomes a dead letter, so
// that its chat does not wait forever. An outage of Telegram or a revoked token is not the update's
// fault and gets more patience, and so does a payment. See also IsOutage.
var (
	usualPauses  = [...]time.Duration{2 * time.Second, 10 * time.Second}
	outagePauses = [...]time.Duration{
		2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute,
		8 * time.Minute, 15 * time.Minute,
	}
)

// pauseAfter returns the pause after an attempt that failed with err, and failed ones before it. It
// returns false if the update is not handled again.
func pauseAfter(err error, failed int, payment bool) (time.Duration, bool) {
	if IsOutage(err) {
		return usualPauses[0], true
	}
	pauses := usualPauses[:]
	if payment || errors.Is(err, ErrTemporary) || errors.Is(err, ErrFlood) || errors.Is(err, ErrUnauthorized) ||
		errors.Is(err, ErrFrozen) {
		pauses = outagePauses[:]
	}
	if failed >= len(pauses) {
		return 0, false
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return min(max(pauses[failed], e.RetryAfter), maxPause), true
	}
	return pauses[failed], true
}

// IsOutage reports whether an error says that the same may succeed a moment later, such as one of a
// database server that restarts. A leader whose database stays away is deposed within seconds, so the
// update is handled again and again until then.
func IsOutage(err error) bool {
	outage, ok := errors.AsType[interface {
		error
		TryAgain() bool
	}](err)
	return ok && outage.TryAgain()
}

// do handles one task. It returns when to handle it again; 0 if it is done.
func (in *Intake) do(ctx context.Context, t *task) (retryAfter time.Duration) {
	if t.overflow {
		in.notifyOverflow(ctx, t.chat)
		return 0
	}
	err := guard(context.WithValue(ctx, replacedKey{}, t.replaced), func(ctx context.Context) error {
		if in.Payment != nil && t.isPayment() {
			return in.Payment(ctx, t.update, t.raw)
		}
		return in.handle(ctx, t.update)
	})
	if err == nil {
		in.handled.Add(1)
		return 0
	}
	if ctx.Err() != nil || !in.dispatcher.isOpen() {
		return diskPause // the update stays in the inbox, and the next run handles it
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		in.log.ErrorContext(ctx, "update handler panicked", "update", t.id, "panic", p.Error(), "stack", p.stack)
	} else if wait, ok := pauseAfter(err, t.failed, t.isPayment()); ok {
		t.failed++
		in.log.WarnContext(ctx, "handle update failed, will retry", "update", t.id, "wait", wait, "error", err)
		return wait
	} else {
		in.log.ErrorContext(ctx, "handle update failed", "update", t.id, "error", err)
	}
	if err := in.addDeadLetter(ctx, t, err); err != nil {
		in.log.ErrorContext(ctx, "keep dead letter failed, will retry", "update", t.id, "error", err)
		return diskPause
	}
	return 0
}

// guard calls f with a timeout and turns a panic into a *panicError.
func guard(ctx context.Context, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handleLimit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: string(debug.Stack())}
		}
	}()
	return f(ctx)
}

type (
	replacedKey struct{}
	yieldingKey struct{}
)

// Yielding marks calls that are given up with ErrReplaced if they still wait for a rate limit when
// the update that is being handled is replaced.
func Yielding(ctx context.Context) context.Context {
	return context.WithValue(ctx, yieldingKey{}, true)
}

// untilReplaced returns a context that ends with the cause ErrReplaced once the update that is
// being handled is replaced, if ctx is marked by Yielding.
func untilReplaced(ctx context.Context) (context.Context, context.CancelFunc) {
	replaced, _ := ctx.Value(replacedKey{}).(chan struct{})
	if replaced == nil || ctx.Value(yieldingKey{}) == nil {
		return ctx, func() {}
	}
	waiting, cancel := context.WithCancelCause(ctx)
	select {
	case <-replaced:
		cancel(ErrReplaced)
		return waiting, func() {}
	default:
	}
	done := make(chan struct{})
	go func() {
		select {
		case <-replaced:
			cancel(ErrReplaced)
		case <-done:
		}
	}()
	return waiting, func() {
		close(done)
		cancel(context.Canceled)
	}
}

// notifyOverflow tells a person that updates were dropped. Groups are not told.
func (in *Intake) notifyOverflow(ctx context.Context, chat int64) {
	if in.Overflow == nil || chat <= 0 {
		return
	}
	err := guard(ctx, func(ctx context.Context) error {
		in.Overflow(ctx, chat)
		return nil
	})
	if err != nil {
		in.log.ErrorContext(ctx, "overflow notice panicked", "chat", chat, "error", err)
	}
}

// panicError is a panic of a handler. Its text has the value only if that is a runtime error:
// another one may contain what a user wrote.
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
