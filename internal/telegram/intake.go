package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-telegram/bot/models"
	"golang.org/x/sync/errgroup"
)

const (
	// maxBatch is the most updates that are kept or loaded in one step, and the most that
	// getUpdates returns.
	maxBatch = 100
	// flushAfter is how long handled updates wait for a batch of new ones to be ended with.
	flushAfter = 10 * time.Second
	// stopLimit is how long handlers may go on after a stop.
	stopLimit = 20 * time.Second
	// loadPause is the pause before the inbox is read again after an error.
	loadPause = 5 * time.Second
	// maxBacklog is how many updates may wait in the inbox alone, beyond those in the queues. Updates
	// beyond that wait at Telegram.
	maxBacklog = 100_000
)

// Inbox keeps updates on disk until they are done. An update is identified by its update_id, which
// is positive; its raw JSON is kept as Telegram sent it.
//
// When a method returns nil, its effect survives a crash. After an error, the effect is unknown.
type Inbox interface {
	// KeepUpdates ends the updates in done and keeps those of updates it has not seen in the last
	// 48 hours, in one durable step; it returns the ids of the kept ones. An update that was ended
	// counts as seen; ending one that is not pending does nothing. (Telegram repeats updates for 24
	// hours. Ids do not always rise: after a week without updates they restart at a random number,
	// see core.telegram.org/bots/api#update.)
	KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error)
	// PendingUpdates lists at most limit updates that are kept and not done, of ids above after, by
	// rising id. The bytes belong to the caller.
	PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error)
	// AddDeadLetter keeps an update nobody can handle, with the reason, for a person to look at,
	// and ends it. It need not have been kept before. An update that ended in the last 48 hours is
	// passed over. The last 1,000 are kept.
	AddDeadLetter(ctx context.Context, id int64, raw []byte, reason string) error
}

// Intake receives updates and hands them to a Handler: each at least once, those of a chat in
// order, those of different chats at the same time. What does not fit into the queues waits in the
// inbox. Inline queries are not kept, and are dropped while there is a lot to do; PreCheckout and
// Payment say what is different about payments. Poll or Webhook receives updates, Run handles
// them; they may start and end in any order, but nothing is received while Run does not run.
type Intake struct {
	// Overflow tells a chat that updates of it were dropped, because there were more than the queue
	// or Quota allows. It is called once per burst. Set it before Run; nil drops them silently.
	Overflow func(ctx context.Context, chat int64)
	// Replaces tells whether newer makes what older shows pointless, such as the next press of the
	// same button. It must be quick. Calls of older's handler that are marked by Yielding then give
	// up. Set it before Run; nil: no update replaces another.
	Replaces func(newer, older *models.Update) bool
	// Quota limits the updates of each chat. Set it before Run.
	Quota Quota
	// PreCheckout answers the question whether a payment may happen. Telegram waits ten seconds for
	// it, so it is called at once, whatever else waits, with a context that ends after that time. The
	// question is not kept: after an answer that was lost the payer asks again. Set it before Run;
	// nil: nobody may pay.
	PreCheckout func(ctx context.Context, q *models.PreCheckoutQuery)
	// Payment handles an update that tells of a payment, a refund or a subscription, in place of the
	// Handler and like it. Such updates are in the inbox as the others are, wait for none of them, and
	// are never dropped. raw is the update as Telegram sent it. Set it before Run; nil: the Handler gets them.
	Payment func(ctx context.Context, u *models.Update, raw []byte) error
	// Shared says that other processes keep updates in the inbox too. Run then handles those as well,
	// after a call of Wake. Set it before Run.
	Shared bool

	client     *Client
	inbox      Inbox
	handle     Handler
	log        *slog.Logger
	dispatcher *dispatcher
	quotas     *quotas
	batches    chan batch    // from accept to receive
	wake       chan struct{} // holds one after a call of Wake
	backlog    backlog
	maxBacklog int
	checkouts  errgroup.Group // questions that are being answered

	handled, deadLetters, dropped atomic.Int64
}

// batch is a list of updates that waits to be made durable.
type batch struct {
	tasks []*task
	kept  chan error // buffered; gets one result
}

