package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

var (
	// ErrMoved says that the shop of a database goes on in another one. Two shops that sell the same
	// stock would sell it twice.
	ErrMoved = errors.New("the shop was moved")
	// ErrHalfMoved says that a database holds the first part of a shop that is being moved into it.
	ErrHalfMoved = errors.New("a move into it is not finished")
	// ErrNotEmpty says that a database holds a shop already.
	ErrNotEmpty = errors.New("it holds a shop already")
	// ErrNoShop says that a database holds no shop that could be moved.
	ErrNoShop = errors.New("there is no shop in it")
	// ErrSourceChanged says that somebody wrote to the source of a move meanwhile.
	ErrSourceChanged = errors.New("it was written to meanwhile; stop all shops that use it")
)

// Names in bucketMeta of what Move notes. They are not moved.
func movingName() []byte { return []byte("moving") } // in the target: record of how far the move is
func movedName() []byte  { return []byte("moved") }  // in the source: record of where the shop is now

// movingRecord is what a target says while a move is under way.
type movingRecord struct {
	// Source identifies what is moved: the source, and the state that it is in.
	Source []byte `json:"source"`
	From   string `json:"from"`
	// Bucket and Key are of the last entry that was copied, Entries is how many were.
	Bucket  string `json:"bucket"`
	Key     []byte `json:"key"`
	Entries int64  `json:"entries"`
}

// movedRecord is what a source says once a move is done.
type movedRecord struct {
	Source []byte    `json:"source"`
	To     string    `json:"to"`
	At     time.Time `json:"at"`
}

// ForMove opens a database for Move, also one that was moved, or that is half full.
func ForMove() Option { return func(s *settings) { s.forMove = true } }

// refuseMoved returns an error for a database that a shop must not run on: ErrMoved or ErrHalfMoved.
func (db *DB) refuseMoved(ctx context.Context) error {
	return db.read(ctx, func(t *tx) error {
		if record := t.get(bucketMeta, movedName()); record != nil {
			moved, err := decode[movedRecord](record)
			if err != nil {
				return err
			}
			return fmt.Errorf("%w to %s on %s: name that one in SHOPBOT_DATABASE, or move it back with 'shopbot move'",
				ErrMoved, moved.To, moved.At.Format(time.DateOnly))
		}
		if record := t.get(bucketMeta, movingName()); record != nil {
			moving, err := decode[movingRecord](record)
			if err != nil {
				return err
			}
			return fmt.Errorf("%w: run 'shopbot move' from %s again, it goes on where it stopped", ErrHalfMoved, moving.From)
		}
		return t.failed
	})
}

// ForgetMove lets a shop open the file at path although it was moved: it is a copy that is put in
// place on purpose. It returns ErrHalfMoved if a move into the file was not finished.
func ForgetMove(ctx context.Context, path string) (err error) {
	moved := false
	err = look(path, usualDisk(), func(db *DB) (err error) {
		if _, half, err := noteOf[movingRecord](ctx, db, movingName()); half || err != nil {
			return errors.Join(ErrHalfMoved, err)
		}
		_, moved, err = noteOf[movedRecord](ctx, db, movedName())
		return err
	})
	if err != nil || !moved {
		return withoutHint(err)
	}
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return asOurs(err)
	}
	err = bolt.Update(func(t *bbolt.Tx) error { return t.Bucket(bucketMeta.bytes).Delete(movedName()) })
	return errors.Join(err, bolt.Close())
}

// MoveStage says what Move is doing.
type MoveStage string

// The stages, in their order.
const (
	MoveExamines MoveStage = "examining what is there" // as Check does
	MoveReads    MoveStage = "reading what is there"
	MoveClears   MoveStage = "clearing the rest of an earlier try"
	MoveCopies   MoveStage = "copying"
	MoveCompares MoveStage = "comparing both sides"
	MoveVerifies MoveStage = "examining the new database"
)

// MoveReport is told how far a move is: done of total entries. A total of 0 is unknown.
type MoveReport func(stage MoveStage, done, total int64)

