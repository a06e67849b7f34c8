package storage

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// What was acknowledged is in the journal, and in memory in a layer. A checkpoint moves a layer into the database file, in
// one transaction of bbolt, and then the journal may forget it. It goes on beside the commits, which write to a
// new layer and to the journal's other file meanwhile. So the costs of bbolt's commit, which are two flushes and the
// writing of all pages that changed, are paid once for thousands of steps; what came and went in between never reaches it.

// pace says when a checkpoint is made.
type pace struct {
	after time.Duration // after the first change that is to be moved
	size  int64         // bytes of journal after which it is made sooner
	most  int64         // bytes of journal that may be there to be moved; nothing more is taken then
	retry time.Duration // after one that failed
}

func usualPace() pace {
	return pace{after: time.Second, size: 4 << 20, most: 64 << 20, retry: time.Second}
}

// newest is what is newer than the database file.
type newest struct {
	mu     sync.RWMutex
	active *layer // what the commits add to
	frozen *layer // what a checkpoint is moving; nil where none is
}

// view is the database as it is now, whatever happens afterwards, until file is rolled back.
func (db *DB) view() (*batch, error) {
	// Under the lock, so that the file is not by two checkpoints newer than the layers.
	db.newest.mu.RLock()
	defer db.newest.mu.RUnlock()
	file, err := db.bolt.Begin(false)
	if err != nil {
		return nil, err
	}
	return newBatch(file, db.newest.active, db.newest.frozen, &db.cache), nil
}

func (n *newest) advance(active *layer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active = active
}

func (n *newest) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active, n.frozen = newLayer(), n.active
}

func (n *newest) moved() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen = nil
}

// mover has layers moved. It belongs to the goroutine that commits.
type mover struct {
	timer   *time.Timer
	armed   bool     // whether timer will tell
	running bool     // whether a checkpoint is under way
	to      position // where the journal ends of what is frozen
	done    chan moved
	waiting []waiter
}

// moved is how a checkpoint ended.
type moved struct {
	err error
	// broken is why there can be no other one.
	broken error
}

// waiter wants to hear when all that he has seen is in the database file.
type waiter struct {
	number uint64
	said   chan<- error
}

func newMover() mover {
	m := mover{timer: time.NewTimer(0), done: make(chan moved, 1)}
	m.timer.Stop()
	return m
}

func (m *mover) arm(after time.Duration) {
	if !m.armed {
		m.timer.Reset(after)
		m.armed = true
	}
}

// consider begins a checkpoint if it is time for one.
func (db *DB) consider() {
	switch n := &db.newest; {
	case n.frozen != nil: // until that is moved nothing else is
	case n.active.size >= db.pace.size || len(db.mover.waiting) > 0:
		db.checkpoint()
	case !n.active.empty():
		db.mover.arm(db.pace.after)
	}
}

// checkpoint begins to move what there is.
func (db *DB) checkpoint() {
	if db.mover.running || db.broken != nil {
		return
	}
	if db.newest.frozen == nil {
		if err := db.journal.change(); err != nil {
			db.trouble.note(&db.trouble.commit, err)
			db.answer(err)
			db.mover.arm(db.pace.retry)
			return
		}
		db.newest.freeze()
		db.mover.to = db.journal.end
	}
	db.letGo() // or bbolt, if it had to map more of the file, would wait for us for ever
	db.mover.running = true
	go func(l *layer, to position) { db.mover.done <- db.move(l, to) }(db.newest.frozen, db.mover.to)
}

// move moves a layer into the database file.
func (db *DB) move(l *layer, to position) (m moved) {
	defer surviveDamage(&m.err, &m.broken)()
	if m.err = db.settle(); m.err != nil {
		return m
	}
	db.uneven = true
	if m.err = moveInto(db.bolt, l, to); m.err != nil {
		db.unsettled = true
		return m
	}
	db.newest.moved()
	return m
}

func moveInto(bolt *bbolt.DB, l *layer, to position) error {
	return bolt.Update(func(file *bbolt.Tx) error {
		if err := l.moveInto(file); err != nil {
			return err
		}
		in := file.Bucket(meta.name)
		if in == nil {
			return missing(meta)
		}
		return in.Put(journalName(), to.encode())
	})
}

// ended takes note of how a checkpoint ended.
func (db *DB) ended(m moved) {
	db.mover.running = false
	switch before := db.trouble.of(&db.trouble.checkpoint); {
	case before == nil && m.err != nil:
		db.log.Error("the database file cannot be written to, what is new stays in the journal", "error", m.err)
	case before != nil && m.err == nil:
		db.log.Info("the database file can be written to again")
	}
	db.trouble.note(&db.trouble.checkpoint, m.err)
	if m.broken != nil {
		db.broken = m.broken
	}
	if m.err != nil {
		db.answer(m.err)
		db.mover.arm(db.pace.retry)
		return
	}
	db.fronts = nil
	db.answer(nil)
	db.consider()
}

// answer tells those who wait: with an error all of them, else those of whom everything is moved.
func (db *DB) answer(err error) {
	rest := db.mover.waiting[:0]
	for _, w := range db.mover.waiting {
		if err == nil && w.number > db.mover.to.number {
			rest = append(rest, w)
			continue
		}
		w.said <- err
	}
	db.mover.waiting = rest
}

// wait has somebody hear when all that there is now is moved.
func (db *DB) wait(said chan<- error) {
	if db.broken != nil {
		said <- db.broken
		return
	}
	if db.newest.frozen == nil && db.newest.active.empty() {
		said <- nil
		return
	}
	db.mover.waiting = append(db.mover.waiting, waiter{db.journal.end.number, said})
	db.checkpoint()
}

// room makes sure that what is not moved stays within bounds.
func (db *DB) room() error {
	for db.newest.active.size >= db.pace.most && db.newest.frozen != nil {
		if db.mover.running {
			db.ended(<-db.mover.done)
		}
		if db.broken != nil {
			return db.broken
		}
		if err := db.trouble.of(&db.trouble.checkpoint); err != nil {
			return err
		}
	}
	return nil
}

// finish moves all there is, at the end, and the journal is there no longer.
func (db *DB) finish() (err error) {
	for db.broken == nil && err == nil && (db.newest.frozen != nil || !db.newest.active.empty()) {
		db.checkpoint()
		if !db.mover.running {
			err = db.trouble.of(&db.trouble.commit)
			continue
		}
		m := <-db.mover.done
		db.ended(m)
		err = m.err
	}
	if db.mover.running {
		db.ended(<-db.mover.done)
	}
	db.mover.timer.Stop()
	db.letGo()
	if err == nil {
		err = db.finalMove()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("move the journal of database %s: %w: it is moved at the next start", db.path, err), db.journal.close())
	}
	return errors.Join(db.journal.close(), removeJournal(db.journal.paths))
}

// finalMove writes once more where the journal ended. The first two pages of the file tell, in turn, of the last transaction
// and the one before, which is taken where the other page is damaged. So both lead to all there is.
func (db *DB) finalMove() error {
	if db.broken != nil || !db.uneven {
		return db.broken
	}
	m := db.move(newLayer(), db.journal.end)
	db.broken = m.broken
	return m.err
}
