package storage

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Backup writes a consistent copy of the database to w while it is in use. It ends
// early, with an error, when ctx ends or the database closes; a copy is whole only
// where the error is nil.
func (db *DB) Backup(ctx context.Context, w io.Writer) (err error) {
	if err := db.moveAll(ctx); err != nil { // most of it, while commits go on
		return err
	}
	var file *bbolt.Tx
	var failed error
	if err := db.call(ctx, func() { file, failed = db.wholeFile() }); err != nil {
		return err
	}
	if failed != nil {
		return db.explain(fmt.Errorf("back up database %s: %w", db.path, failed))
	}
	defer func() { err = errors.Join(err, file.Rollback()) }()
	defer surviveDamage(&err)()
	if _, err := file.WriteTo(writerFunc(func(p []byte) (int, error) {
		if err := db.usable(ctx); err != nil {
			return 0, err
		}
		return w.Write(p)
	})); err != nil {
		return fmt.Errorf("back up database %s: %w", db.path, err)
	}
	return nil
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
