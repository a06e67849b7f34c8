package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
)

// trouble is what keeps the database from being written to.
type trouble struct {
	commit, checkpoint atomic.Pointer[error] // of the last one; nil where it worked
}

// note keeps the outcome of a commit or a checkpoint.
func (tr *trouble) note(of *atomic.Pointer[error], err error) {
	if err == nil {
		of.Store(nil)
		return
	}
	of.Store(&err)
}

func (tr *trouble) of(of *atomic.Pointer[error]) error {
	if last := of.Load(); last != nil {
		return *last
	}
	return nil
}

// Trouble is why the last commit, or the last checkpoint, did not work; nil where both did.
func (db *DB) Trouble() error {
	if err := cmp.Or(db.trouble.of(&db.trouble.commit), db.trouble.of(&db.trouble.checkpoint)); err != nil {
		return fmt.Errorf("write to database %s: %w", db.path, err)
	}
	return nil
}

// Writable is nil where the last commit and the last checkpoint worked. Else it tries both, and so
// tells whether the disk takes anything again. ErrDamaged means that it will not do so before a restart.
func (db *DB) Writable(ctx context.Context) error {
	if db.Trouble() == nil {
		return nil
	}
	if err := db.moveAll(ctx); err != nil { // first, since nothing is taken while there is too much to be moved
		return err
	}
	return db.write(ctx, func(t *tx) error {
		t.put(meta, schemaName(), t.get(meta, schemaName())) // as it is
		return t.failed
	})
}

// moveAll returns when all that was written before is in the database file.
func (db *DB) moveAll(ctx context.Context) error {
	said := make(chan error, 1)
	if err := db.call(ctx, func() { db.wait(said) }); err != nil {
		return err
	}
	select {
	case err := <-said:
		if err != nil {
			return db.explain(fmt.Errorf("write to database %s: %w", db.path, err))
		}
		return nil
	case <-db.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle makes sure, after a checkpoint that failed, that what bbolt goes on from is on disk. Its commit may have
// come as far as its last page, so that it can be read but was never flushed; if the next one built on it, reused
// the pages of the one before, and the power failed, there would be nothing whole on the disk. The same
// bytes are written once more, so that the system cannot believe them clean, and flushed.
func (db *DB) settle() error {
	if !db.unsettled {
		return nil
	}
	if err := rewriteMetas(db.file, db.bolt.Info().PageSize); err != nil {
		return fmt.Errorf("after a checkpoint that failed: %w", err)
	}
	db.unsettled = false
	return nil
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
