package storage

import (
	"context"
	"fmt"

	"shopbot/internal/broadcast"
)

// sameAct is how many of the latest broadcasts are compared with one that is to be created. An act
// is repeated within minutes, and broadcasts take their time.
const sameAct = 50

// CreateBroadcast implements broadcast.Store.
func (db *DB) CreateBroadcast(ctx context.Context, b broadcast.Broadcast) (stored broadcast.Broadcast, created bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		stored, created = b, false
		latest := t.broadcasts(sameAct)
		for _, other := range latest {
			if other.Act == b.Act {
				stored = other
				return nil
			}
		}
		if len(latest) > 0 && latest[0].Active() {
			return broadcast.ErrBusy
		}
		stored.ID, created = broadcast.ID(t.next(bucketBroadcasts)), true
		t.putRecord(bucketBroadcasts, number(int64(stored.ID)), stored)
		return t.failed
	})
	return stored, created, err
}

// Broadcast implements broadcast.Store.
func (db *DB) Broadcast(ctx context.Context, id broadcast.ID) (broadcast.Broadcast, error) {
	return query(ctx, db, func(t *tx) (broadcast.Broadcast, error) { return t.broadcast(id) })
}

func (t *tx) broadcast(id broadcast.ID) (b broadcast.Broadcast, err error) {
	record := t.get(bucketBroadcasts, number(int64(id)))
	switch {
	case t.failed != nil:
		return b, t.failed
	case record == nil:
		return b, fmt.Errorf("broadcast %d: %w", id, broadcast.ErrNotFound)
	}
	return decode[broadcast.Broadcast](record)
}

// ChangeBroadcast implements broadcast.Store.
func (db *DB) ChangeBroadcast(
	ctx context.Context, id broadcast.ID, change func(*broadcast.Broadcast) error,
) (b broadcast.Broadcast, err error) {
	err = db.write(ctx, func(t *tx) error {
		if b, err = t.broadcast(id); err != nil {
			return err
		}
		if err := change(&b); err != nil {
			return err
		}
		t.putRecord(bucketBroadcasts, number(int64(id)), b)
		return t.failed
	})
	return b, err
}

// Broadcasts implements broadcast.Store.
func (db *DB) Broadcasts(ctx context.Context, limit int) ([]broadcast.Broadcast, error) {
	return query(ctx, db, func(t *tx) ([]broadcast.Broadcast, error) { return t.broadcasts(limit), nil })
}

// broadcasts lists up to limit broadcasts, the latest first. One that cannot be decoded is passed
// over.
func (t *tx) broadcasts(limit int) (list []broadcast.Broadcast) {
	t.scanBack(bucketBroadcasts, nil, []byte{0xff}, func(key, record []byte) bool {
		if len(list) == limit {
			return false
		}
		if b, ok := decodeLenient[broadcast.Broadcast](t, bucketBroadcasts, record, "broadcast", toNumber(key)); ok {
			list = append(list, b)
		}
		return true
	})
	return list
}

// forgetInBroadcasts removes a person from the broadcast that is active.
func (t *tx) forgetInBroadcasts(user int64) {
	for _, b := range t.broadcasts(1) {
		if b.Forget(user) {
			t.putRecord(bucketBroadcasts, number(int64(b.ID)), b)
		}
	}
}

// checkBroadcasts finds broadcasts whose numbers do not add up, and active ones before the last.
func (c *checker) checkBroadcasts() {
	last := c.sequence(bucketBroadcasts)
	c.scan(bucketBroadcasts, nil, nil, func(key, record []byte) bool {
		id := toNumber(key)
		b, err := decode[broadcast.Broadcast](record)
		switch {
		case err != nil:
			c.breach("broadcast %d: %v", id, err)
			return true
		case int64(b.ID) != id:
			c.breach("broadcast %d is stored as %d", b.ID, id)
		case b.Active() && id != last:
			c.breach("broadcast %d is %s, and there is a later one", id, b.State)
		}
		if err := b.Validate(); err != nil {
			c.breach("%v", err)
		}
		return true
	})
}
