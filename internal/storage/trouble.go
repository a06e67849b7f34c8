package storage

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
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
	if err := cmp.Or(db.engine.Broken(), db.trouble.err()); err != nil {
		return fmt.Errorf("write to database %s: %w", db.engine.Name(), err)
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
