package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Bounds of shared commits.
const (
	maxQueue = 1024 // steps that may wait for a commit
	maxBatch = 512  // steps in one commit

	// queueWait is how long a step waits for a place in the queue: so long only if the disk hangs.
	queueWait = 5 * time.Second
)

var (
	// ErrClosed says that the database is closed, or closing.
	ErrClosed = errors.New("database closed")
	// ErrBusy says that the disk does not keep up. Nothing was done.
	ErrBusy = errors.New("database busy")
)

// step is one business step on its way to the disk.
type step struct {
	do    func(*tx) error
	ctx   context.Context //nolint:containedctx // of who waits, for as long as that
	state atomic.Int32    // see begin
	err   error           // may be read when done is closed
	// spoils says that it fails after it has written, or panics.
	spoils bool
	done   chan struct{}
}

// write runs do in a transaction and returns when it is on disk. do checks everything
// before its first write, changes nothing but the transaction and its own results, and
// may run more than once.
//
// A step whose ctx ends while it waits for its turn is left out, and write returns at once. Once it has begun, the
// true result is waited for, and also an error of its own comes only after the
// commit, since do may have seen what a neighbour wrote.
func (db *DB) write(ctx context.Context, do func(*tx) error) error {
	s := &step{do: do, ctx: ctx, done: make(chan struct{})}
	if err := db.enqueue(ctx, s); err != nil {
		return err
	}
	select {
	case <-s.done:
		return db.explain(s.err)
	case <-ctx.Done():
		if s.withdraw() { // so that nobody waits for longer than he can while the disk hangs
			return ctx.Err()
		}
		<-s.done // what has begun comes to an end
		return db.explain(s.err)
	case <-db.stopped:
	}
	select {
	case <-s.done: // in the last commit
		return db.explain(s.err)
	default:
		return ErrClosed
	}
}

func (db *DB) enqueue(ctx context.Context, s *step) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	select {
	case db.queue <- s:
		return nil
	default:
	}
	patience := time.NewTimer(queueWait)
	defer patience.Stop()
	select {
	case db.queue <- s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return ErrClosed
	case <-patience.C:
		return ErrBusy
	}
}

func (db *DB) usable(ctx context.Context) error {
	select {
	case <-db.closing:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// read runs do on what is on disk at this moment, in the database file or in the journal.
func (db *DB) read(ctx context.Context, do func(*tx) error) (err error) {
	if err := db.usable(ctx); err != nil {
		return err
	}
	defer func() { err = db.explain(err) }()
	defer surviveDamage(&err)()
	return db.look(do)
}

func (db *DB) look(do func(*tx) error) (err error) {
	b, err := db.view()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.file.Rollback()) }()
	t := &tx{batch: b}
	if err := do(t); err != nil {
		return err
	}
	return t.failed
}

// commitForever shares commits until the database closes, then does what has been queued, and moves it.
func (db *DB) commitForever() {
	defer close(db.stopped)
	debug.SetPanicOnFault(true) // see surviveDamage; steps run here, and (*tx).run recovers
	for {
		queue := db.queue
		if db.open != nil && len(db.open.steps) >= maxBatch {
			queue = nil // until that is on its way
		}
		select {
		case s := <-queue:
			db.take(s)
		case err := <-db.flight.landed:
			db.landed(err)
		case m := <-db.mover.done:
			db.ended(m)
		case <-db.mover.timer.C:
			db.mover.armed = false
			db.checkpoint()
		case call := <-db.calls:
			call()
		case <-db.closing:
			db.lastCommits()
			return
		}
		db.launch()
		db.consider()
	}
}

func (db *DB) lastCommits() {
	for {
		db.drain()
		select {
		case s := <-db.queue:
			db.take(s)
		default:
			db.unclosed = db.finish()
			return
		}
	}
}

// call has the goroutine that commits do something, between two commits. It returns when that is done.
func (db *DB) call(ctx context.Context, do func()) error {
	ended := make(chan struct{})
	select {
	case db.calls <- func() { defer close(ended); do() }:
		<-ended
		return nil
	case <-db.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run runs one step; a panic becomes its error.
func (t *tx) run(do func(*tx) error) (err error) {
	defer func() {
		r := recover()
		switch {
		case r == nil:
			return
		case isFault(r):
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		default:
			err = fmt.Errorf("panic in a storage step: %v\n%s", r, debug.Stack())
		}
		t.wrote = true // who knows
	}()
	if err := do(t); err != nil {
		return err
	}
	return t.failed
}