// NewIntake returns an Intake. Nothing happens before Run.
func NewIntake(c *Client, inbox Inbox, handle Handler, log *slog.Logger) *Intake {
	in := &Intake{
		client: c, inbox: inbox, handle: handle, log: log,
		dispatcher: newDispatcher(), quotas: newQuotas(), batches: make(chan batch), wake: make(chan struct{}, 1), maxBacklog: maxBacklog,
	}
	in.checkouts.SetLimit(maxCheckouts)
	return in
}

// Handled returns how many updates were handled.
func (in *Intake) Handled() int64 { return in.handled.Load() }

// DeadLetters returns how many updates could not be decoded, or failed too often.
func (in *Intake) DeadLetters() int64 { return in.deadLetters.Load() }

// Dropped returns how many updates were dropped, because their chat had sent too many.
func (in *Intake) Dropped() int64 { return in.dropped.Load() }

// Waiting returns how many updates wait or are at work.
func (in *Intake) Waiting() int { return in.dispatcher.size() + int(in.backlog.size.Load()) }

// Run handles updates until ctx ends: first those that are pending from the last run, then new
// ones. After ctx ends, handlers have 20 seconds to finish; updates that wait stay in the inbox. If
// ctx ends with a cause, another process handles the updates already, and handlers end at once.
// Run always returns nil and may be called once.
func (in *Intake) Run(ctx context.Context) error { return in.run(ctx, in.receive) }

func (in *Intake) run(ctx context.Context, receive func(context.Context)) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	in.dispatcher.replaces = in.Replaces
	in.dispatcher.start(func(t *task) time.Duration { return in.do(work, t) })
	receive(ctx)
	in.dispatcher.close()
	limit := stopLimit
	if !errors.Is(context.Cause(ctx), ctx.Err()) { // it has a cause
		limit = 0
	}
	defer time.AfterFunc(limit, cancel).Stop()
	in.dispatcher.running.Wait()
	_ = in.checkouts.Wait()                      // they return no errors
	_ = in.keep(context.WithoutCancel(ctx), nil) // keep has logged the error; the next run repeats the handlers
	return nil
}

// accept makes updates durable and queues those that are new. When it returns nil, Telegram may
// forget all of them. It waits while the queues are full. The ids are those that could be read.
func (in *Intake) accept(ctx context.Context, raws []json.RawMessage) (ids []int64, err error) {
	b := batch{kept: make(chan error, 1)}
	for _, raw := range raws {
		t, err := newTask(raw)
		if t.id == 0 { // Telegram sends no such update, and the inbox identifies updates by their id
			in.deadLetters.Add(1)
			in.log.WarnContext(ctx, "update without an id", "error", err)
			continue
		}
		ids = append(ids, t.id)
		if err == nil && t.update.PreCheckoutQuery != nil {
			if err := in.answerCheckout(ctx, t.update.PreCheckoutQuery); err != nil {
				return nil, err
			}
		} else if err == nil && !t.isKept() {
			in.passOn(t)
		} else if err == nil {
			b.tasks = append(b.tasks, t)
		} else if err := in.addDeadLetter(ctx, t, err); err != nil {
			return nil, err
		}
	}
	if len(b.tasks) == 0 {
		return ids, nil
	}
	select {
	case in.batches <- b:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for room in the update queue: %w", ctx.Err())
	}
	select {
	case err := <-b.kept:
		return ids, err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the inbox: %w", ctx.Err())
	}
}

// passOn queues an update that is not kept, or drops it while there is a lot to do.
func (in *Intake) passOn(t *task) {
	if !in.dispatcher.isOpen() || in.dispatcher.size() >= maxQueued || !in.dispatcher.add(t, maxInline) {
		in.dropped.Add(1)
	}
}

// receive keeps and queues batches until ctx ends. It alone writes to the inbox, apart from dead
// letters. Nothing is received before everything that is pending in the inbox is known, so
// new updates never overtake old ones. A failed write may have kept updates all the same, so they
// are loaded again after it.
func (in *Intake) receive(ctx context.Context) {
	loaded := false
	for ctx.Err() == nil {
		if !loaded {
			if err := in.load(ctx); err != nil {
				in.log.ErrorContext(ctx, "load pending updates failed", "error", err)
				_ = pause(ctx, loadPause)
				continue
			}
		}
		// A write that is under way is not given up at a stop.
		loaded = in.keep(context.WithoutCancel(ctx), in.nextBatches(ctx)) == nil && in.catchUp(ctx) == nil
	}
}

