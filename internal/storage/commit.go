package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"shopbot/internal/shop"
)

// Bounds of shared commits.
const (
	maxQueue = 1024 // steps that may wait for a commit
	maxBatch = 512  // steps in one commit

	// queueWait is how long a step waits for a place in the queue. It takes that long only if the
	// disk hangs.
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
	order shop.Order      // that the step is about: all of a new one, else its id; no id if none is known
	ctx   context.Context //nolint:containedctx // the caller's, who waits as long as the step exists
	state atomic.Int32    // see begin
	err   error           // may be read when done is closed
	// mustRollBack says that the step failed after it had written, or panicked.
	mustRollBack bool
	done         chan struct{}
}

// What has become of a step. One that has not begun may be withdrawn.
const (
	stepWaits int32 = iota
	stepBegun
	stepWithdrawn
)

// begin begins a step whose caller still waits, and withdraws another one.
func (s *step) begin() {
	if err := s.ctx.Err(); err != nil && s.withdraw() {
		s.err = err
	}
	s.state.CompareAndSwap(stepWaits, stepBegun)
}

func (s *step) withdrawn() bool { return s.state.Load() == stepWithdrawn }

// withdraw reports whether the step will never be run.
func (s *step) withdraw() bool { return s.state.CompareAndSwap(stepWaits, stepWithdrawn) }

// write runs do in a transaction and returns when that is on disk. do checks everything before its
// first write, changes nothing but the transaction and its own results, and may run more than once.
//
// A step whose ctx ends before it has begun is left out, and write returns at once. Once it has
// begun, its outcome is waited for. An error of its own also comes after the commit, since do may
// have seen what a neighbour wrote.
func (db *DB) write(ctx context.Context, do func(*tx) error) error {
	return db.writeOrder(ctx, shop.Order{}, do)
}

// writeOrder is write for a step about an order: all of a new one, or its id.
func (db *DB) writeOrder(ctx context.Context, about shop.Order, do func(*tx) error) error {
	s := &step{do: do, order: about, ctx: ctx, done: make(chan struct{})}
	if err := db.enqueue(ctx, s); err != nil {
		return err
	}
	select {
	case <-s.done:
		return db.withHint(s.err)
	case <-ctx.Done():
		if s.withdraw() {
			return ctx.Err()
		}
		<-s.done
		return db.withHint(s.err)
	case <-db.stopped:
	}
	select {
	case <-s.done: // in the last commit
		return db.withHint(s.err)
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
	timer := time.NewTimer(queueWait)
	defer timer.Stop()
	select {
	case db.queue <- s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return ErrClosed
	case <-timer.C:
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

// commitLoop shares commits until the database closes, then does what has been queued.
func (db *DB) commitLoop() {
	defer close(db.stopped)
	for {
		select {
		case s := <-db.queue:
			db.commit(s)
			continue
		case <-db.closing:
		}
		select {
		case s := <-db.queue:
			db.commit(s)
		default:
			return
		}
	}
}

// commit runs a step, and those that arrive before its transaction begins, in one transaction, and
// answers them.
func (db *DB) commit(first *step) {
	steps := []*step{first}
	if err := db.commitAll(&steps); err != nil {
		_ = db.trouble.note(err)
		err = fmt.Errorf("write to database %s: %w", db.engine.Name(), err)
		for _, s := range steps { // their results are void, also of those that only read
			if !s.withdrawn() {
				s.err = err
			}
		}
	}
	for _, s := range steps {
		close(s.done)
	}
}

// commitAll runs steps in one transaction, and again without those that made it roll back. It
// returns why there was no commit.
func (db *DB) commitAll(steps *[]*step) error {
	if err := cmp.Or(db.engine.Broken(), db.engine.InPlace()); err != nil {
		*steps = db.gather(*steps)
		return err
	}
	for again := 0; ; again++ {
		err := db.commitOnce(steps)
		if gone, ok := errors.AsType[*GivenUpError](err); !ok || !gone.Again || again == maxAgain {
			return err
		}
		time.Sleep(time.Duration(again) * againPause)
	}
}

// gather returns steps and those that have arrived since, without waiting for any.
func (db *DB) gather(steps []*step) []*step {
	for len(steps) < maxBatch {
		select {
		case s := <-db.queue:
			steps = append(steps, s)
			continue
		default:
		}
		break
	}
	return steps
}

// How often the steps of a transaction that was given up run again, and how much longer each pause
// between is than the one before.
const (
	maxAgain   = 6
	againPause = 50 * time.Millisecond
)

// commitOnce is commitAll for an engine that may give a transaction up.
func (db *DB) commitOnce(steps *[]*step) error {
	for {
		in, err := db.engine.Begin(context.Background()) // no step's own; it may wait for other writers
		*steps = db.gather(*steps)
		if err != nil {
			return err
		}
		for _, s := range *steps {
			s.begin()
		}
		b := &batch{at: time.Now(), zone: (*db.zone.Load())(), sums: sums{}}
		if db.file == nil {
			(&tx{in: in, log: db.log, batch: b}).expect(*steps)
		}
		if b.givenUp == nil && db.runAll(in, b, *steps) {
			return db.finish(in, b)
		}
		if err := in.Rollback(); err != nil {
			return err
		}
		if b.givenUp != nil {
			return b.givenUp
		}
	}
}

// runAll runs the steps that have not made a transaction roll back before. It reports false if one
// does, or if the engine gave the transaction up.
func (db *DB) runAll(in Tx, b *batch, steps []*step) bool {
	for _, s := range steps {
		if s.mustRollBack || s.withdrawn() {
			continue
		}
		t := &tx{in: in, log: db.log, batch: b}
		s.err = t.run(s.do)
		b.wrote = b.wrote || t.wrote
		if b.givenUp != nil {
			return false
		}
		if s.err != nil && t.wrote {
			s.mustRollBack = true
			return false
		}
	}
	return true
}

// run runs one step; a panic becomes its error.
func (t *tx) run(do func(*tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		switch {
		case r == nil:
			return
		case isFault(r):
			err = fmt.Errorf("%w: %s", ErrDamaged, damageText(r))
		default:
			err = fmt.Errorf("panic in a storage step: %v\n%s", r, debug.Stack())
		}
		t.wrote = true // it may have
	}()
	if err := do(t); err != nil {
		return err
	}
	return t.failed
}

// finish ends a transaction.
func (db *DB) finish(in Tx, b *batch) error {
	if !b.wrote {
		return in.Rollback()
	}
	t := &tx{in: in, log: db.log, batch: b}
	if t.addSums(); t.failed != nil {
		return errors.Join(t.failed, in.Rollback())
	}
	return db.trouble.note(in.Commit(b.work))
}

// read runs do on what is committed at this moment.
func (db *DB) read(ctx context.Context, do func(*tx) error) (err error) {
	if err := db.usable(ctx); err != nil {
		return err
	}
	in, err := db.engine.View(ctx)
	if err != nil {
		return db.withHint(err)
	}
	defer func() { err = db.withHint(err) }()
	defer func() { err = errors.Join(err, in.Rollback()) }()
	defer recoverCorruption(&err)()
	t := &tx{in: in, log: db.log}
	err = do(t)
	return cmp.Or(t.failed, err) // after a failed read, do takes what is there for missing
}
