package telegram

import (
	"context"
	"time"
)

// pageSize is how many updates are read from the inbox at once.
const pageSize = 100

// feed fills the lanes from the inbox, whenever something was left there and there
// is room, until ctx ends.
func (in *Intake) feed(ctx context.Context) {
	in.shelf.startOver()
	var after int64 // what was read up to
	for {
		if in.shelf.isBehind() && in.lanes.size() <= maxQueued/2 {
			var err error
			if after, err = in.fill(ctx, after); err != nil && ctx.Err() == nil {
				in.log.ErrorContext(ctx, "pending updates not readable", "error", err)
				_ = pause(ctx, 5*time.Second)
				in.shelf.nudge()
			}
		}
		select {
		case <-in.shelf.wake:
		case <-ctx.Done():
			return
		}
	}
}

// freed is called whenever a task has left its lane.
func (in *Intake) freed() {
	if in.shelf.isBehind() {
		in.shelf.nudge()
	}
}

// fill goes on reading the inbox until it is read to its end or the lanes are full.
// It returns from where to go on.
func (in *Intake) fill(ctx context.Context, after int64) (int64, error) {
	for ctx.Err() == nil {
		next, end, err := in.fillPage(ctx, after)
		switch {
		case err != nil:
			return after, err
		case end && in.shelf.caughtUp():
			return 0, nil
		case end: // something was left meanwhile, perhaps below of where we are
			in.shelf.startOver()
			next = 0
		case next == after: // no room
			return after, nil
		}
		after = next
	}
	return after, ctx.Err()
}

// fillPage puts a page of the inbox into lanes. It returns the last id that it
// dealt with, and whether that was the last one of the inbox.
func (in *Intake) fillPage(ctx context.Context, after int64) (next int64, end bool, err error) {
	in.shelf.beginReading()
	defer in.shelf.endReading()
	ids, raws, err := in.inbox.PendingUpdates(ctx, after, pageSize)
	if err != nil {
		return after, false, err
	}
	var over []int64
	defer func() { in.drop(ctx, over) }()
	for i, id := range ids {
		put, err := in.placePending(ctx, id, raws[i])
		if err != nil || put == noRoom {
			return after, false, err
		}
		if put == tooMany {
			over = append(over, id)
		}
		after = id
	}
	return after, len(ids) < pageSize, nil
}

// placePending puts an update of the inbox into its lane, if it is in none.
func (in *Intake) placePending(ctx context.Context, id int64, raw []byte) (place, error) {
	if len(in.shelf.take([]int64{id})) == 0 { // in a lane, or done since the page was read
		return placed, nil
	}
	t, err := newTask(id, raw)
	if err != nil { // the version that kept it could decode it
		err = in.setAside(ctx, id, raw, err.Error())
		if err != nil {
			in.shelf.finish(id)
		}
		return placed, err
	}
	put := in.lanes.add(t)
	if put == noRoom {
		in.shelf.finish(id)
	}
	return put, nil
}
