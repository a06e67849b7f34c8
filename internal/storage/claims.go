package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// Claim implements shop.Store. Where nothing is due it costs no look at the disk. A limit of 0 is 100. An order that
// cannot be read keeps no other waiting: it is an error only where there is nothing else to claim.
func (db *DB) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) (claimed []shop.Order, err error) {
	due, some, err := db.NextDue(ctx, task)
	if err != nil || !some || due.After(now) {
		return nil, err
	}
	err = db.write(ctx, func(t *tx) error {
		claimed = nil
		ready, unreadable := db.due(t, task, now, limit)
		if len(ready) == 0 {
			return unreadable
		}
		for _, before := range ready {
			after := detach(before.Order)
			after.Lease(task, until)
			if err := t.putOrder(before, &after, nil); err != nil {
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
func (db *DB) due(t *tx, task shop.Task, now time.Time, limit int) (ready []*savedOrder, unreadable error) {
	if limit <= 0 {
		limit = defaultPage
	}
	db.queued.upTo(now, task, func(id shop.OrderID) bool {
		switch o, err := t.indexed(id); {
		case err != nil:
			unreadable = cmp.Or(unreadable, err)
		case o.waitsFor(task, now): // a step of the same commit may have changed it
			ready = append(ready, o)
		}
		return len(ready) < limit
	})
	return ready, unreadable
}

func (o *savedOrder) waitsFor(task shop.Task, now time.Time) bool {
	var room [shop.MostJobs]shop.Job
	return slices.ContainsFunc(o.jobs(room[:0]), func(j shop.Job) bool { return j.Task == task && !j.Due.After(now) })
}

// NextDue implements shop.Store. It looks at no disk.
func (db *DB) NextDue(ctx context.Context, task shop.Task) (next time.Time, some bool, err error) {
	if err := db.usable(ctx); err != nil {
		return time.Time{}, false, err
	}
	next, some = db.queued.next(task)
	return next, some, nil
}

// releasePage is how many claims are released in one transaction.
const releasePage = 500

// queueWork reads from the orders in work what waits, and ends all claims: nobody but us has the file, so
// whoever held one is gone.
func (db *DB) queueWork(ctx context.Context) error {
	var claimed []shop.OrderID
	err := db.read(ctx, func(t *tx) error {
		claimed = db.queued.load(t)
		return t.failed
	})
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(claimed, releasePage) {
		err := db.write(ctx, func(t *tx) error {
			for _, id := range ids {
				before, err := t.indexed(id)
				if err != nil {
					return err
				}
				after := detach(before.Order)
				after.Unlease()
				if err := t.putOrder(before, &after, nil); err != nil {
					return err
				}
			}
			return t.failed
		})
		if err != nil {
			return err
		}
	}
	return nil
}
