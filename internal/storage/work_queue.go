package storage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"shopbot/internal/shop"
)

// workQueue is the Claims of a file. It lives in memory: it is loaded from the orders when the
// database is opened, and updated after each commit. Claims end with the process, since only one
// process has the file.
type workQueue struct {
	mu    sync.Mutex
	tasks map[shop.Task]*taskQueue
}

// taskQueue is the work of one kind. Jobs wait by the wall clock, which is what is on disk, and
// claims end by the monotonic clock, if the caller's times have it: a claim must not end early
// because the wall clock jumps.
type taskQueue struct {
	byTime  *btree.BTreeG[waiting] // jobs that are not claimed
	byStart *btree.BTreeG[waiting] // the same, by when their wait began, if that is known
	byEnd   *btree.BTreeG[claimEnd]
	jobs    map[shop.OrderID]waiting   // claimed ones included
	claims  map[shop.OrderID]time.Time // when they end
}

// waiting is an order that waits for a task. Ties are broken by rank: the order whose last audit
// entry is oldest comes first.
type waiting struct {
	job  shop.Job
	rank int64
	id   shop.OrderID
}

func (w waiting) before(other waiting) bool {
	return cmp.Or(w.job.Due.Compare(other.job.Due), cmp.Compare(w.rank, other.rank), cmp.Compare(w.id, other.id)) < 0
}

func (w waiting) beganBefore(other waiting) bool {
	return cmp.Or(w.job.From.Compare(other.job.From), cmp.Compare(w.rank, other.rank), cmp.Compare(w.id, other.id)) < 0
}

type claimEnd struct {
	end time.Time
	id  shop.OrderID
}

func (c claimEnd) before(other claimEnd) bool {
	return cmp.Or(c.end.Compare(other.end), cmp.Compare(c.id, other.id)) < 0
}

func newWorkQueue() *workQueue {
	q := &workQueue{tasks: make(map[shop.Task]*taskQueue)}
	for _, t := range shop.Tasks() {
		q.tasks[t] = &taskQueue{
			byTime:  btree.NewBTreeGOptions(waiting.before, btree.Options{NoLocks: true}),
			byStart: btree.NewBTreeGOptions(waiting.beganBefore, btree.Options{NoLocks: true}),
			byEnd:   btree.NewBTreeGOptions(claimEnd.before, btree.Options{NoLocks: true}),
			jobs:    map[shop.OrderID]waiting{}, claims: map[shop.OrderID]time.Time{},
		}
	}
	return q
}

// apply updates the queue with what a commit has written. A changed order keeps its claims.
func (q *workQueue) apply(changes []WorkChange) {
	if len(changes) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range changes {
		if c.Claim != "" {
			q.tasks[c.Claim].setClaim(c.Order, c.Until)
			continue
		}
		for task, of := range q.tasks {
			of.setJob(c, task)
		}
	}
}

func (q *taskQueue) setJob(c WorkChange, task shop.Task) {
	i := slices.IndexFunc(c.Jobs, func(j shop.Job) bool { return j.Task == task })
	if _, had := q.jobs[c.Order]; !had && i < 0 {
		return
	}
	q.unqueue(c.Order)
	delete(q.jobs, c.Order)
	if i >= 0 {
		q.jobs[c.Order] = waiting{job: c.Jobs[i], rank: c.Rank, id: c.Order}
		q.requeue(c.Order)
	}
}

func (q *taskQueue) setClaim(id shop.OrderID, until time.Time) {
	q.unqueue(id)
	q.claims[id] = until
	q.requeue(id)
}

func (q *taskQueue) release(id shop.OrderID) {
	q.unqueue(id)
	delete(q.claims, id)
	q.requeue(id)
}

func (q *taskQueue) unqueue(id shop.OrderID) {
	if end, claimed := q.claims[id]; claimed {
		q.byEnd.Delete(claimEnd{end, id})
	}
	if w, waits := q.jobs[id]; waits {
		q.byTime.Delete(w)
		q.byStart.Delete(w)
	}
}

func (q *taskQueue) requeue(id shop.OrderID) {
	w, waits := q.jobs[id]
	switch end, claimed := q.claims[id]; {
	case !waits:
	case claimed:
		q.byEnd.Set(claimEnd{end, id})
	default:
		q.byTime.Set(w)
		if !w.job.From.IsZero() {
			q.byStart.Set(w)
		}
	}
}

