package telegram

import (
	"context"
	"math"
	"sync/atomic"
)

// backlog is the pending updates that only the inbox has, because the queues were full when they
// came. They are read in the order of their ids as the queues empty. While there are any, new
// updates join them, so those of a chat stay in order. It is used by one goroutine, apart from size.
type backlog struct {
	size   atomic.Int64
	cursor int64 // updates up to this id were read
	below  bool  // an update of a lower id has joined since: Telegram has begun its ids again
	look   bool  // a shared inbox may have updates that are neither here nor in the dispatcher
}

// add notes that an update is in the inbox alone.
func (b *backlog) add(id int64) {
	switch {
	case b.size.Load() == 0:
		b.cursor, b.below = id-1, false
	case id <= b.cursor:
		b.below = true
	}
	b.size.Add(1)
}

// hasRoom reports whether a page of the backlog fits into the queues.
func (in *Intake) hasRoom() bool { return in.dispatcher.size() <= maxQueued-maxBatch }

// load looks through the inbox for updates that are pending and not in the dispatcher. It queues
// as many as fit, and payments in any case.
func (in *Intake) load(ctx context.Context) error {
	if in.Shared {
		in.backlog.look = true
		return in.queueShared(ctx, true)
	}
	in.backlog.size.Store(0)
	return in.read(ctx, 0, func(t *task) bool {
		if t.isPayment() || in.backlog.size.Load() == 0 && in.dispatcher.size() < maxQueued {
			in.dispatcher.add(t, math.MaxInt) // it was within the limit when it came
		} else {
			in.backlog.add(t.id)
		}
		return true
	})
}

// catchUp queues updates of the backlog while there is room.
func (in *Intake) catchUp(ctx context.Context) error {
	if in.Shared {
		return in.lookAtShared(ctx)
	}
	if in.backlog.size.Load() == 0 || !in.hasRoom() {
		return nil
	}
	full := false
	err := in.read(ctx, in.backlog.cursor, func(t *task) bool {
		if full = in.dispatcher.size() >= maxQueued; full {
			return false
		}
		in.backlog.size.Add(-1)
		in.backlog.cursor = t.id
		if !in.dispatcher.add(t, in.limitOf(t.chat)) {
			in.drop(t, true)
		}
		return true
	})
	switch {
	case err != nil:
		in.log.ErrorContext(ctx, "read pending updates failed", "error", err)
	case full:
	case in.backlog.below:
		in.backlog.cursor, in.backlog.below = 0, false
	default:
		in.backlog.size.Store(0)
	}
	return err
}

// read calls use for the pending updates of ids above after that are not in the dispatcher, by
// rising id, until it returns false. Those that cannot be decoded become dead letters: another
// version has kept them.
func (in *Intake) read(ctx context.Context, after int64, use func(*task) bool) error {
	known := in.dispatcher.known()
	for {
		ids, raws, err := in.inbox.PendingUpdates(ctx, after, maxBatch)
		if err != nil {
			return err
		}
		for i, id := range ids {
			after = id
			if known[id] {
				continue
			}
			t, err := in.decode(ctx, id, raws[i])
			if err != nil {
				return err
			}
			if t != nil && !use(t) {
				return nil
			}
		}
		if len(ids) < maxBatch {
			return nil
		}
	}
}

// decode is the task of a pending update. One that cannot be decoded becomes a dead letter, and there
// is no task.
func (in *Intake) decode(ctx context.Context, id int64, raw []byte) (*task, error) {
	t, err := newTask(raw)
	if err == nil {
		return t, nil
	}
	t.id = id
	return nil, in.addDeadLetter(ctx, t, err)
}
