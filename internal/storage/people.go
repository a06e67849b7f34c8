package storage

import (
	"bytes"
	"context"
	"time"
)

// Language is what a person chose; "" for no choice.
func (db *DB) Language(ctx context.Context, user int64) (language string, err error) {
	err = db.read(ctx, func(t *tx) error {
		language = string(t.get(languages, number(user)))
		return nil
	})
	return language, err
}

// SetLanguage notes what a person chose.
func (db *DB) SetLanguage(ctx context.Context, user int64, language string) error {
	return db.write(ctx, func(t *tx) error {
		t.put(languages, number(user), []byte(language))
		return nil
	})
}

// SeeUser notes that a person wrote, once a day at most.
func (db *DB) SeeUser(ctx context.Context, user int64, at time.Time) error {
	day := number(at.Unix() / (24 * 60 * 60))
	var had []byte
	err := db.read(ctx, func(t *tx) error {
		had = bytes.Clone(t.get(seen, number(user)))
		return nil
	})
	if err != nil || len(had) == 16 && bytes.Equal(had[8:], day) {
		return err
	}
	return db.write(ctx, func(t *tx) error {
		first := day
		if had := t.get(seen, number(user)); len(had) == 16 {
			first = bytes.Clone(had[:8])
		}
		t.put(seen, number(user), join(first, day))
		return nil
	})
}

// Note is a small value by name; nil where there is none.
func (db *DB) Note(ctx context.Context, name string) (value []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		value = bytes.Clone(t.get(notes, []byte(name)))
		return nil
	})
	return value, err
}

// SetNote keeps a small value by name; nil forgets it.
func (db *DB) SetNote(ctx context.Context, name string, value []byte) error {
	return db.write(ctx, func(t *tx) error {
		if value == nil {
			t.delete(notes, []byte(name))
			return nil
		}
		t.put(notes, []byte(name), value)
		return nil
	})
}
