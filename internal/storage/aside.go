package storage

import (
	"bytes"
	"context"
	"time"
)

// maxAside is how many updates are kept for a person to look at.
const maxAside = 1000

func asideName() []byte { return []byte("updates aside") }

// AddDeadLetter keeps an update that cannot be handled, with the reason, and ends it. The last 1,000 are kept. The same id again
// replaces it.
func (db *DB) AddDeadLetter(ctx context.Context, id int64, raw []byte, reason string) error {
	now := time.Now()
	return db.write(ctx, func(t *tx) error {
		numbers := t.get(meta, asideName())
		kept, ever := toNumber(numbers), int64(0)
		if len(numbers) == 16 {
			ever = toNumber(numbers[8:])
		}
		t.markDone(now, id)
		if t.get(aside, number(id)) == nil {
			kept, ever = kept+1, ever+1
		}
		t.put(aside, number(id), join(moment(now), under(reason), raw))
		if kept > maxAside && t.dropLowest(aside) {
			kept--
		}
		t.put(meta, asideName(), join(number(kept), number(ever)))
		return t.failed
	})
}

func (t *tx) dropLowest(from *bucket) bool {
	var lowest []byte
	t.scan(from, nil, nil, func(key, _ []byte) bool {
		lowest = bytes.Clone(key)
		return false
	})
	if lowest != nil {
		t.remove(from, lowest)
	}
	return lowest != nil
}

// Aside tells how many updates were ever put aside.
func (db *DB) Aside(ctx context.Context) (ever int64, err error) {
	err = db.read(ctx, func(t *tx) error {
		if numbers := t.get(meta, asideName()); len(numbers) == 16 {
			ever = toNumber(numbers[8:])
		}
		return t.failed
	})
	return ever, err
}
