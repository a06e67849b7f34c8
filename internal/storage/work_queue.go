package storage

import (
	"cmp"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"shopbot/internal/shop"
)

// workQueue tells which orders wait for which task, in memory. It follows from the orders in work as they are on
// disk, so it is read from them when a database is opened, and what a commit changed is changed here
// when the commit is done. On disk it would be a second list, and cost each payment as many pages as the order itself.
type workQueue struct {
	mu    sync.RWMutex
	tasks map[shop.Task]*btree.BTreeG[waiting]
}

// waiting is an order that waits for a task: until due, in nanoseconds since 1970, and among those due as
// long the one first of which the audit trail has told nothing for longest.
type waiting struct {
	due, trail int64
	id         shop.OrderID
}

func (w waiting) before(other waiting) bool {
	return cmp.Or(cmp.Compare(w.due, other.due), cmp.Compare(w.trail, other.trail), cmp.Compare(w.id, other.id)) < 0
}

// queueChange is an order that begins to wait for a task, or ends it.
type queueChange struct {
	task shop.Task
	waiting
	ends bool
}

// queueChanges appends what a change of an order means to the queue.
func queueChanges(list []queueChange, before, after *savedOrder) []queueChange {
	for _, o := range []*savedOrder{before, after} {
		var room [shop.MostJobs]shop.Job
		for _, j := range o.jobs(room[:0]) {
			list = append(list, queueChange{j.Task, waiting{nanoseconds(j.Due), o.trail, o.ID}, o == before})
		}
	}
	return list
}

// jobs is what an order waits for; the zero order waits for nothing.
func (o *savedOrder) jobs(room []shop.Job) []shop.Job {
	if o.ID == "" {
		return nil
	}
	return o.AppendJobs(room)
}

func (q *workQueue) apply(changes []queueChange) {
	if len(changes) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range changes {
		if c.ends {
			q.of(c.task).Delete(c.waiting)
		} else {
			q.of(c.task).Set(c.waiting)
		}
	}
}

func (q *workQueue) of(task shop.Task) *btree.BTreeG[waiting] {
	if q.tasks == nil {
		q.tasks = map[shop.Task]*btree.BTreeG[waiting]{}
	}
	if q.tasks[task] == nil {
		q.tasks[task] = btree.NewBTreeGOptions(waiting.before, btree.Options{NoLocks: true})
	}
	return q.tasks[task]
}

// next is when the next order's task falls due; false where none waits.
func (q *workQueue) next(task shop.Task) (due time.Time, some bool) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.tasks[task] == nil {
		return time.Time{}, false
	}
	first, some := q.tasks[task].Min()
	return toTime(first.due), some
}

// upTo visits the orders whose task is due at now, in their order, while visit says so. visit does not use the queue.
func (q *workQueue) upTo(now time.Time, task shop.Task, visit func(shop.OrderID) bool) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.tasks[task] == nil {
		return
	}
	q.tasks[task].Scan(func(w waiting) bool { return w.due <= nanoseconds(now) && visit(w.id) })
}

// load makes the queue of the orders in work, and lists those of which something is claimed. One that cannot be read
// is due at once, so that its task tells of it.
func (q *workQueue) load(t *tx) (claimed []shop.OrderID) {
	var fresh workQueue
	var room []queueChange
	t.scan(inWork, nil, nil, func(key, record []byte) bool {
		id := shop.OrderID(key)
		o, err := decodeOrder(id, record)
		if err != nil {
			fresh.apply(append(room[:0], queueChange{task: taskOf(record), waiting: waiting{id: id}}))
			return true
		}
		room = queueChanges(room[:0], &savedOrder{}, o)
		fresh.apply(room)
		if o.Unlease() {
			claimed = append(claimed, id)
		}
		return true
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = fresh.tasks
	return claimed
}

// taskOf is a task of an order that cannot be read.
func taskOf(record []byte) shop.Task {
	o := shop.Order{State: stateOf(record)}
	if jobs := o.Jobs(); len(jobs) > 0 {
		return jobs[0].Task
	}
	return shop.TaskNotify
}
