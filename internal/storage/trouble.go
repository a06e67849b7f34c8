package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// outcome is the last error of something, or nil.
type outcome struct{ last atomic.Pointer[error] }

// note keeps an outcome, and returns it.
func (o *outcome) note(err error) error {
	o.last.Store(&err)
	return err
}

func (o *outcome) err() error {
	if last := o.last.Load(); last != nil {
		return *last
	}
	return nil
}

// Trouble is why the last commit did not work; nil if it did.
func (db *DB) Trouble() error {
	if err := cmp.Or(db.broken.err(), db.trouble.err()); err != nil {
		return fmt.Errorf("write to database %s: %w", db.path, err)
	}
	return nil
}

// Writable is nil if the last commit worked. Otherwise it tries one, and so tells whether the disk takes
// anything again. ErrDamaged means that it will not do so before a restart.
func (db *DB) Writable(ctx context.Context) error {
	if db.Trouble() == nil {
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

var errReaders = errors.New("the last commit failed, and the file is still being read since before it")

// settle makes sure, after a commit that failed but can be read, that it is on disk before anything is built on
// it or answered from it. Its pages were flushed before; what is written anew and flushed is the two pages
// that lead there.
//
// bbolt has forgotten which pages that commit freed under readers, so those that were there have to be gone as well.
func (db *DB) settle() error {
	if !db.unsettled {
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
	db.unsettled = false
	return nil
}
