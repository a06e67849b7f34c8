package storage

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"shopbot/internal/shop"
)

// workQueue knows which orders wait for which task, and which of them are claimed. It lives in
// memory: it is loaded from the orders when a database is opened, and updated after each commit.
// Claims end with the process, since only one process has the file.
type workQueue struct {
	mu    sync.Mutex
	tasks map[shop.Task]*taskQueue
}

// taskQueue is the work of one kind.
type taskQueue struct {
	byTime *btree.BTreeG[waiting]
	jobs   map[shop.OrderID]waiting   // when they are due, regardless of claims
	claims map[shop.OrderID]time.Time // when they end
}

// waiting is an order that waits for a task until due. Ties are broken by rank: the order whose
// last audit entry is oldest comes first.
type waiting struct {
	due  time.Time
	rank int64
	id   shop.OrderID
}

func (w waiting) before(other waiting) bool {
	return cmp.Or(w.due.Compare(other.due), cmp.Compare(w.rank, other.rank), cmp.Compare(w.id, other.id)) < 0
}

// queueChange is what a commit changes: the jobs that an order waits for, or, if claim is set, a
// new claim.
type queueChange struct {
	id    shop.OrderID
	rank  int64
	jobs  []shop.Job
	claim shop.Task
	until time.Time
}

func newWorkQueue() *workQueue {
	q := &workQueue{tasks: make(map[shop.Task]*taskQueue)}
	for _, t := range shop.Tasks() {
		q.tasks[t] = &taskQueue{
			byTime: btree.NewBTreeGOptions(waiting.before, btree.Options{NoLocks: true}),
			jobs:   map[shop.OrderID]waiting{}, claims: map[shop.OrderID]time.Time{},
		}
	}
	return q
}

// apply updates the queue with what a commit has written. A changed order keeps its claims.
func (q *workQueue) apply(changes []queueChange) {
	if len(changes) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range changes {
		if c.claim != "" {
			q.tasks[c.claim].setClaim(c.id, c.until)
			continue
		}
		for task, of := range q.tasks {
			of.setJob(c, task)
		}
	}
}

func (q *taskQueue) setJob(c queueChange, task shop.Task) {
	i := slices.IndexFunc(c.jobs, func(j shop.Job) bool { return j.Task == task })
	if _, had := q.jobs[c.id]; !had && i < 0 {
		return
	}
	q.unqueue(c.id)
	delete(q.jobs, c.id)
	if i >= 0 {
		q.jobs[c.id] = waiting{due: c.jobs[i].Due, rank: c.rank, id: c.id}
		q.requeue(c.id)
	}
}

func (q *taskQueue) setClaim(id shop.OrderID, until time.Time) {
	q.unqueue(id)
	q.claims[id] = until.Round(0) // compared with times from the disk, which are of the wall clock
	q.requeue(id)
}

func (q *taskQueue) release(id shop.OrderID) {
	q.unqueue(id)
	delete(q.claims, id)
	q.requeue(id)
}

// position is an order's entry in byTime: a claimed order counts as due when its claim ends.
func (q *taskQueue) position(id shop.OrderID) (w waiting, waits bool) {
	w, waits = q.jobs[id]
	if until := q.claims[id]; until.After(w.due) {
		w.due = until
	}
	return w, waits
}

func (q *taskQueue) unqueue(id shop.OrderID) {
	if w, waits := q.position(id); waits {
		q.byTime.Delete(w)
	}
}

func (q *taskQueue) requeue(id shop.OrderID) {
	if w, waits := q.position(id); waits {
		q.byTime.Set(w)
	}
}

// claim claims up to limit orders that are due at now, the longest due first.
func (q *workQueue) claim(task shop.Task, now, until time.Time, limit int) (ids []shop.OrderID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.tasks[task]
	if of == nil {
		return nil
	}
	of.byTime.Scan(func(w waiting) bool {
		if w.due.After(now) || len(ids) == limit {
			return false
		}
		ids = append(ids, w.id)
		return true
	})
	for _, id := range ids {
		of.setClaim(id, until)
	}
	return ids
}

func (q *workQueue) release(task shop.Task, ids []shop.OrderID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if of := q.tasks[task]; of != nil {
		for _, id := range ids {
			of.release(id)
		}
	}
}

func (q *workQueue) next(task shop.Task) (due time.Time, some bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.tasks[task]
	if of == nil {
		return time.Time{}, false
	}
	first, some := of.byTime.Min()
	return first.due, some
}

// loadWork reads the queue from the orders that have work. One that cannot be decoded is passed
// over.
func (db *DB) loadWork(ctx context.Context) error {
	return db.read(ctx, func(t *tx) error {
		t.scan(bucketWork, nil, nil, func(id, _ []byte) bool {
			if o, ok := t.readable(shop.OrderID(id)); ok {
				db.work.apply([]queueChange{{id: o.ID, rank: o.Trail, jobs: o.Jobs()}})
			}
			return ctx.Err() == nil
		})
		return cmp.Or(t.failed, ctx.Err())
	})
}

// Claim implements shop.Store. It needs no commit, and does not read the disk if nothing is due. A
// limit of 0 is 100. An order that cannot be decoded stays claimed, so it is logged once per claim.
// until must be after now.
func (db *DB) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) ([]shop.Order, error) {
	if err := db.usable(ctx); err != nil || !until.After(now) {
		return nil, err
	}
	p := newPage(limit)
	var moved []shop.OrderID // orders changed by a commit that has not reached the queue yet
	defer func() { db.work.release(task, moved) }()
	for {
		ids := db.work.claim(task, now, until, p.limit-len(p.orders))
		if len(ids) == 0 {
			return p.orders, nil
		}
		err := db.read(ctx, func(t *tx) error {
			for _, id := range ids {
				o, ok := t.readable(id)
				switch {
				case !ok:
				case isDue(&o.Order, task, now):
					p.orders = append(p.orders, o.Order)
				default:
					moved = append(moved, id)
				}
			}
			return t.failed
		})
		if err != nil {
			for i := range p.orders {
				ids = append(ids, p.orders[i].ID)
			}
			db.work.release(task, ids)
			return nil, err
		}
	}
}

func isDue(o *shop.Order, task shop.Task, now time.Time) bool {
	for _, j := range o.Jobs() {
		if j.Task == task {
			return !j.Due.After(now)
		}
	}
	return false
}

// Release implements shop.Store.
func (db *DB) Release(_ context.Context, task shop.Task, ids ...shop.OrderID) {
	db.work.release(task, ids)
}

// NextDue implements shop.Store. It does not read the disk.
func (db *DB) NextDue(ctx context.Context, task shop.Task) (due time.Time, some bool, err error) {
	if err := db.usable(ctx); err != nil {
		return time.Time{}, false, err
	}
	due, some = db.work.next(task)
	return due, some, nil
}
