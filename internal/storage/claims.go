package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// Claim implements shop.Store. Where nothing is due it costs no commit. A limit of 0 is 100. An order that
// cannot be read keeps no other waiting: it is an error only where there is nothing else to claim.
func (db *DB) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) (claimed []shop.Order, err error) {
	due, some, err := db.NextDue(ctx, task)
	if err != nil || !some || due.After(now) {
		return nil, err
	}
	err = db.write(ctx, func(t *tx) error {
		claimed = nil
		ready, unreadable := t.due(task, now, limit)
		if len(ready) == 0 {
			return unreadable
		}
		for _, before := range ready {
			after := detach(before.Order)
			after.Lease(task, until)
			if err := t.putOrder(&before, &after, nil); err != nil {
				return err
			}
			claimed = append(claimed, after)
		}
		return t.failed
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// due lists the orders whose task is due, the longest due first. The error is of the first one that
// cannot be read.
func (t *tx) due(task shop.Task, now time.Time, limit int) (ready []savedOrder, unreadable error) {
	if limit <= 0 {
		limit = defaultPage
	}
	t.scan(work, under(string(task)), nil, func(rest, _ []byte) bool {
		at, id := splitWork(rest)
		if at > nanoseconds(now) {
			return false
		}
		if o, err := t.indexed(id); err == nil {
			ready = append(ready, o)
		} else if unreadable == nil {
			unreadable = err
		}
		return len(ready) < limit
	})
	return ready, unreadable
}

// NextDue implements shop.Store.
func (db *DB) NextDue(ctx context.Context, task shop.Task) (next time.Time, some bool, err error) {
	err = db.read(ctx, func(t *tx) error {
		next, some = time.Time{}, false
		t.scan(work, under(string(task)), nil, func(rest, _ []byte) bool {
			at, _ := splitWork(rest)
			next, some = toTime(at), true
			return false
		})
		return t.failed
	})
	return next, some, err
}

// releasePage is how many claims are released in one transaction.
const releasePage = 500

// releaseClaims ends all claims: nobody but us has the file, so whoever held one
// is gone. It looks at open work only, and reads only orders that are claimed.
func (db *DB) releaseClaims(ctx context.Context) error {
	for last := shop.OrderID(""); ; {
		ids, err := db.claimed(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		if ids[0] == last {
			return unheld(last)
		}
		last = ids[0]
		err = db.write(ctx, func(t *tx) error {
			for i, id := range ids {
				before, err := t.indexed(id)
				if err != nil {
					return err
				}
				after := detach(before.Order)
				if !after.Unlease() && !slices.Contains(ids[:i], id) {
					return unheld(id)
				}
				if err := t.putOrder(&before, &after, nil); err != nil {
					return err
				}
			}
			return t.failed
		})
		if err != nil {
			return err
		}
	}
}

// unheld is about an index line that would never go away, since no order wrote it.
func unheld(id shop.OrderID) error {
	return fmt.Errorf("%w: work of order %s is claimed, and the order does not know it", ErrDamaged, id)
}

// claimed lists some orders with claimed work.
func (db *DB) claimed(ctx context.Context) (ids []shop.OrderID, err error) {
	err = db.read(ctx, func(t *tx) error {
		for _, task := range shop.Tasks() {
			t.scan(work, under(string(task)), nil, func(rest, claim []byte) bool {
				if len(claim) > 0 {
					_, id := splitWork(rest)
					ids = append(ids, id)
				}
				return len(ids) < releasePage
			})
		}
		return t.failed
	})
	return ids, err
}