// Moved tells what Move did.
type Moved struct {
	Census

	// Entries is how many were copied, in all tries together.
	Entries int64
}

// Move makes to the database of the shop that from holds. Both were opened with ForMove, and no shop
// runs on either. from is examined first, every invariant of it; to must be empty. Afterwards both
// hold the same, by count and hash of all entries, to is examined as well, and from refuses to be
// opened for a shop.
//
// A move that was stopped goes on where it was if it is called again, unless from has changed since:
// then what is in to is cleared first. Until the move is done, to refuses to be opened for a shop.
//
// Errors: ErrNoShop, ErrNotEmpty, ErrMoved if from was moved to another database, ErrSourceChanged,
// *UnsoundError if from or its copy breaks an invariant; those of the databases.
func Move(ctx context.Context, from, to *DB, report MoveReport) (done Moved, err error) {
	m := &move{from: from, to: to, report: report}
	if m.id, err = from.moveID(ctx); err != nil {
		return done, err
	}
	switch over, err := m.isOver(ctx); {
	case err != nil:
		return done, err
	case over:
		return m.finish(ctx)
	}
	err = from.read(ctx, (*tx).mustBeEmpty)
	if err == nil {
		return done, fmt.Errorf("database %s: %w", from.Name(), ErrNoShop)
	}
	if !errors.Is(err, ErrNotEmpty) {
		return done, err
	}
	if err := m.claimTarget(ctx); err != nil {
		return done, err
	}
	m.report(MoveExamines, 0, 0)
	if err := from.checkSound(ctx); err != nil {
		return done, fmt.Errorf("database %s: %w", from.Name(), err)
	}
	if m.want, err = from.digest(ctx, func(n int64) { report(MoveReads, n, 0) }); err != nil {
		return done, err
	}
	if err := m.copyAll(ctx); err != nil {
		return done, err
	}
	if err := m.verify(ctx); err != nil {
		return done, err
	}
	err = from.write(ctx, func(t *tx) error {
		t.putRecord(bucketMeta, movedName(), movedRecord{Source: m.id, To: to.Name(), At: time.Now()})
		return t.failed
	})
	if err != nil {
		return done, err
	}
	return m.finish(ctx)
}

type move struct {
	from, to *DB
	report   MoveReport
	id       []byte // see movingRecord.Source
	want     digest
	note     movingRecord
}

// moveID identifies a database in the state that it is in.
func (db *DB) moveID(ctx context.Context) ([]byte, error) {
	secret, err := db.Secret(ctx)
	if err != nil {
		return nil, err
	}
	commits := db.Commits(ctx)
	if commits == 0 {
		return nil, fmt.Errorf("database %s: count of its commits cannot be read", db.Name())
	}
	sum := sha256.Sum256(join(secret, number(commits)))
	return sum[:], nil
}

// noteOf reads the record of a move out of bucketMeta; the zero value if there is none.
func noteOf[V any](ctx context.Context, db *DB, name []byte) (v V, some bool, err error) {
	err = db.read(ctx, func(t *tx) error {
		record := t.get(bucketMeta, name)
		if record == nil {
			return t.failed
		}
		some = true
		v, err = decode[V](record)
		return err
	})
	return v, some, err
}

// isOver reports whether a move to this target was stopped after its last check.
func (m *move) isOver(ctx context.Context) (bool, error) {
	moved, some, err := noteOf[movedRecord](ctx, m.from, movedName())
	if err != nil || !some {
		return false, err
	}
	moving, some, err := noteOf[movingRecord](ctx, m.to, movingName())
	if err != nil {
		return false, err
	}
	if !some || !bytes.Equal(moving.Source, moved.Source) {
		return false, fmt.Errorf("database %s: %w to %s on %s", m.from.Name(), ErrMoved, moved.To, moved.At.Format(time.DateOnly))
	}
	return true, nil
}

