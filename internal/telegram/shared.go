package telegram

import (
	"context"
	"math"
	"time"
)

// RunStandby keeps updates for another process, which runs Run on the same inbox, until ctx ends. It
// answers only what cannot wait: pre-checkout and inline queries. It takes the place of Run.
func (in *Intake) RunStandby(ctx context.Context) error {
	in.Shared = true
	return in.run(ctx, in.keepForOthers)
}

// keepForOthers keeps batches until ctx ends.
func (in *Intake) keepForOthers(ctx context.Context) {
	for {
		select {
		case b := <-in.batches:
			_ = in.keep(context.WithoutCancel(ctx), in.collectBatches(b, maxQueued)) // accept returns the error
		case <-ctx.Done():
			return
		}
	}
}

// Wake has Run look for updates that other processes have kept. It is quick.
func (in *Intake) Wake() {
	select {
	case in.wake <- struct{}{}:
	default: // it is about to look
	}
}

// lookAtShared queues updates of a shared inbox if there may be new ones, or there is room for the
// backlog.
func (in *Intake) lookAtShared(ctx context.Context) error {
	select {
	case <-in.wake:
		in.backlog.look = true
	default:
	}
	if !in.backlog.look && (in.backlog.size.Load() == 0 || !in.hasRoom()) {
		return nil
	}
	err := in.queueShared(ctx, false)
	if err != nil {
		in.log.ErrorContext(ctx, "read pending updates failed", "error", err)
	}
	return err
}

// queueShared queues what waits in a shared inbox and is not in the dispatcher, by rising id and as
// of one moment. So the updates of a chat stay in order, whichever process kept them: Telegram posts
// the next one only after it knows that the one before is kept. What does not fit is the backlog,
// except for payments. left says that all of it is from an earlier run.
func (in *Intake) queueShared(ctx context.Context, left bool) error {
	known, backlog, queued := in.dispatcher.known(), in.backlog.size.Load(), int64(0)
	limit := len(known) + maxQueued
	ids, raws, err := in.inbox.PendingUpdates(ctx, 0, limit)
	if err != nil {
		return err
	}
	more, last := len(ids) == limit, int64(0)
	for i, id := range ids {
		if in.dispatcher.size() >= maxQueued {
			more = true
			break
		}
		if last = id; known[id] {
			continue
		}
		t, err := in.decode(ctx, id, raws[i])
		switch {
		case err != nil:
			return err
		case t == nil:
		case left:
			in.dispatcher.add(t, math.MaxInt)
		default:
			in.queueOf(t, backlog == 0)
		}
		queued++
	}
	switch {
	case !more:
		in.backlog.size.Store(0)
	case in.backlog.look:
		if err := in.countRest(ctx, last); err != nil {
			return err
		}
	default:
		in.backlog.size.Store(max(backlog-queued, 1))
	}
	in.backlog.look = false
	return nil
}

// queueOf queues an update of a shared inbox, or drops it if its chat has sent too many. fresh says
// that it has just come.
func (in *Intake) queueOf(t *task, fresh bool) {
	if t.isPayment() {
		in.dispatcher.add(t, math.MaxInt)
		return
	}
	within, first := true, true
	if fresh {
		within, first = in.quotas.take(in.Quota, t.chat, time.Now(), writtenAt(t))
	}
	if !within || !in.dispatcher.add(t, in.limitOf(t.chat)) {
		in.drop(t, within || first)
	}
}

// countRest queues the payments of ids above after, and counts what else there is.
func (in *Intake) countRest(ctx context.Context, after int64) error {
	rest := int64(0)
	err := in.read(ctx, after, func(t *task) bool {
		if t.isPayment() {
			in.dispatcher.add(t, math.MaxInt)
		} else {
			rest++
		}
		return true
	})
	in.backlog.size.Store(rest)
	return err
}
