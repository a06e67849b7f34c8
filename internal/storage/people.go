package storage

import (
	"bytes"
	"context"
	"time"

	"shopbot/internal/shop"
)

// Language is what a person chose; "" for no choice.
func (db *DB) Language(ctx context.Context, user int64) (language string, err error) {
	err = db.read(ctx, func(t *tx) error {
		language = string(t.get(bucketLanguages, number(user)))
		return t.failed
	})
	return language, err
}

// SetLanguage keeps what a person chose.
func (db *DB) SetLanguage(ctx context.Context, user int64, language string) error {
	return db.write(ctx, func(t *tx) error {
		t.put(bucketLanguages, number(user), []byte(language))
		return t.failed
	})
}

// SeeUser notes that a person was there. It costs a commit only on the first time of a day.
func (db *DB) SeeUser(ctx context.Context, user int64, at time.Time) error {
	day := number(at.Unix() / (24 * 60 * 60))
	seen := func(t *tx) (first []byte, today bool) {
		if had := t.get(bucketSeen, number(user)); len(had) == 16 {
			return had[:8], bytes.Compare(had[8:], day) >= 0
		}
		return day, false
	}
	known := false
	err := db.read(ctx, func(t *tx) error {
		_, known = seen(t)
		return t.failed
	})
	if err != nil || known {
		return err
	}
	return db.write(ctx, func(t *tx) error {
		if first, today := seen(t); !today {
			t.put(bucketSeen, number(user), join(first, day))
		}
		return t.failed
	})
}

// Note implements shop.Store.
func (db *DB) Note(ctx context.Context, name string) (value []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		value = bytes.Clone(t.get(bucketNotes, []byte(name)))
		return t.failed
	})
	return value, err
}

// SetNote implements shop.Store. ErrNoName if the name is empty.
func (db *DB) SetNote(ctx context.Context, name string, value []byte) error {
	if name == "" {
		return ErrNoName
	}
	return db.write(ctx, func(t *tx) error {
		if value == nil {
			t.remove(bucketNotes, []byte(name))
		} else {
			t.put(bucketNotes, []byte(name), value)
		}
		return t.failed
	})
}

// pruneForms is how many forms that have ended are removed with each one that is set.
const pruneForms = 3

// Form implements shop.Forms. A form that cannot be decoded is as good as none: it is logged, and
// its user begins anew.
func (db *DB) Form(ctx context.Context, user int64) (_ shop.Form, open bool, err error) {
	var f storedForm
	err = db.read(ctx, func(t *tx) error {
		f, open = t.form(user)
		return t.failed
	})
	now := time.Now()
	if err != nil || !open || !f.Until.After(now) || shop.ClockWasAhead(f.Set, now) {
		return shop.Form{}, false, err
	}
	return f.Form, true, nil
}

// storedForm is a form, and when it was set: one that was set while the clock was ahead has ended.
type storedForm struct {
	shop.Form

	Set time.Time `json:"set"`
}

func (t *tx) form(user int64) (f storedForm, found bool) {
	record := t.get(bucketForms, number(user))
	if record == nil {
		return storedForm{}, false
	}
	f, err := decode[storedForm](record)
	if err != nil {
		t.log.Error("form passed over", "user", user, "error", err)
		return storedForm{}, false
	}
	return f, true
}

// SetForm implements shop.Forms.
func (db *DB) SetForm(ctx context.Context, user int64, f shop.Form) error {
	return db.write(ctx, func(t *tx) error {
		t.removeForm(user)
		t.pruneForms()
		t.putRecord(bucketForms, number(user), storedForm{f, t.batch.at})
		t.put(bucketFormsByEnd, join(moment(f.Until), number(user)), nil)
		return t.failed
	})
}

// LeaveForm implements shop.Forms.
func (db *DB) LeaveForm(ctx context.Context, user int64) error {
	return db.write(ctx, func(t *tx) error {
		if t.has(bucketForms, number(user)) {
			t.removeForm(user)
		}
		return t.failed
	})
}

func (t *tx) removeForm(user int64) {
	if f, found := t.form(user); found {
		t.remove(bucketFormsByEnd, join(moment(f.Until), number(user)))
	}
	t.remove(bucketForms, number(user))
}

// pruneForms removes a few forms that have ended. A line of the index that its form does not
// account for, left by a record that could not be decoded, goes as well.
func (t *tx) pruneForms() {
	var ended [][]byte
	t.scan(bucketFormsByEnd, nil, nil, func(key, _ []byte) bool {
		if len(ended) == pruneForms || toTime(key).After(t.batch.at) {
			return false
		}
		ended = append(ended, bytes.Clone(key))
		return true
	})
	for _, key := range ended {
		user := toNumber(key[min(8, len(key)):])
		if f, found := t.form(user); found && bytes.Equal(moment(f.Until), key[:8]) {
			t.remove(bucketForms, number(user))
		}
		t.remove(bucketFormsByEnd, key)
	}
}
