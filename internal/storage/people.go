package storage

import (
	"bytes"
	"context"
	"time"
)

// Language is what a person chose, "" for no choice.
func (db *DB) Language(ctx context.Context, user int64) (language string, err error) {
	err = db.read(ctx, func(t *tx) error {
		language = string(t.get(languages, number(user)))
		return t.failed
	})
	return language, err
}

// SetLanguage keeps what a person chose.
func (db *DB) SetLanguage(ctx context.Context, user int64, language string) error {
	return db.write(ctx, func(t *tx) error {
		t.put(languages, number(user), []byte(language))
		return t.failed
	})
}

// SeeUser notes that a person was there. It costs a commit on the first time of a day only.
func (db *DB) SeeUser(ctx context.Context, user int64, at time.Time) error {
	day := number(at.Unix() / (24 * 60 * 60))
	var first, last []byte
	look := func(t *tx) error {
		if had := t.get(seen, number(user)); len(had) == 16 {
			first, last = bytes.Clone(had[:8]), bytes.Clone(had[8:])
		}
		return t.failed
	}
	if err := db.read(ctx, look); err != nil || bytes.Compare(last, day) >= 0 {
		return err
	}
	return db.write(ctx, func(t *tx) error {
		first, last = day, nil
		if err := look(t); err != nil || bytes.Compare(last, day) >= 0 {
			return err
		}
		t.put(seen, number(user), join(first, day))
		return t.failed
	})
}
