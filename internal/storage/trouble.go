package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// trouble is what keeps the database from being written to.
type trouble struct {
	last atomic.Pointer[error] // of the last commit; nil where it worked
	// unsettled says that what can be read may not be on disk. It belongs to the goroutine that commits.
	unsettled bool
}

// note keeps the outcome of a commit.
func (tr *trouble) note(err error) {
	if err == nil {
		tr.last.Store(nil)
		return
	}
	tr.unsettled = true
	tr.last.Store(&err)
}

// Trouble is why the last commit did not work; nil where it did.
func (db *DB) Trouble() error {
	if last := db.trouble.last.Load(); last != nil {
		return fmt.Errorf("write to database %s: %w", db.path, *last)
	}
	return nil
}

// Writable is nil where the last commit worked. After one that did not it tries another, and so
// tells whether the disk takes anything again. ErrDamaged means that it will not do so before a restart.
func (db *DB) Writable(ctx context.Context) error {
	if db.Trouble() == nil {
		return nil
	}
	return db.write(ctx, func(t *tx) error {
		t.put(meta, schemaName(), append([]byte(nil), t.get(meta, schemaName())...)) // as it is
		return t.failed
	})
}

// settle makes sure, after a commit that failed, that what bbolt goes on from is on disk. The commit may have
// come as far as its last page, so that it can be read but was never flushed; if the next one built on it, reused
// the pages of the one before, and the power failed, there would be nothing whole on the disk. The same
// bytes are written once more, so that the system cannot believe them clean, and flushed.
func (db *DB) settle() error {
	if !db.trouble.unsettled {
		return nil
	}
	if err := rewriteMetas(db.file, db.bolt.Info().PageSize); err != nil {
		return fmt.Errorf("after a commit that failed: %w", err)
	}
	return db.bolt.View(func(b *bbolt.Tx) error {
		t := &tx{batch: newBatch(b, &db.cache)}
		db.queued.load(t) // which lacks what the commit changed, if that is what there is now
		if t.failed == nil {
			db.flushed.Store(int64(b.ID()))
			db.trouble.unsettled = false
		}
		return t.failed
	})
}

func rewriteMetas(file *os.File, pageSize int) error {
	both := make([]byte, 2*pageSize)
	if _, err := file.ReadAt(both, 0); err != nil {
		return err
	}
	if _, err := file.WriteAt(both, 0); err != nil {
		return err
	}
	return file.Sync()
}

// What has become of a step. One that nobody has begun may be withdrawn.
const (
	stepWaits int32 = iota
	stepBegun
	stepWithdrawn
)

// begin takes a step out of the hands of who waits for it, unless it was withdrawn.
func (s *step) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil && s.withdraw() {
		return err
	}
	if !s.state.CompareAndSwap(stepWaits, stepBegun) && s.state.Load() == stepWithdrawn {
		return errWithdrawn
	}
	return nil
}

// withdraw reports whether the step will never be done.
func (s *step) withdraw() bool { return s.state.CompareAndSwap(stepWaits, stepWithdrawn) }

var errWithdrawn = errors.New("nobody waits for it any more")