// dueJob is the job that is due longest and not claimed. One whose wait began in the future comes
// first.
func (q *taskQueue) dueJob(now time.Time) (w waiting, some bool) {
	if w, some = q.byStart.Max(); some && shop.ClockWasAhead(w.job.From, now) {
		return w, true
	}
	w, some = q.byTime.Min()
	return w, some && w.job.IsDue(now)
}

// endClaims gives up the claims whose time is over.
func (q *taskQueue) endClaims(now time.Time) {
	for {
		c, some := q.byEnd.Min()
		if !some || c.end.After(now) {
			return
		}
		q.release(c.id)
	}
}

func (q *workQueue) Claim(_ context.Context, task shop.Task, now, until time.Time, limit int) (ids []shop.OrderID, _ error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.tasks[task]
	if of == nil {
		return nil, nil
	}
	of.endClaims(now)
	for len(ids) < limit {
		w, some := of.dueJob(now)
		if !some {
			break
		}
		of.setClaim(w.id, until)
		ids = append(ids, w.id)
	}
	return ids, nil
}

func (q *workQueue) Release(_ context.Context, task shop.Task, ids []shop.OrderID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if of := q.tasks[task]; of != nil {
		for _, id := range ids {
			of.release(id)
		}
	}
}

func (q *workQueue) Next(_ context.Context, task shop.Task) (due time.Time, some bool, _ error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := q.tasks[task]
	if of == nil {
		return time.Time{}, false, nil
	}
	first, some := of.byTime.Min()
	c, claimed := of.byEnd.Min()
	if claimed && (!some || c.end.Before(first.job.Due)) {
		return c.end, true, nil
	}
	return first.job.Due, some, nil
}

// loadWork reads the queue from the orders that have work. One that cannot be decoded is passed
// over.
func (db *DB) loadWork(ctx context.Context) error {
	return db.read(ctx, func(t *tx) error {
		t.scan(bucketWork, nil, nil, func(id, _ []byte) bool {
			if o, ok := t.readable(shop.OrderID(id)); ok {
				db.file.work.apply([]WorkChange{{Order: o.ID, Rank: o.Trail, Jobs: o.Jobs()}})
			}
			return ctx.Err() == nil
		})
		return cmp.Or(t.failed, ctx.Err())
	})
}

// Claim implements shop.Store. It needs no commit, and does not read the disk if nothing is due.
// While the file is lost (ErrLost) it gives nothing out, since nothing that is done could be
// recorded. A limit of 0 is 100. An order that cannot be decoded stays claimed, so it is logged
// once per claim. until must be after now.
func (db *DB) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) ([]shop.Order, error) {
	if err := db.usable(ctx); err != nil || !until.After(now) {
		return nil, err
	}
	if errors.Is(db.trouble.err(), ErrLost) && db.InPlace() != nil {
		return nil, nil
	}
	p := newPage(limit)
	var moved []shop.OrderID // orders changed by a commit that has not reached the queue yet
	work := db.engine.Claims()
	defer func() { work.Release(ctx, task, moved) }()
	for len(p.orders) < p.limit {
		wanted := p.limit - len(p.orders)
		ids, err := work.Claim(ctx, task, now, until, wanted)
		if err == nil && len(ids) > 0 {
			err = db.read(ctx, func(t *tx) error {
				t.eachOrder(ids, func(o *shop.Order) {
					if isDue(o, task, now) {
						p.orders = append(p.orders, *o)
					} else {
						moved = append(moved, o.ID)
					}
				})
				return t.failed
			})
		}
		if err != nil { // nobody will do what was claimed so far
			for i := range p.orders {
				ids = append(ids, p.orders[i].ID)
			}
			work.Release(ctx, task, ids)
			return nil, err
		}
		if len(ids) < wanted { // nothing else is due
			break
		}
	}
	return p.orders, nil
}

func isDue(o *shop.Order, task shop.Task, now time.Time) bool {
	for _, j := range o.Jobs() {
		if j.Task == task {
			return j.IsDue(now)
		}
	}
	return false
}

// Release implements shop.Store.
func (db *DB) Release(ctx context.Context, task shop.Task, ids ...shop.OrderID) {
	db.engine.Claims().Release(ctx, task, ids)
}

// NextDue implements shop.Store. It does not read the disk.
func (db *DB) NextDue(ctx context.Context, task shop.Task) (due time.Time, some bool, err error) {
	if err := db.usable(ctx); err != nil || errors.Is(db.trouble.err(), ErrLost) && db.InPlace() != nil {
		return time.Time{}, false, err
	}
	return db.engine.Claims().Next(ctx, task)
}
