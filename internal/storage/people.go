package storage

import (
	"bytes"
	"context"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// Person implements shop.People. A record that cannot be decoded is logged, and counts as missing.
func (db *DB) Person(ctx context.Context, user int64) (shop.Person, error) {
	return query(ctx, db, func(t *tx) (shop.Person, error) { return t.person(user), nil })
}

func (t *tx) person(user int64) shop.Person {
	if p, found := getLenient[shop.Person](t, bucketPeople, number(user), "user", user); found {
		return p
	}
	return shop.Person{ID: user}
}

// ChangePerson implements shop.People. A change that reports false costs no commit.
func (db *DB) ChangePerson(ctx context.Context, user int64, change func(*shop.Person) bool) (p shop.Person, err error) {
	changed := false
	err = db.read(ctx, func(t *tx) error {
		p = t.person(user)
		changed = change(&p)
		return t.failed
	})
	if err != nil || !changed {
		return p, err
	}
	err = db.write(ctx, func(t *tx) error {
		before := t.person(user)
		p = before
		if change(&p) {
			t.putPerson(before, p)
		}
		return t.failed
	})
	return p, err
}

func (t *tx) putPerson(before, after shop.Person) {
	after.ID = before.ID
	t.indexPerson(before, after)
	t.putRecord(bucketPeople, number(after.ID), after)
}

// indexPerson keeps the indexes of people: by name, and by who invited them.
func (t *tx) indexPerson(before, after shop.Person) {
	t.move(bucketPeopleByName, nameKey(before), nameKey(after), nil)
	t.move(bucketInvited, invitedKey(before), invitedKey(after), nil)
}

// nameKey is the key of a person's user name; nil without one.
func nameKey(p shop.Person) []byte {
	if p.Username == "" {
		return nil
	}
	return join(namePrefix(p.Username), number(p.ID))
}

func namePrefix(username string) []byte { return append([]byte(strings.ToLower(username)), 0) }

// PeopleNamed implements shop.People.
func (db *DB) PeopleNamed(ctx context.Context, username string, limit int) ([]shop.Person, error) {
	return query(ctx, db, func(t *tx) (found []shop.Person, _ error) {
		t.scan(bucketPeopleByName, namePrefix(username), nil, func(id, _ []byte) bool {
			if len(found) == limit {
				return false
			}
			found = append(found, t.person(toNumber(id)))
			return true
		})
		return found, nil
	})
}

// PeopleCalled implements shop.People.
func (db *DB) PeopleCalled(ctx context.Context, prefix string, after int64, limit int) ([]shop.Person, error) {
	prefix = strings.ToLower(prefix)
	return query(ctx, db, func(t *tx) (found []shop.Person, _ error) {
		var from []byte
		if after != 0 {
			key := nameKey(t.person(after))
			if !bytes.HasPrefix(key, []byte(prefix)) { // that person has another name meanwhile
				return nil, nil
			}
			from = join(key[len(prefix):], []byte{0}) // the least key above
		}
		t.scan(bucketPeopleByName, []byte(prefix), from, func(rest, _ []byte) bool {
			if len(found) == limit {
				return false
			}
			found = append(found, t.person(toNumber(rest[max(len(rest)-8, 0):])))
			return true
		})
		return found, nil
	})
}

// countBuyer adds what a change of an order counts to its buyer, unless they were forgotten.
func (t *tx) countBuyer(before, after *shop.Order) {
	if after.Buyer.ID == 0 {
		return
	}
	if len(before.Payments) == len(after.Payments) && len(after.Refunds) == 0 {
		return // most changes
	}
	p := t.person(after.Buyer.ID)
	if had := p; p.Count(before, after) {
		t.putPerson(had, p)
	}
}

// People implements shop.People.
func (db *DB) People(ctx context.Context, after int64, limit int) ([]shop.Person, error) {
	return query(ctx, db, func(t *tx) (found []shop.Person, _ error) {
		t.scan(bucketPeople, nil, number(after+1), func(id, _ []byte) bool {
			if len(found) == limit {
				return false
			}
			found = append(found, t.person(toNumber(id)))
			return true
		})
		return found, nil
	})
}

// Note implements shop.Store.
func (db *DB) Note(ctx context.Context, name string) ([]byte, error) {
	return query(ctx, db, func(t *tx) ([]byte, error) { return bytes.Clone(t.get(bucketNotes, []byte(name))), nil })
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

// Form implements shop.Forms. A form that cannot be decoded is logged, and its user begins again.
func (db *DB) Form(ctx context.Context, user int64) (shop.Form, bool, error) {
	return db.Draft(ctx, user, "")
}

// SetForm implements shop.Forms.
func (db *DB) SetForm(ctx context.Context, user int64, f shop.Form) error {
	return db.setForm(ctx, formKey(user, ""), f)
}

// LeaveForm implements shop.Forms.
func (db *DB) LeaveForm(ctx context.Context, user int64) error { return db.LeaveDraft(ctx, user, "") }

// Draft implements shop.Forms.
func (db *DB) Draft(ctx context.Context, user int64, name string) (_ shop.Form, open bool, err error) {
	var f storedForm
	err = db.read(ctx, func(t *tx) error {
		f, open = t.form(formKey(user, name))
		return t.failed
	})
	now := time.Now()
	if err != nil || !open || !f.Until.After(now) || shop.ClockWasAhead(f.Set, now) {
		return shop.Form{}, false, err
	}
	return f.Form, true, nil
}

// SetDraft implements shop.Forms.
func (db *DB) SetDraft(ctx context.Context, user int64, f shop.Form) error {
	return db.setForm(ctx, formKey(user, f.Name), f)
}

// LeaveDraft implements shop.Forms.
func (db *DB) LeaveDraft(ctx context.Context, user int64, name string) error {
	key := formKey(user, name)
	return db.write(ctx, func(t *tx) error {
		if t.has(bucketForms, key) {
			t.removeForm(key)
		}
		return t.failed
	})
}

// formKey is the key of a draft, or of the form that the user is filling in if name is empty.
func formKey(user int64, name string) []byte { return join(number(user), []byte(name)) }

// storedForm is a form, and when it was set: one that was set while the clock was ahead has ended.
type storedForm struct {
	shop.Form

	Set time.Time `json:"set"`
}

func (t *tx) form(key []byte) (f storedForm, found bool) {
	return getLenient[storedForm](t, bucketForms, key, "user", toNumber(key))
}

func (db *DB) setForm(ctx context.Context, key []byte, f shop.Form) error {
	return db.write(ctx, func(t *tx) error {
		t.removeForm(key)
		t.pruneForms()
		t.putRecord(bucketForms, key, storedForm{f, t.batch.at})
		t.put(bucketFormsByEnd, join(moment(f.Until), key), nil)
		return t.failed
	})
}

func (t *tx) removeForm(key []byte) {
	if f, found := t.form(key); found {
		t.remove(bucketFormsByEnd, join(moment(f.Until), key))
	}
	t.remove(bucketForms, key)
}

// removeForms removes a user's form and drafts.
func (t *tx) removeForms(user int64) {
	var keys [][]byte
	t.scan(bucketForms, number(user), nil, func(rest, _ []byte) bool {
		keys = append(keys, formKey(user, string(rest)))
		return true
	})
	for _, key := range keys {
		t.removeForm(key)
	}
}

// pruneForms removes a few forms that have ended. A line of the index that its form does not
// account for, left by a record that could not be decoded, goes as well.
func (t *tx) pruneForms() {
	for _, entry := range t.takePast(bucketFormsByEnd, t.batch.at, pruneForms) {
		key := entry[min(8, len(entry)):]
		if f, found := t.form(key); found && bytes.Equal(moment(f.Until), entry[:8]) {
			t.remove(bucketForms, key)
		}
	}
}
