package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// lastError holds the most recent error, or nil.
type lastError struct{ last atomic.Pointer[error] }

// note keeps err, and returns it.
func (e *lastError) note(err error) error {
	e.last.Store(&err)
	return err
}

func (e *lastError) err() error {
	if last := e.last.Load(); last != nil {
		return *last
	}
	return nil
}

// Trouble is why the last commit failed; nil if it did not.
func (db *DB) Trouble() error {
	if err := cmp.Or(db.broken.err(), db.trouble.err()); err != nil {
		return fmt.Errorf("write to database %s: %w", db.path, err)
	}
	return nil
}

// Writable returns nil if the last commit worked and the file is where it was. Otherwise it tries
// one, to see whether the disk can be written again. ErrDamaged means that nothing can be written
// before a restart.
func (db *DB) Writable(ctx context.Context) error {
	if db.Trouble() == nil && db.InPlace() == nil {
		return nil
	}
	return db.write(ctx, func(t *tx) error {
		t.put(bucketMeta, schemaName(), []byte(schema)) // as it is
		return t.failed
	})
}

// visible reports whether a transaction whose commit failed can be read all the same, because only
// its very last flush failed.
func (db *DB) visible(id int) bool {
	file, err := db.bolt.Begin(false)
	if err != nil {
		return false
	}
	has := file.ID() >= id
	return file.Rollback() == nil && has
}

var errReaders = errors.New("the last commit failed, and readers from before it are still open")

// flushAgain makes sure, after a commit that failed but can be read, that the commit is on disk
// before anything builds on it or is answered from it. Its pages were flushed before, so flushAgain
// writes and flushes only the two meta pages.
//
// bbolt has forgotten which pages that commit freed under readers, so the readers of that time must
// end first.
func (db *DB) flushAgain() error {
	if !db.flushPending {
		return nil
	}
	for begun := time.Now(); db.bolt.Stats().OpenTxN > 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > queueWait {
			return db.trouble.note(errReaders)
		}
	}
	both := make([]byte, 2*db.bolt.Info().PageSize)
	if _, err := db.file.ReadAt(both, 0); err != nil {
		return db.trouble.note(err)
	}
	if _, err := db.file.WriteAt(both, 0); err != nil {
		return db.trouble.note(err)
	}
	if err := db.disk.sync(db.file); err != nil {
		return db.trouble.note(err)
	}
	db.flushPending = false
	return nil
}
