package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"shopbot/internal/shop"
)

// Claim implements shop.Store.
func (db *DB) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) (claimed []shop.Order, err error) {
	if _, due, err := db.NextDue(ctx, task); err != nil || !due {
		return nil, err // an idle worker's look costs no commit
	}
	err = db.write(ctx, func(t *tx) error {
		claimed = nil
		for _, id := range t.due(task, now, limit) {
			before, err := t.getOrder(id)
			if err != nil {
				return err
			}
			after := before
			after.Lease(task, until)
			if err := t.putOrder(&before, &after); err != nil {
				return err
			}
			claimed = append(claimed, after)
		}
		return nil
	})
	return claimed, err
}

// due lists the orders whose task is due, the longest due first.
func (t *tx) due(task shop.Task, now time.Time, limit int) []shop.OrderID {
	var ids []shop.OrderID
	prefix := join([]byte(task), []byte{0})
	t.scan(work, prefix, func(k, _ []byte) bool {
		at, id := splitWork(k, prefix)
		if at > now.UnixNano() || len(ids) == limit {
			return false
		}
		ids = append(ids, id)
		return true
	})
	return ids
}

func splitWork(k, prefix []byte) (at int64, id shop.OrderID) {
	rest := k[len(prefix):]
	return int64(binary.BigEndian.Uint64(rest[:8])), shop.OrderID(rest[8:]) //nolint:gosec // written from an int64
}

// NextDue implements shop.Store.
func (db *DB) NextDue(ctx context.Context, task shop.Task) (next time.Time, some bool, err error) {
	prefix := join([]byte(task), []byte{0})
	err = db.read(ctx, func(t *tx) error {
		k, _ := t.Bucket(work).Cursor().Seek(prefix)
		if k == nil || !bytes.HasPrefix(k, prefix) {
			return nil
		}
		some = true
		if at, _ := splitWork(k, prefix); at > 0 {
			next = time.Unix(0, at)
		}
		return nil
	})
	return next, some, err
}

// releaseClaims ends all leases: nobody but us has the file, so whoever held
// one is gone. Only open work is visited.
func (db *DB) releaseClaims(ctx context.Context) error {
	return db.write(ctx, func(t *tx) error {
		var ids []shop.OrderID
		for _, task := range shop.Tasks() {
			prefix := join([]byte(task), []byte{0})
			t.scan(work, prefix, func(k, _ []byte) bool {
				_, id := splitWork(k, prefix)
				ids = append(ids, id)
				return true
			})
		}
		for _, id := range ids {
			before, err := t.getOrder(id)
			if err != nil {
				return err
			}
			after, err := t.getOrder(id) // a copy of its own, since Unlease changes a map
			if err != nil {
				return err
			}
			if !after.Unlease() {
				continue
			}
			if err := t.putOrder(&before, &after); err != nil {
				return err
			}
		}
		return nil
	})
}
