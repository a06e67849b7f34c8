package shop

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Times of the workers.
const (
	stepTimeout    = 90 * time.Second // a step
	deliverTimeout = 6 * time.Minute  // a delivery, which may be the upload of a big file
	claimMargin    = 30 * time.Second // by which a claim outlives its step
	idleLook       = time.Minute      // between looks without any hint
	storeRetry     = time.Second      // pause after the store could not be read

	firstRetry = time.Second
	// The client of a payment service has repeated a call several times before it counts
	// as failed, so the shop waits longer after it.
	firstPaymentRetry = 5 * time.Second
	lastRetry         = 5 * time.Minute
)

// worker does one kind of task, several orders at a time.
type worker struct {
	shop     *Shop
	task     Task
	parallel int // steps at a time
	batch    int // orders in a step
	timeout  time.Duration
	// do returns an error if it could not store what it did.
	do func(ctx context.Context, orders []Order) error
}

func (s *Shop) workers() []worker {
	each := func(do func(context.Context, Order) error) func(context.Context, []Order) error {
		return func(ctx context.Context, orders []Order) (failed error) {
			for _, o := range orders {
				if err := do(ctx, o); err != nil {
					s.log.ErrorContext(ctx, "record order step failed", "order", o.ID, "state", o.State, "error", err)
					failed = err
				}
			}
			return failed
		}
	}
	return []worker{
		{s, TaskInvoice, 8, 1, stepTimeout, each(s.makeInvoice)},
		{s, TaskExpire, 1, 100, stepTimeout, s.expire},
		{s, TaskMake, 32, 1, stepTimeout, each(s.makeGoods)},
		{s, TaskDeliver, 32, 1, deliverTimeout, each(s.deliver)},
		{s, TaskLate, 1, 1, stepTimeout, each(s.tellLate)},
		{s, TaskRefund, 4, 1, stepTimeout, each(s.refund)},
		{s, TaskNotify, 16, 1, stepTimeout, each(s.tell)},
		{s, TaskClose, 2, 1, stepTimeout, each(s.closeStray)},
	}
}

// run claims and does work until ctx ends, and returns when the steps under
// way are done. steps is the context of the steps.
func (w worker) run(ctx, steps context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, w.parallel) // holds one for each step under way
	for {
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
			<-slots // there is room; only this loop takes it
		}
		orders, err := w.claim(ctx, (w.parallel-len(slots))*w.batch)
		if err != nil || len(orders) == 0 {
			w.wait(ctx, err)
			continue
		}
		for step := range slices.Chunk(orders, w.batch) {
			slots <- struct{}{}
			running.Go(func() {
				defer func() { <-slots }()
				w.step(steps, step)
			})
		}
	}
}

// claim takes work that is due. A step that is asked for after the end of ctx is left to the next
// run.
func (w worker) claim(ctx context.Context, limit int) ([]Order, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// The exact time, as in wait: with one cut to the millisecond, work due within this
	// millisecond would be neither given out nor waited for.
	at := time.Now()
	return w.shop.store.Claim(ctx, w.task, at, at.Add(w.timeout+claimMargin), limit)
}

func (w worker) step(ctx context.Context, orders []Order) {
	ids := make([]OrderID, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	limited, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	if err := w.do(limited, orders); err != nil && !isOutage(err) {
		return // due again when the claim ends: at once it would be done, and fail, over and over
	} else if err != nil {
		sleep(ctx, storeRetry)
	}
	w.shop.release(ctx, w.task, ids...)
}

// isOutage reports whether an error says that the same may succeed a moment later, such as one of a
// database server that restarts.
func isOutage(err error) bool {
	outage, ok := errors.AsType[interface {
		error
		TryAgain() bool
	}](err)
	return ok && outage.TryAgain()
}

// wait sleeps until there may be work, or for a moment if the store failed.
func (w worker) wait(ctx context.Context, failed error) {
	wait := idleLook
	if failed == nil {
		var due time.Time
		var some bool
		due, some, failed = w.shop.store.NextDue(ctx, w.task)
		if some {
			wait = min(wait, max(time.Until(due), 0))
		}
	}
	if failed != nil {
		if ctx.Err() == nil {
			w.shop.log.ErrorContext(ctx, "claim work failed", "task", w.task, "error", failed)
		}
		wait = storeRetry
	}
	wake := w.shop.wake[w.task]
	if failed != nil {
		wake = nil // new work does not mend the store
	}
	await(ctx, wait, wake)
}

// await waits for some time, or for less if a hint comes or ctx ends.
func await(ctx context.Context, wait time.Duration, wake <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-wake:
	case <-time.After(wait):
	}
}

// postpone notes a failed attempt at a task, which is tried again later, and applies also in the same
// change.
func (s *Shop) postpone(ctx context.Context, o Order, t Task, cause error, also ...func(*Order)) error {
	wait := s.backoff(firstWait(t), o.Attempts(t))
	if later, ok := errors.AsType[*RetryAfterError](cause); ok {
		wait = min(later.Wait, longestWait(o, t)) + time.Millisecond // now is cut, and this must not be early
	}
	prepared, waits := errors.AsType[*NotReadyError](cause)
	if waits {
		wait = min(prepared.Wait, longestWait(o, t)) + time.Millisecond
	}
	s.log.WarnContext(ctx, "order step will be tried again",
		"order", o.ID, "task", t, "attempt", o.Attempts(t)+1, "wait", wait, "error", cause)
	_, err := s.change(ctx, o.ID, func(after *Order, _ Free) error {
		if !slices.ContainsFunc(after.Jobs(), func(j Job) bool { return j.Task == t }) {
			return ErrUnchanged // it moved on meanwhile
		}
		for _, do := range also {
			do(after)
		}
		at := now()
		if waits { // an answer, so what failed before it counts no more
			after.dropRetry(t)
		}
		after.Postpone(t, at, at.Add(wait))
		return nil
	})
	return err
}

// longestWait bounds what somebody else asks us to wait: buyers and their
// reservations are not kept in the dark for it.
func longestWait(o Order, t Task) time.Duration {
	switch t {
	case TaskInvoice:
		return min(max(time.Until(o.Created.Add(giveUpInvoice)), 0), giveUpInvoice) + firstPaymentRetry
	case TaskExpire:
		return longestAskingWait
	case TaskMake, TaskDeliver, TaskLate, TaskRefund, TaskNotify, TaskClose:
	}
	return time.Hour
}

func firstWait(t Task) time.Duration {
	if t == TaskMake || t == TaskDeliver || t == TaskNotify {
		return firstRetry
	}
	return firstPaymentRetry
}

// backoff doubles from first to lastRetry, less a random part of up to a half, so
// that orders that failed together do not come back together.
func (s *Shop) backoff(first time.Duration, attempts int) time.Duration {
	wait := lastRetry
	if attempts < 10 {
		wait = min(first<<attempts, lastRetry)
	}
	return wait - s.random(wait/2)
}
