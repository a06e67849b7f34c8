package storage

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
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
