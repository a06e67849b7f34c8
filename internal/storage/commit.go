package storage

import (
	"fmt"
	"time"
)

// A commit is open while the one before it is on its way to the disk: the steps that arrive meanwhile are run at once, on
// top of what that one wrote, and share the next write. Where none is on its way nobody waits for company.

// commit is steps that share a write.
type commit struct {
	steps []*step
	batch *batch // until they are all run
	tx    tx     // of the step that is run
	wrote bool
	// written is what they come to. It keeps nothing of the file.
	written
}

// written is what a commit leaves behind.
type written struct {
	over   *layer
	frame  []byte
	queued []queueChange
	fronts queueFronts
}

// flight is the commit that is on its way to the disk.
type flight struct {
	*commit // nil: none is
	out     writeOut
	landed  chan error
	// spare is room for the frame of the next one.
	spare []byte
}

// tip is the layer that the next commit begins with.
func (db *DB) tip() *layer {
	if db.flight.commit != nil {
		return db.flight.over
	}
	return db.layers.load().active
}

// take runs a step and those that have arrived since.
func (db *DB) take(s *step) {
	for {
		db.add(s)
		if db.open != nil && len(db.open.steps) >= maxBatch {
			return
		}
		select {
		case s = <-db.queue:
		default:
			return
		}
	}
}

func (db *DB) add(s *step) {
	if s.err = s.begin(s.ctx); s.err != nil {
		close(s.done)
		return
	}
	if db.open == nil {
		batch, err := db.begin()
		if err != nil {
			db.refuse([]*step{s}, err)
			return
		}
		db.open = &commit{batch: batch}
	}
	c := db.open
	c.steps = append(c.steps, s)
	for again := !c.run(s); again; {
		again = !db.rerun()
	}
}

// run runs a step. It reports false where the commit is spoiled: the step failed after it had written, or panicked.
func (c *commit) run(s *step) bool {
	c.tx = tx{batch: c.batch}
	t := &c.tx
	s.err = t.run(s.do)
	s.spoils = s.err != nil && t.wrote
	c.wrote = c.wrote || t.wrote
	return !s.spoils
}

// rerun runs all steps of a spoiled commit anew, without those that have spoiled it. These hear of their error with the
// others, since they may have seen what a neighbour wrote.
func (db *DB) rerun() bool {
	c := db.open
	batch, err := db.begin()
	if err != nil {
		db.open = nil
		db.refuse(c.steps, err)
		return true
	}
	c.batch, c.wrote = batch, false
	for _, s := range c.steps {
		if !s.spoils && !c.run(s) {
			return false
		}
	}
	return true
}

// refuse gives steps the error that kept them from the disk: no result holds that was found in a transaction that never was.
func (db *DB) refuse(steps []*step, err error) {
	for _, s := range steps {
		s.err = fmt.Errorf("write to database %s: %w", db.path, err)
		close(s.done)
	}
}

// begin begins a transaction. As long as no checkpoint changes the file, all of them look at it through the same one of
// bbolt, which saves each of them opening it and the buckets.
func (db *DB) begin() (b *batch, err error) {
	if db.broken != nil {
		return nil, db.broken
	}
	if err := db.room(); err != nil {
		return nil, err
	}
	if db.kept == nil {
		if db.kept, err = db.viewSafely(); err != nil {
			return nil, err
		}
	}
	b = db.kept
	b.over = db.tip().copy()
	b.head, b.at, b.book = nil, time.Time{}, newLedger()
	b.writing = writing{arena: &db.arena, room: b.room, frame: newFrame(db.flight.spare), known: db.fronts}
	db.flight.spare = nil
	return b, nil
}

func (db *DB) viewSafely() (b *batch, err error) {
	defer surviveDamage(&err, &db.broken)()
	return db.view()
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

// launch sends the open commit on its way, if there is one and none other is. A lone step is not handed to
// another goroutine, which would take it longer.
func (db *DB) launch() {
	c := db.open
	if c == nil || db.flight.commit != nil {
		return
	}
	db.open = nil
	if err := db.closeCommit(c); err != nil {
		db.refuse(c.steps, err)
		return
	}
	if c.frame == nil {
		c.answer()
		return
	}
	out := db.journal.prepare(c.frame)
	db.flight.commit, db.flight.out = c, out
	if len(c.steps) == 1 {
		db.landed(db.journal.write(out))
		return
	}
	go func() { db.flight.landed <- db.journal.write(out) }()
}

// closeCommit makes of what steps did what is to be written; no frame where that is nothing. From then on the file
// is not looked at: a checkpoint may have to wait until nobody does.
func (db *DB) closeCommit(c *commit) (err error) {
	defer surviveDamage(&err)()
	defer func() {
		c.batch, c.tx = nil, tx{}
		if err != nil || db.mover.running {
			db.letGo()
		}
	}()
	b := c.batch
	if !c.wrote {
		db.flight.keep(b.frame)
		return nil
	}
	if err := (&tx{batch: b}).writeLedger(); err != nil {
		return err
	}
	if len(b.frame) == frameHeader && !db.journal.doubtful {
		return nil // what was to be removed was not there
	}
	if err := db.useJournal(); err != nil {
		return err
	}
	c.written = written{over: b.over, frame: b.frame, queued: b.queued, fronts: b.fronts}
	return nil
}

// landed takes note of how a write ended. What was run on top of one that failed has failed with it.
func (db *DB) landed(err error) {
	c, out := db.flight.commit, db.flight.out
	db.flight.commit, db.flight.out = nil, writeOut{}
	db.flight.keep(out.frame)
	db.trouble.note(&db.trouble.commit, db.journal.wrote(out, err))
	if err != nil {
		db.refuse(c.steps, err)
		if db.open != nil {
			db.refuse(db.open.steps, err)
			db.open = nil
		}
		return
	}
	db.layers.advance(c.over)
	db.queued.apply(c.queued)
	db.fronts.keep(c.fronts)
	c.answer()
}

// keep keeps room for the next frame.
func (f *flight) keep(frame []byte) {
	if cap(frame) <= mostSpare && cap(frame) > cap(f.spare) {
		f.spare = frame
	}
}

// mostSpare is how much room is kept for the next frame, in bytes.
const mostSpare = 1 << 20

func (c *commit) answer() {
	for _, s := range c.steps {
		close(s.done)
	}
}

// drain ends what is open and what is on its way.
func (db *DB) drain() {
	for db.flight.commit != nil || db.open != nil {
		if db.flight.commit != nil {
			db.landed(<-db.flight.landed)
		}
		db.launch()
	}
}
