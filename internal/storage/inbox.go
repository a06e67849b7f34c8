package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// rememberDone is how long the id of an update that is done is known: longer
// than the 24 hours for which Telegram may repeat it.
const rememberDone = 48 * time.Hour

// KeepUpdates makes chat updates durable before they are confirmed. Those that
// are known already are left out; fresh are the others, in order.
func (db *DB) KeepUpdates(ctx context.Context, updates map[int64][]byte) (fresh []int64, err error) {
	err = db.write(ctx, func(t *tx) error {
		fresh = nil
		highest := t.lastUpdate()
		for _, id := range slices.Sorted(maps.Keys(updates)) {
			highest = max(highest, id)
			k := number(id)
			if t.get(inbox, k) != nil || t.get(done, k) != nil {
				continue
			}
			t.put(inbox, k, updates[id])
			fresh = append(fresh, id)
		}
		t.put(meta, []byte("last update"), number(highest))
		return nil
	})
	return fresh, err
}

func (t *tx) lastUpdate() int64 {
	raw := t.get(meta, []byte("last update"))
	if raw == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // written from an int64
}

// LastUpdate is the highest id ever kept, 0 for none.
func (db *DB) LastUpdate(ctx context.Context) (id int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		id = t.lastUpdate()
		return nil
	})
	return id, err
}

// PendingUpdates lists updates that are kept and not done, in order, those after
// the given id.
func (db *DB) PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		c := t.Bucket(inbox).Cursor()
		for k, v := c.Seek(number(after + 1)); k != nil && len(ids) < limit; k, v = c.Next() {
			ids = append(ids, int64(binary.BigEndian.Uint64(k))) //nolint:gosec // written from an int64
			raws = append(raws, bytes.Clone(v))
		}
		return nil
	})
	return ids, raws, err
}

// UpdateDone forgets updates and remembers their ids for a while.
func (db *DB) UpdateDone(ctx context.Context, ids ...int64) error {
	now := time.Now()
	return db.write(ctx, func(t *tx) error {
		for _, id := range ids {
			t.delete(inbox, number(id))
			t.put(done, number(id), number(now.Unix()))
		}
		t.forgetDone(now, 2*len(ids)+2)
		return nil
	})
}

// forgetDone prunes a few of the oldest ids, little and often.
func (t *tx) forgetDone(now time.Time, limit int) {
	var old [][]byte
	t.scan(done, nil, func(k, v []byte) bool {
		at := time.Unix(int64(binary.BigEndian.Uint64(v)), 0) //nolint:gosec // written from an int64
		if len(old) == limit || now.Sub(at) < rememberDone {
			return false
		}
		old = append(old, bytes.Clone(k))
		return true
	})
	for _, k := range old {
		t.delete(done, k)
	}
}

// maxAside is how many updates are kept for a person to look at.
const maxAside = 1000

// PutAside keeps an update that cannot be handled out of the way, with the reason.
func (db *DB) PutAside(ctx context.Context, id int64, raw []byte, reason string) error {
	return db.write(ctx, func(t *tx) error {
		t.delete(inbox, number(id))
		t.put(done, number(id), number(time.Now().Unix()))
		t.put(aside, number(id), join([]byte(reason), []byte{0}, raw))
		if t.Bucket(aside).Stats().KeyN > maxAside {
			k, _ := t.Bucket(aside).Cursor().First()
			t.delete(aside, bytes.Clone(k))
		}
		return nil
	})
}
