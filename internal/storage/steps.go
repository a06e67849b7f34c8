package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	berrors "go.etcd.io/bbolt/errors"
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
	done  chan struct{}
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
	err = db.look(do)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
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
	for {
		select {
		case s := <-db.queue:
			db.commit(db.gather(s))
			db.consider()
			continue
		case m := <-db.mover.done:
			db.ended(m)
			continue
		case <-db.mover.timer.C:
			db.mover.armed = false
			db.checkpoint()
			continue
		case said := <-db.wanted:
			db.wait(said)
			continue
		case <-db.closing:
		}
		select {
		case s := <-db.queue:
			db.commit(db.gather(s))
		default:
			db.unmoved = db.finish()
			return
		}
	}
}

// gather takes the steps that have arrived by now, without waiting for more.
func (db *DB) gather(first *step) []*step {
	batch := []*step{first}
	for len(batch) < maxBatch {
		select {
		case s := <-db.queue:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// commit runs steps in one transaction and gives them their results.
func (db *DB) commit(batch []*step) {
	rest := slices.Clone(batch)
	spoiler, err := db.attempt(rest)
	for spoiler != nil {
		rest = slices.DeleteFunc(rest, func(s *step) bool { return s == spoiler })
		spoiler, err = db.attempt(rest)
	}
	for _, s := range batch {
		if err != nil { // no result holds that was found in a transaction that never was
			s.err = fmt.Errorf("write to database %s: %w", db.path, err)
		}
		close(s.done)
	}
}

// attempt runs all steps in one transaction. Where one of them fails after it
// has written, or panics, nothing is done, and spoiler names it: the others have to
// run again without it.
func (db *DB) attempt(steps []*step) (spoiler *step, err error) {
	if db.broken != nil {
		return nil, db.broken
	}
	if err := db.room(); err != nil {
		return nil, err
	}
	defer surviveDamage(&err)()
	defer func() {
		if err != nil || db.mover.running {
			db.letGo()
		}
	}()
	shared, err := db.begin()
	if err != nil {
		return nil, err
	}
	wrote, spoiler := shared.runAll(steps)
	if spoiler != nil || !wrote {
		return spoiler, nil
	}
	if err := (&tx{batch: shared}).writeLedger(); err != nil {
		return nil, err
	}
	return nil, db.keep(shared)
}

// begin begins a commit. As long as no checkpoint changes the file, all commits look at it through the same
// transaction, which saves each of them opening it and the buckets.
func (db *DB) begin() (b *batch, err error) {
	if db.kept == nil {
		if db.kept, err = db.view(); err != nil {
			return nil, err
		}
	}
	b = db.kept
	b.over, b.under = db.newest.active.copy(), db.newest.frozen
	b.head, b.at, b.book = nil, time.Time{}, newLedger()
	b.writing = writing{arena: &db.arena, room: b.room, frame: newFrame(db.frame), known: db.fronts}
	return b, nil
}

// letGo ends what begin has opened.
func (db *DB) letGo() {
	if db.kept != nil {
		if err := db.kept.file.Rollback(); err != nil { // of what only reads, which cannot fail
			db.log.Error("look at the database file not ended", "error", err)
		}
		db.kept = nil
	}
}

// runAll runs steps one after the other, up to one that fails after it has written.
func (b *batch) runAll(steps []*step) (wrote bool, spoiler *step) {
	t := &tx{}
	for _, s := range steps {
		if s.err = s.begin(s.ctx); s.err != nil {
			continue
		}
		*t = tx{batch: b}
		s.err = t.run(s.do)
		switch {
		case s.err == nil:
			wrote = wrote || t.wrote
		case t.wrote:
			return wrote, s
		}
	}
	return wrote, nil
}

// keep has the disk keep what was written, and then everybody see it.
func (db *DB) keep(b *batch) error {
	db.frame = b.frame
	err := db.journal.write(b.frame)
	db.trouble.note(&db.trouble.commit, err)
	if err != nil {
		return err
	}
	b.over.size = db.journal.at
	db.newest.advance(b.over)
	db.queued.apply(b.queued)
	db.fronts.keep(b.fronts)
	return nil
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
