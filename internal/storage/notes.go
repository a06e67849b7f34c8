package storage

import (
	"bytes"
	"context"
)

// Note is a small value by its name, nil where there is none.
func (db *DB) Note(ctx context.Context, name string) (value []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		value = bytes.Clone(t.get(notes, []byte(name)))
		return t.failed
	})
	return value, err
}

// SetNote keeps a small value under a name; nil forgets it.
func (db *DB) SetNote(ctx context.Context, name string, value []byte) error {
	if name == "" {
		return ErrNoName
	}
	return db.write(ctx, func(t *tx) error {
		if value == nil {
			t.remove(notes, []byte(name))
		} else {
			t.put(notes, []byte(name), value)
		}
		return t.failed
	})
}
