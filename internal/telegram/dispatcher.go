package telegram

import (
	"slices"
	"sync"
	"time"

	"github.com/go-telegram/bot/models"
)

// Limits of the dispatcher. Updates beyond maxQueued wait in the inbox.
const (
	maxWorkers = 64   // chats at work at the same time
	maxPerChat = 30   // updates in the queue of one chat; more are dropped
	maxExempt  = 300  // the same for a chat that is exempt from the quota
	maxInline  = 3    // the same for an inline query
	maxQueued  = 2000 // updates in all queues, payments not counted in
)

// dispatcher hands tasks to workers: those of one chat in order, one at a time; those of different
// chats at the same time. Chats with something to do take turns, one task per turn; payments go
// first. It holds every update that is pending in the inbox, apart from the backlog.
//
//	Intake.keep ──► add ──► chatQueue ──► ready ──► worker ──► settle ──► done ──► Intake.keep
//	                            ▲            (round robin)       │
//	                            └──────── after a pause ─────────┘
type dispatcher struct {
	handle func(*task) (retryAfter time.Duration) // 0: the task is done
	// replaces is Intake.Replaces.
	replaces func(newer, older *models.Update) bool
	room     chan struct{} // notified when a batch fits again

	mu      sync.Mutex
	open    bool // workers may start tasks
	chats   map[int64]*chatQueue
	ready   []*chatQueue // have a task that no worker has, in the order of their turns
	workers int
	queued  int
	done    []int64 // handled or dropped, and still pending in the inbox
	running sync.WaitGroup
}

// chatQueue is the queue of one chat. It exists while it has tasks.
type chatQueue struct {
	chat  int64
	tasks []*task // the first one may be at work, or wait for its retry
	told  bool    // a notice about dropped updates was queued
}

func newDispatcher() *dispatcher {
	return &dispatcher{chats: map[int64]*chatQueue{}, room: make(chan struct{}, 1)}
}

// start lets workers start tasks. Nothing may be added before.
func (d *dispatcher) start(handle func(*task) time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handle, d.open = handle, true
}

// close keeps workers from starting another task. Tasks at work go on.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = false
}

func (d *dispatcher) isOpen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// size returns the number of tasks that wait or are at work.
func (d *dispatcher) size() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queued
}

// add queues t. It returns false if the chat of t has limit tasks already.
func (d *dispatcher) add(t *task, limit int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.chats[t.chat]; q != nil && len(q.tasks) >= limit {
		return false
	}
	d.push(t)
	return true
}

// drop ends t without handling it. With notify, a notice is queued, unless there has been one since
// the chat's queue was last empty.
func (d *dispatcher) drop(t *task, notify bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = append(d.done, t.id)
	if q := d.chats[t.chat]; notify && (q == nil || !q.told) {
		d.push(&task{chat: t.chat, overflow: true}).told = true
	}
}

// push appends t to the queue of its chat. d.mu is held.
func (d *dispatcher) push(t *task) *chatQueue {
	q := d.chats[t.chat]
	if q == nil {
		q = &chatQueue{chat: t.chat}
		d.chats[t.chat] = q
	}
	d.markReplaced(q, t)
	q.tasks = append(q.tasks, t)
	d.queued++
	if len(q.tasks) == 1 {
		d.makeReady(q)
	}
	return q
}

// markReplaced marks the tasks of q that t replaces. d.mu is held.
func (d *dispatcher) markReplaced(q *chatQueue, t *task) {
	if d.replaces == nil || t.overflow {
		return
	}
	for _, older := range q.tasks {
		if older.overflow || !d.replaces(t.update, older.update) {
			continue
		}
		select {
		case <-older.replaced:
		default:
			close(older.replaced)
		}
	}
}

// makeReady gives q a turn and starts a worker if more may run. One more than that may run for a
// payment. d.mu is held.
func (d *dispatcher) makeReady(q *chatQueue) {
	first := isPaymentLane(q.chat)
	if first {
		d.ready = slices.Insert(d.ready, 0, q)
	} else {
		d.ready = append(d.ready, q)
	}
	if d.open && (d.workers < maxWorkers || first) {
		d.workers++
		d.running.Go(d.work)
	}
}

// work handles tasks until no queue is ready.
func (d *dispatcher) work() {
	for q, t := d.next(); q != nil; q, t = d.next() {
		d.settle(q, d.handle(t))
	}
}

// next takes the queue whose turn it is. It returns nil if the worker has to end.
func (d *dispatcher) next() (*chatQueue, *task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open || len(d.ready) == 0 || d.workers > maxWorkers && !isPaymentLane(d.ready[0].chat) {
		d.workers--
		return nil, nil
	}
	q := d.ready[0]
	d.ready[0] = nil
	d.ready = d.ready[1:]
	return q, q.tasks[0]
}

// settle ends the first task of q, or has it handled again after a pause in which only its own chat
// waits.
func (d *dispatcher) settle(q *chatQueue, retryAfter time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if retryAfter > 0 {
		time.AfterFunc(retryAfter, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.makeReady(q)
		})
		return
	}
	if t := q.tasks[0]; t.isKept() {
		d.done = append(d.done, t.id)
	}
	q.tasks[0] = nil
	q.tasks = q.tasks[1:]
	if len(q.tasks) > 0 {
		d.ready = append(d.ready, q) // this worker takes the next turn, so none has to start
	} else {
		delete(d.chats, q.chat)
	}
	d.queued--
	if d.queued == maxQueued-maxBatch {
		select {
		case d.room <- struct{}{}:
		default:
		}
	}
}

// doneIDs returns the updates to end in the inbox; forgetDone removes the first n of them, once the
// inbox has ended them.
func (d *dispatcher) doneIDs() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.done)
}

func (d *dispatcher) forgetDone(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = slices.Clone(d.done[n:])
}

// known returns the ids of all updates that the dispatcher has: queued, at work, or done but not
// yet ended in the inbox.
func (d *dispatcher) known() map[int64]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := map[int64]bool{}
	for _, id := range d.done {
		ids[id] = true
	}
	for _, q := range d.chats {
		for _, t := range q.tasks {
			ids[t.id] = true
		}
	}
	return ids
}
