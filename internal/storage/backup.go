package storage

import (
	"context"
	"fmt"
	"io"
)

// Backup writes a consistent copy of the database to w while it is in use. It ends
// early, with an error, when ctx ends or the database closes; a copy is whole only
// where the error is nil.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	if err := db.moveAll(ctx); err != nil {
		return err
	}
	return db.read(ctx, func(t *tx) error {
		if _, err := t.file.WriteTo(writerFunc(func(p []byte) (int, error) {
			if err := db.usable(ctx); err != nil {
				return 0, err
			}
			return w.Write(p)
		})); err != nil {
			return fmt.Errorf("back up database %s: %w", db.path, err)
		}
		return nil
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
