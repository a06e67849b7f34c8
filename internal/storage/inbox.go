package storage

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"
)

// rememberDone is how long the id of an update that is done is known: longer than the 24 hours for
// which Telegram may repeat it.
const rememberDone = 48 * time.Hour

// KeepUpdates ends the updates in done and makes new ones durable, in one step. Updates that are
// pending, or were done in the last 48 hours, are left out; fresh are the others, by rising id.
func (db *DB) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error) {
	err = db.write(ctx, func(t *tx) error {
		fresh = nil
		t.endUpdates(done)
		for _, id := range slices.Sorted(maps.Keys(updates)) {
			if !t.has(bucketInbox, number(id)) && !t.recentlyDone(id) {
				t.put(bucketInbox, number(id), updates[id])
				fresh = append(fresh, id)
			}
		}
		return t.failed
	})
	if err != nil {
		return nil, err
	}
	return fresh, nil
}

// endUpdates forgets what updates said, and remembers their ids for 48 hours.
func (t *tx) endUpdates(ids []int64) {
	now := moment(t.batch.at)
	for _, id := range ids {
		key := number(id)
		t.remove(bucketInbox, key)
		if at := t.get(bucketDone, key); at != nil {
			t.remove(bucketDoneByTime, join(at, key))
		}
		t.put(bucketDone, key, now)
		t.put(bucketDoneByTime, join(now, key), nil)
	}
	if len(ids) > 0 {
		t.forgetDone(2 * len(ids))
	}
}

// forgetDone prunes a few of the oldest ids, little and often.
func (t *tx) forgetDone(limit int) {
	for _, entry := range t.takePast(bucketDoneByTime, t.batch.at.Add(-rememberDone), limit) {
		t.remove(bucketDone, entry[min(8, len(entry)):])
	}
}

func (t *tx) recentlyDone(id int64) bool {
	at := t.get(bucketDone, number(id))
	return at != nil && t.batch.at.Sub(toTime(at)) < rememberDone
}

// PendingUpdates lists at most limit updates that are kept and not done, of ids above after, by
// rising id.
func (db *DB) PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		t.scan(bucketInbox, nil, number(after+1), func(key, raw []byte) bool {
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

// maxDeadLetters is how many updates that nobody can handle are kept for a person to look at.
const maxDeadLetters = 1000

// deadLetter is an update that nobody can handle.
type deadLetter struct {
	Update int64     `json:"update"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Raw    []byte    `json:"raw"`
}

// AddDeadLetter keeps an update that cannot be handled for a person to look at, with the reason,
// and ends it. The last 1,000 are kept. An update that ended in the last 48 hours is passed over.
func (db *DB) AddDeadLetter(ctx context.Context, id int64, raw []byte, reason string) error {
	return db.write(ctx, func(t *tx) error {
		if t.recentlyDone(id) {
			return t.failed
		}
		t.endUpdates([]int64{id})
		n := t.next(bucketDeadLetters)
		t.putRecord(bucketDeadLetters, number(n), deadLetter{Update: id, At: t.batch.at, Reason: reason, Raw: raw})
		t.remove(bucketDeadLetters, number(n-maxDeadLetters))
		return t.failed
	})
}

// DeadLetters tells how many updates could ever not be handled.
func (db *DB) DeadLetters(ctx context.Context) (int64, error) {
	return query(ctx, db, func(t *tx) (int64, error) { return t.sequence(bucketDeadLetters), nil })
}
