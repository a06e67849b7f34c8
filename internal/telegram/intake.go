package telegram

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// stopLimit is how long handlers that are at work may go on after a stop.
const stopLimit = 20 * time.Second

// Intake takes updates in and hands them to a Handler: each at least once, those
// of a chat in their order, those of different chats at the same time. Run hands
// them over; Poll or Webhook fetches them. Both may begin and end in any order.
type Intake struct {
	// Overflow answers a person who writes faster than can be handled, or than Quota
	// allows: it is called once for all the updates that are dropped meanwhile. Set it
	// before Run; nil: they are dropped silently.
	Overflow func(ctx context.Context, chat int64)
	// Quota bounds the updates of each chat. Set it before Poll or Webhook.
	Quota Quota

	client *Client
	inbox  Inbox
	handle Handler
	log    *slog.Logger
	lanes  *lanes
	shelf  *shelf
	quotas *quotas

	handled, aside, dropped atomic.Int64

	mu     sync.Mutex
	undone []int64 // done, but the inbox could not note it
}

// NewIntake makes an Intake. It does nothing before Run.
func NewIntake(c *Client, inbox Inbox, handle Handler, log *slog.Logger) *Intake {
	return &Intake{client: c, inbox: inbox, handle: handle, log: log, lanes: newLanes(), shelf: newShelf(), quotas: newQuotas()}
}

// Answered tells whether Telegram has taken any call of the client's.
func (in *Intake) Answered() bool { return in.client.Answered() }

// Ready is closed once Telegram has taken a call.
func (in *Intake) Ready() <-chan struct{} { return in.client.answered }

// Handled counts the updates that the handler has done.
func (in *Intake) Handled() int64 { return in.handled.Load() }

// Aside counts the updates that were put aside: they could not be decoded, or the
// handler failed at them too often.
func (in *Intake) Aside() int64 { return in.aside.Load() }

// Dropped counts the updates that were too many of one chat.
func (in *Intake) Dropped() int64 { return in.dropped.Load() }

// Waiting counts the updates in memory. It has a bound; more may be in the inbox.
func (in *Intake) Waiting() int { return in.lanes.size() }

// Run hands updates to the handler until ctx ends: first those that the last run
// left, then the new ones. Those that are being handled when ctx ends are
// finished, if they do not take too long; the rest stays in the inbox. Run may be called once.
func (in *Intake) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	in.lanes.start(func(t *task) time.Duration { return in.do(work, t) }, in.freed, in.Quota.Exempt)
	in.feed(ctx)
	in.lanes.close()
	defer time.AfterFunc(stopLimit, cancel).Stop()
	in.lanes.busy.Wait()
	in.done(context.WithoutCancel(ctx)) // what could not be noted before
	return nil
}

// accept makes a batch of updates durable and hands on those that are new. When it
// returns nil, Telegram may forget them all. The ids that it returns are those it could read.
func (in *Intake) accept(ctx context.Context, batch []json.RawMessage) (ids []int64, err error) {
	tasks := map[int64]*task{}
	raws := map[int64][]byte{}
	for _, raw := range batch {
		id, err := updateID(raw)
		if err != nil {
			in.lose(ctx, err)
			continue
		}
		ids = append(ids, id)
		t, err := newTask(id, raw)
		if err != nil {
			if err := in.putAside(ctx, id, raw, err.Error()); err != nil {
				return nil, err
			}
			continue
		}
		tasks[id], raws[id] = t, raw
	}
	if len(tasks) == 0 {
		return ids, nil
	}
	return ids, in.keep(ctx, tasks, raws)
}

// keep makes updates durable and puts the new ones into lanes.
func (in *Intake) keep(ctx context.Context, tasks map[int64]*task, raws map[int64][]byte) error {
	mine := in.shelf.take(slices.Sorted(maps.Keys(raws)))
	fresh, err := in.inbox.KeepUpdates(ctx, raws)
	if err != nil {
		in.shelf.leave(mine...)
		return err
	}
	var queue []*task
	for _, id := range mine {
		if slices.Contains(fresh, id) {
			queue = append(queue, tasks[id])
		} else { // done already, or waiting in the inbox since an earlier run
			in.shelf.leave(id)
		}
	}
	within, tell := in.withinQuota(ctx, queue)
	in.enqueue(ctx, within)
	for _, chat := range tell { // behind what they wrote before
		in.lanes.tell(chat)
	}
	return nil
}

// withinQuota is the updates that are not beyond their chat's quota, and the chats to
// tell that some were. Those are done with: only what comes in is measured, as what
// waits in the inbox was let in before.
func (in *Intake) withinQuota(ctx context.Context, tasks []*task) (within []*task, tell []int64) {
	var over []int64
	now := time.Now()
	for _, t := range tasks {
		allowed, first := in.quotas.take(in.Quota, t.chat, writtenAt(t, now))
		if allowed {
			within = append(within, t)
			continue
		}
		if first {
			tell = append(tell, t.chat)
		}
		over = append(over, t.id)
	}
	in.drop(ctx, over)
	return within, tell
}

// enqueue puts tasks into their lanes. Those that are too many of their chat are
// done with.
func (in *Intake) enqueue(ctx context.Context, tasks []*task) {
	var over []int64
	for _, t := range tasks {
		if !in.shelf.place(in.lanes, t) {
			over = append(over, t.id)
		}
	}
	in.drop(ctx, over)
}

func (in *Intake) drop(ctx context.Context, ids []int64) {
	if len(ids) == 0 {
		return
	}
	in.dropped.Add(int64(len(ids)))
	in.done(ctx, ids...)
}

// lose is an update without an id: nothing can be done with it, and Telegram sends none.
func (in *Intake) lose(ctx context.Context, err error) {
	in.aside.Add(1)
	in.log.WarnContext(ctx, "update without an id", "error", err)
}

// putAside keeps an update for a person to look at.
func (in *Intake) putAside(ctx context.Context, id int64, raw []byte, reason string) error {
	reason = in.client.wire.redact.text(reason)
	if err := in.inbox.PutAside(ctx, id, raw, reason); err != nil {
		return err
	}
	in.aside.Add(1)
	in.log.WarnContext(ctx, "update put aside", "update", id)
	return nil
}

// setAside is putAside for an update that is in the inbox, and takes it from there.
func (in *Intake) setAside(ctx context.Context, id int64, raw []byte, reason string) error {
	if err := in.putAside(ctx, id, raw, reason); err != nil {
		return err
	}
	in.done(ctx, id)
	return nil
}

// done ends updates in the inbox. Should that fail they stay claimed, so that this
// run does not handle them again, and are ended along with the next ones.
func (in *Intake) done(ctx context.Context, ids ...int64) {
	in.mu.Lock()
	ids = append(ids, in.undone...)
	in.undone = nil
	in.mu.Unlock()
	if len(ids) == 0 {
		return
	}
	if err := in.inbox.UpdateDone(ctx, ids...); err != nil {
		in.log.ErrorContext(ctx, "update not ended", "update", ids[0], "error", err)
		in.mu.Lock()
		in.undone = append(in.undone, ids...)
		in.mu.Unlock()
		return
	}
	in.shelf.finish(ids...)
}
