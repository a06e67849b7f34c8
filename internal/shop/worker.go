package shop

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

// Times of the workers.
const (
	stepTimeout    = 90 * time.Second // a step
	deliverTimeout = 6 * time.Minute  // a delivery, which may be the upload of a big file
	leaseMargin    = 30 * time.Second // by which a claim is longer than its step
	idleLook       = time.Minute      // between looks without any hint
	troubled       = time.Second      // pause after the store could not be read

	firstRetry = time.Second
	// A call of the payment service has been repeated by its client before it counts
	// as failed, so an outage is met with a longer breath.
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
	do       func(ctx context.Context, orders []Order)
}

func (s *Shop) workers() []worker {
	each := func(do func(context.Context, Order) error) func(context.Context, []Order) {
		return func(ctx context.Context, orders []Order) {
			for _, o := range orders {
				if err := do(ctx, o); err != nil {
					s.log.ErrorContext(ctx, "order step not recorded", "order", o.ID, "state", o.State, "error", err)
				}
			}
		}
	}
	return []worker{
		{s, TaskInvoice, 8, 1, stepTimeout, each(s.makeInvoice)},
		{s, TaskExpire, 1, 100, stepTimeout, s.expire},
		{s, TaskDeliver, 32, 1, deliverTimeout, each(s.deliver)},
		{s, TaskRefund, 4, 1, stepTimeout, each(s.transfer)},
		{s, TaskNotify, 16, 1, stepTimeout, each(s.notify)},
		{s, TaskClose, 2, 1, stepTimeout, each(s.closeInvoice)},
	}
}

// run claims and does work until ctx ends, and returns when the steps under
// way are done. steps is the context of the steps.
func (w worker) run(ctx, steps context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, w.parallel) // holds one for each step under way
	for {
		free := occupy(ctx, slots)
		if free == 0 {
			return
		}
		// All that can be worked on is claimed at once, since each claim is a commit.
		for orders := range slices.Chunk(w.claim(ctx, free*w.batch), w.batch) {
			free--
			running.Go(func() {
				defer func() { <-slots }()
				step, cancel := context.WithTimeout(steps, w.timeout)
				defer cancel()
				w.do(step, orders)
			})
		}
		for range free {
			<-slots
		}
	}
}

// occupy waits for a free slot and takes all that there are then; none when ctx ends.
func occupy(ctx context.Context, slots chan struct{}) (taken int) {
	if ctx.Err() != nil {
		return 0
	}
	select {
	case <-ctx.Done():
		return 0
	case slots <- struct{}{}:
	}
	for taken = 1; ; taken++ {
		select {
		case slots <- struct{}{}:
		default:
			return taken
		}
	}
}

// claim takes the work that is due, or waits until there may be some and returns none.
func (w worker) claim(ctx context.Context, limit int) []Order {
	// What is due is asked of the exact time, as the waiting below is: with one cut to the millisecond, work
	// due within this one would be neither given out nor waited for.
	orders, err := w.shop.store.Claim(ctx, w.task, time.Now(), now().Add(w.timeout+leaseMargin), limit)
	if err == nil && len(orders) > 0 {
		return orders
	}
	wait := idleLook
	if err == nil {
		var due time.Time
		var some bool
		due, some, err = w.shop.store.NextDue(ctx, w.task)
		if some {
			wait = min(wait, max(time.Until(due), 0))
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			w.shop.log.ErrorContext(ctx, "work not readable", "task", w.task, "error", err)
		}
		wait = troubled
	}
	w.sleep(ctx, wait)
	return nil
}

func (w worker) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.shop.wake[w.task]:
	case <-timer.C:
	}
}

// postpone puts a task off after an attempt that did not work out.
func (s *Shop) postpone(ctx context.Context, o Order, t Task, cause error) error {
	wait := s.backoff(firstWait(t), o.Attempts(t))
	if later, ok := errors.AsType[*RetryAfterError](cause); ok {
		wait = min(later.Wait, longestWait(o, t))
	}
	s.log.WarnContext(ctx, "order step will be tried again",
		"order", o.ID, "task", t, "attempt", o.Attempts(t)+1, "wait", wait, "error", cause)
	_, err := s.change(ctx, o.ID, func(o *Order, _ int) error {
		o.Postpone(t, now().Add(wait))
		return nil
	})
	return err
}

// longestWait bounds what somebody else asks us to wait: buyers and their
// reservations are not kept in the dark for it.
func longestWait(o Order, t Task) time.Duration {
	switch t {
	case TaskInvoice:
		return max(time.Until(o.Created.Add(giveUpInvoice)), 0) + firstPaymentRetry
	case TaskExpire:
		return max(time.Until(o.Expires.Add(giveUpAsking)), 0) + firstPaymentRetry
	case TaskDeliver, TaskRefund, TaskNotify, TaskClose:
	}
	return time.Hour
}

func firstWait(t Task) time.Duration {
	if t == TaskDeliver || t == TaskNotify {
		return firstRetry
	}
	return firstPaymentRetry
}

// backoff doubles from first to lastRetry, less up to a half by chance, so
// that orders that failed together do not come back together.
func (s *Shop) backoff(first time.Duration, attempts int) time.Duration {
	wait := lastRetry
	if attempts < 10 {
		wait = min(first<<attempts, lastRetry)
	}
	source := s.cfg.Rand
	if source == nil {
		source = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return wait // without chance it is still a wait
	}
	half := uint64(wait / 2)
	return wait - time.Duration(binary.BigEndian.Uint64(b[:])%half) //nolint:gosec // below half a wait
}
