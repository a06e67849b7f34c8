package storage

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"
)

// rememberDone is how long the id of an update that is done is known: longer
// than the 24 hours for which Telegram may repeat it.
const rememberDone = 48 * time.Hour

// KeepUpdates ends the updates in done, of which it remembers the ids for 48 hours, and makes those of
// updates durable that are not pending and were not done in the last 48 hours; fresh are their ids.
func (db *DB) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error) {
	now := time.Now()
	err = db.write(ctx, func(t *tx) error {
		fresh = nil
		t.markDone(now, done...)
		for _, id := range slices.Sorted(maps.Keys(updates)) {
			key := number(id)
			if t.get(inbox, key) == nil && !t.recentlyDone(key, now) {
				t.put(inbox, key, updates[id])
				fresh = append(fresh, id)
			}
		}
		if len(fresh) > 0 {
			t.noteLast(fresh[len(fresh)-1], now)
		}
		return t.failed
	})
	if err != nil {
		return nil, err
	}
	return fresh, nil
}

func (t *tx) recentlyDone(key []byte, now time.Time) bool {
	at := t.get(done, key)
	return at != nil && now.Sub(toTime(toNumber(at))) < rememberDone
}

func lastName() []byte { return []byte("last update") }

// noteLast notes the highest id. After a quiet week Telegram's ids go on from a random number
// (core.telegram.org/bots/api#update), so an old record does not stand for ever.
func (t *tx) noteLast(id int64, now time.Time) {
	last := t.get(meta, lastName())
	if len(last) == 16 && toNumber(last) > id && now.Sub(toTime(toNumber(last[8:]))) < rememberDone {
		return
	}
	t.put(meta, lastName(), join(number(id), moment(now)))
}

// LastUpdate is the highest id of an update that was kept, 0 for none. An id that is more than 48 hours
// old gives way to a lower one.
func (db *DB) LastUpdate(ctx context.Context) (id int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		id = toNumber(t.get(meta, lastName()))
		return t.failed
	})
	return id, err
}

// PendingUpdates lists at most limit updates that are kept and not done, by id, those
// above after.
func (db *DB) PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		t.scan(inbox, nil, number(after+1), func(key, raw []byte) bool {
			if len(ids) >= limit {
				return false
			}
			ids = append(ids, toNumber(key))
			raws = append(raws, bytes.Clone(raw))
			return true
		})
		return t.failed
	})
	return ids, raws, err
}

func (t *tx) markDone(now time.Time, ids ...int64) {
	for _, id := range ids {
		key := number(id)
		t.remove(inbox, key)
		if at := t.get(done, key); at != nil {
			t.remove(doneByTime, join(at, key))
		}
		t.put(done, key, moment(now))
		t.put(doneByTime, join(moment(now), key), nil)
	}
	t.forgetDone(now, 2*len(ids))
}

// forgetDone prunes a few of the oldest ids, little and often.
func (t *tx) forgetDone(now time.Time, limit int) {
	var old [][]byte
	w := t.walkBriefly(doneByTime, t.front(doneByTime, nil))
	for key, _ := w.next(); key != nil && len(old) < limit && now.Sub(toTime(toNumber(key))) >= rememberDone; key, _ = w.next() {
		old = append(old, key)
	}
	for _, key := range old {
		t.remove(doneByTime, key)
		t.remove(done, key[8:])
	}
	if len(old) > 0 {
		t.moveFront(doneByTime, nil, old[len(old)-1])
	}
}