// finish lets a shop open the target.
func (m *move) finish(ctx context.Context) (done Moved, err error) {
	m.note, _, err = noteOf[movingRecord](ctx, m.to, movingName())
	if err != nil {
		return done, err
	}
	done.Entries = m.note.Entries
	err = m.to.write(ctx, func(t *tx) error {
		t.remove(bucketMeta, movingName())
		return t.failed
	})
	if err == nil {
		done.Census, err = m.to.Census(ctx)
	}
	return done, err
}

// claimTarget notes in the target that a move into it is under way, unless it holds a shop.
func (m *move) claimTarget(ctx context.Context) error {
	found, some, err := noteOf[movingRecord](ctx, m.to, movingName())
	if err != nil {
		return err
	}
	if m.note = found; some && bytes.Equal(found.Source, m.id) {
		return nil
	}
	if some {
		if err := m.clear(ctx); err != nil {
			return err
		}
	}
	m.note = movingRecord{Source: m.id, From: m.from.Name()}
	err = m.to.write(ctx, func(t *tx) error {
		if err := t.mustBeEmpty(); err != nil {
			return err
		}
		t.putRecord(bucketMeta, movingName(), m.note)
		return t.failed
	})
	if err != nil {
		return fmt.Errorf("database %s: %w", m.to.Name(), err)
	}
	return nil
}

// mustBeEmpty returns ErrNotEmpty unless there is nothing but what every new database has.
func (t *tx) mustBeEmpty() error {
	found := false
	for _, b := range Buckets() {
		t.scan(b, nil, nil, func(key, _ []byte) bool {
			found = !isOwnMeta(b, key)
			return !found
		})
		if found {
			return fmt.Errorf("%w; name a new file, or a new database made with 'createdb'", ErrNotEmpty)
		}
	}
	return t.failed
}

// isOwnMeta reports whether an entry belongs to a database, and not to the shop in it.
func isOwnMeta(b *Bucket, key []byte) bool {
	return b == bucketMeta && (bytes.Equal(key, schemaName()) || bytes.Equal(key, secretName()) || isMoveNote(b, key))
}

// isMoveNote reports whether an entry is one of those that Move leaves where they are.
func isMoveNote(b *Bucket, key []byte) bool {
	return b == bucketMeta && (bytes.Equal(key, movingName()) || bytes.Equal(key, movedName()))
}

// clear removes what an earlier try has copied out of another state of the source.
func (m *move) clear(ctx context.Context) error {
	total, gone := m.note.Entries, int64(0)
	for _, b := range Buckets() {
		for more := true; more; {
			removed := int64(0)
			err := m.to.write(ctx, func(t *tx) error {
				var keys [][]byte
				t.scan(b, nil, nil, func(key, _ []byte) bool {
					if !isOwnMeta(b, key) {
						keys = append(keys, bytes.Clone(key))
					}
					return len(keys) < moveEntries
				})
				for _, key := range keys {
					t.remove(b, key)
					if b == bucketWork {
						t.batch.work = append(t.batch.work, WorkChange{Order: orderOf(key)})
					}
				}
				removed = int64(len(keys))
				t.check(t.in.SetSequence(b, 0))
				t.wrote = true
				return t.failed
			})
			if err != nil {
				return err
			}
			gone += removed
			more = removed == moveEntries
			m.report(MoveClears, gone, max(total, gone))
		}
	}
	return nil
}

// verify compares both sides, and examines the new one.
func (m *move) verify(ctx context.Context) error {
	got, err := m.to.digest(ctx, func(n int64) { m.report(MoveCompares, n, m.want.entries) })
	if err != nil {
		return err
	}
	if id, err := m.from.moveID(ctx); err != nil || !bytes.Equal(id, m.id) {
		return errors.Join(fmt.Errorf("database %s: %w", m.from.Name(), ErrSourceChanged), err)
	}
	if differs := m.want.difference(got); differs != "" {
		return fmt.Errorf("database %s: bucket %q is another one than in %s; somebody writes to it", m.to.Name(), differs, m.from.Name())
	}
	m.report(MoveVerifies, 0, 0)
	if err := m.to.checkSound(ctx); err != nil {
		return fmt.Errorf("database %s: %w", m.to.Name(), err)
	}
	return nil
}
