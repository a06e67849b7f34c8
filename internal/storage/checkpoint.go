package storage

import (
	"errors"
	"fmt"
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
	return pace{after: time.Second, size: 8 << 20, most: 64 << 20, retry: time.Second}
}

// mover has layers moved. It belongs to the goroutine that commits.
type mover struct {
	timer   *time.Timer
	armed   bool     // whether timer will tell
	running bool     // whether a checkpoint is under way
	to      position // where the journal ends of what is frozen
	has     position // where it ends of what is in the file
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

// unmoved reports whether the journal holds anything that the file does not. Whether it makes a difference is not
// asked: the file has to say where the journal goes on, also after frames that change nothing.
func (db *DB) unmoved() bool { return db.journal.end != db.mover.has }

// consider begins a checkpoint if it is time for one.
func (db *DB) consider() {
	switch {
	case db.mover.running || db.layers.load().frozen != nil: // until that is moved nothing else is
	case db.journal.used() >= db.pace.size || len(db.mover.waiting) > 0:
		db.checkpoint()
	case db.unmoved():
		db.mover.arm(db.pace.after)
	}
}

// checkpoint begins to move what there is.
func (db *DB) checkpoint() {
	db.drain()
	if db.mover.running || db.broken != nil {
		return
	}
	if db.layers.load().frozen == nil {
		if !db.unmoved() {
			db.answer(nil)
			return
		}
		if err := db.journal.change(); err != nil {
			db.trouble.note(&db.trouble.commit, err)
			db.answer(err)
			db.mover.arm(db.pace.retry)
			return
		}
		db.layers.freeze()
		db.mover.to = db.journal.end
	}
	db.letGo() // or bbolt, if it had to map more of the file, would wait for us for ever
	db.mover.running = true
	go func(l *layer, to position) { db.mover.done <- db.move(l, to) }(db.layers.load().frozen, db.mover.to)
}

// move moves a layer into the database file.
func (db *DB) move(l *layer, to position) (m moved) {
	defer surviveDamage(&m.err, &m.broken)()
	if m.err = db.settle(); m.err == nil {
		if m.err = moveInto(db.bolt, l, mark{to, true}); m.err != nil {
			db.unsettled = true
		}
	}
	return m
}

func moveInto(bolt *bbolt.DB, l *layer, m mark) error {
	return bolt.Update(func(file *bbolt.Tx) error {
		if err := l.moveInto(file); err != nil {
			return err
		}
		in := file.Bucket(meta.name)
		if in == nil {
			return missing(meta)
		}
		return in.Put(markName(), m.encode())
	})
}

// ended takes note of how a checkpoint ended.
func (db *DB) ended(m moved) {
	db.mover.running = false
	db.tell(m.err)
	if m.broken != nil {
		db.broken = m.broken
	}
	if m.err != nil {
		db.answer(m.err)
		db.mover.arm(db.pace.retry)
		return
	}
	db.layers.moved()
	db.mover.has = db.mover.to
	db.fronts = queueFronts{}
	db.answer(nil)
}

// tell notes whether the file can be written to, and says so when that changes.
func (db *DB) tell(err error) {
	switch before := db.trouble.of(&db.trouble.checkpoint); {
	case before == nil && err != nil:
		db.log.Error("the database file cannot be written to, what is new stays in the journal", "error", err)
	case before != nil && err == nil:
		db.log.Info("the database file can be written to again")
	}
	db.trouble.note(&db.trouble.checkpoint, err)
}

// answer tells those who wait: with an error all of them, else those of whom everything is moved.
func (db *DB) answer(err error) {
	rest := db.mover.waiting[:0]
	for _, w := range db.mover.waiting {
		if err == nil && w.number > db.mover.has.number {
			rest = append(rest, w)
			continue
		}
		w.said <- err
	}
	db.mover.waiting = rest
}

// wait has somebody hear when all that there is now is moved.
func (db *DB) wait(said chan<- error) {
	db.drain()
	switch {
	case db.broken != nil:
		said <- db.broken
	case !db.unmoved():
		said <- nil
	default:
		db.mover.waiting = append(db.mover.waiting, waiter{db.journal.end.number, said})
		db.checkpoint()
	}
}

// room makes sure that what is not moved stays within bounds.
func (db *DB) room() error {
	for db.journal.used() >= db.pace.most && db.layers.load().frozen != nil {
		db.letGo()
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

// moveNow moves all there is, while nothing else goes on.
func (db *DB) moveNow() error {
	db.drain()
	for {
		if db.mover.running {
			m := <-db.mover.done
			if db.ended(m); m.err != nil {
				return m.err
			}
		}
		if db.broken != nil || !db.unmoved() {
			return db.broken
		}
		if db.checkpoint(); !db.mover.running {
			return db.trouble.of(&db.trouble.commit) // the journal's other file cannot be used
		}
	}
}

// wholeFile makes the file whole by itself, and begins to read it, before anything else is written.
func (db *DB) wholeFile() (file *bbolt.Tx, err error) {
	if err := db.moveNow(); err != nil {
		return nil, err
	}
	defer surviveDamage(&err, &db.broken)()
	if err := db.leaveJournal(); err != nil {
		return nil, err
	}
	return db.bolt.Begin(false)
}

// finish moves all there is, at the end, and the journal is there no longer.
func (db *DB) finish() (err error) {
	defer func() {
		db.letGo()
		db.mover.timer.Stop()
		err = errors.Join(err, db.journal.close())
	}()
	if err := db.finishMoving(); err != nil {
		return fmt.Errorf("move the journal of database %s: %w: it is moved at the next start", db.path, err)
	}
	return nil
}

func (db *DB) finishMoving() (err error) {
	if err := db.moveNow(); err != nil || !db.journal.inUse() {
		return err
	}
	db.letGo()
	defer surviveDamage(&err, &db.broken)()
	for range 2 { // see leaveJournal
		if err := db.leaveJournal(); err != nil {
			return err
		}
	}
	return removeJournal(db.journal.paths)
}
