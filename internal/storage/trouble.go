package storage

import (
	"context"
	"fmt"
	"sync/atomic"
)

// trouble is what keeps the database from being written to: the error of the last commit.
type trouble struct{ last atomic.Pointer[error] }

// note keeps the outcome of a commit, and returns it.
func (tr *trouble) note(err error) error {
	if err == nil {
		tr.last.Store(nil)
	} else {
		tr.last.Store(&err)
	}
	return err
}

// Trouble is why the last commit did not work; nil if it did.
func (db *DB) Trouble() error {
	last := db.trouble.last.Load()
	err := db.broken.err()
	if err == nil && last != nil {
		err = *last
	}
	if err != nil {
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