// nextBatches waits for room and returns the batches that wait, as many as fit. It returns
// nil after a quiet time, when updates of the backlog fit into the queues, and when ctx ends.
func (in *Intake) nextBatches(ctx context.Context) []batch {
	quiet := time.NewTimer(flushAfter)
	defer quiet.Stop()
	for {
		batches, room := in.batches, in.room()
		if room < maxBatch {
			batches = nil
		}
		if in.backlog.size.Load() > 0 && in.hasRoom() {
			select {
			case b := <-batches:
				return in.collectBatches(b, room)
			default:
				return nil
			}
		}
		select {
		case b := <-batches:
			return in.collectBatches(b, room)
		case <-in.dispatcher.room:
		case <-in.wake:
			in.backlog.look = true
			return nil
		case <-quiet.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// room is how many updates may be kept now, in one write.
func (in *Intake) room() int {
	beyond := in.maxBacklog - int(in.backlog.size.Load())
	return min(max(maxQueued-in.dispatcher.size(), 0)+beyond, maxQueued)
}

// collectBatches returns b and the batches that came while the last write was under way: they share
// the next one.
func (in *Intake) collectBatches(b batch, room int) []batch {
	list := []batch{b}
	for room -= len(b.tasks); room >= maxBatch; room -= len(b.tasks) {
		select {
		case b = <-in.batches:
			list = append(list, b)
		default:
			return list
		}
	}
	return list
}

// keep makes batches durable, ends the updates that are done, both in one step, and queues the new
// updates by rising id.
func (in *Intake) keep(ctx context.Context, batches []batch) error {
	updates, tasks := map[int64][]byte{}, map[int64]*task{}
	for _, b := range batches {
		for _, t := range b.tasks {
			updates[t.id], tasks[t.id] = t.raw, t
		}
	}
	done := in.dispatcher.doneIDs()
	if len(updates)+len(done) == 0 {
		return nil
	}
	fresh, err := in.inbox.KeepUpdates(ctx, updates, done)
	if err == nil {
		in.dispatcher.forgetDone(len(done))
		for _, id := range slices.Sorted(slices.Values(fresh)) {
			if in.Shared && in.backlog.size.Load() == 0 {
				in.backlog.look = true // queueShared finds them, in the order of their ids with those of others
				break
			}
			in.enqueue(tasks[id])
		}
	} else if len(batches) == 0 { // otherwise the callers of accept log it
		in.log.ErrorContext(ctx, "end handled updates failed", "update", done[0], "error", err)
	}
	for _, b := range batches {
		b.kept <- err
	}
	return err
}

// enqueue queues a new update, leaves it to the backlog, or drops it if its chat has sent too many.
func (in *Intake) enqueue(t *task) {
	if t.isPayment() {
		in.dispatcher.add(t, math.MaxInt)
		return
	}
	within, first := in.quotas.take(in.Quota, t.chat, time.Now(), writtenAt(t))
	switch {
	case !within:
		in.drop(t, first)
	case in.backlog.size.Load() > 0 || in.dispatcher.size() >= maxQueued:
		in.backlog.add(t.id)
	case !in.dispatcher.add(t, in.limitOf(t.chat)):
		in.drop(t, true)
	}
}

// limitOf is how many updates of a chat may be queued.
func (in *Intake) limitOf(chat int64) int {
	if in.Quota.isExempt(chat) {
		return maxExempt
	}
	return maxPerChat
}

func (in *Intake) drop(t *task, notify bool) {
	in.dropped.Add(1)
	in.dispatcher.drop(t, notify)
}

// addDeadLetter keeps an update that cannot be handled for a person to look at.
func (in *Intake) addDeadLetter(ctx context.Context, t *task, reason error) error {
	text := in.client.wire.redact.text(reason.Error())
	if err := in.inbox.AddDeadLetter(ctx, t.id, t.raw, text); err != nil {
		return fmt.Errorf("keep dead letter: %w", err)
	}
	in.deadLetters.Add(1)
	in.log.WarnContext(ctx, "update is a dead letter", "update", t.id)
	return nil
}
