package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// batch is what the steps of a commit share, and what a reader sees: the database file, and the layers
// over it that hold what is newer.
type batch struct {
	file  *bbolt.Tx
	over  *layer // of who writes, his own
	under *layer // older than over; nil where there is none
	cache *termsCache
	book  ledger
	// opened and cursors map: a bucket's number => the bucket in the file, and a cursor that reads of it. They are made
	// once, since they cost three allocations each.
	opened  [mostBuckets]*bbolt.Bucket
	cursors [mostBuckets]*bbolt.Cursor
	// probe is what is looked for in a layer; kept since it would cost an allocation each time.
	probe change
	// brief is the walk of walkBriefly; kept for the same reason.
	brief *walker
	// head is the hash of the last entry of the audit trail; nil until it is needed.
	head []byte
	// at is when the steps happen, all of them; day is that day. Zero until they are needed.
	at  time.Time
	day shop.Day
	writing
}

// writing is what a commit comes to.
type writing struct {
	arena *arena
	// room is for a record that is about to be put.
	room []byte
	// frame is what the journal is to hold of it, after room for the frame's header; nil where it is none of its.
	frame []byte
	// queued is what the work that waits is to become.
	queued []queueChange
	// known is how far queues were emptied before, and fronts how far it comes with this commit.
	known, fronts queueFronts
}

func newBatch(file *bbolt.Tx, over, under *layer, cache *termsCache) *batch {
	return &batch{file: file, over: over, under: under, cache: cache}
}

func (b *batch) now() time.Time {
	if b.at.IsZero() {
		b.at = time.Now()
		b.day = shop.DayOf(b.at)
	}
	return b.at
}

func (b *batch) today() shop.Day {
	b.now()
	return b.day
}

// tx is one step's view of a transaction. It remembers the first thing that did
// not work, so that a step asks once, at its end: return t.failed.
type tx struct {
	*batch
	wrote  bool // whether this step has written anything
	failed error
}

func (t *tx) check(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// get reads a value, nil where there is none. It is valid until the transaction ends.
func (t *tx) get(b *bucket, key []byte) []byte {
	if c, changed := t.changed(b, key); changed {
		return c.value
	}
	if c := t.cursor(b); c != nil {
		if found, value := c.Seek(key); bytes.Equal(found, key) {
			return value
		}
	}
	return nil
}

// changed is what became of a key, if that is newer than the file.
func (t *tx) changed(b *bucket, key []byte) (c *change, changed bool) {
	t.probe.key = append(append(t.probe.key[:0], b.number), key...)
	if c, changed = t.over.tree.Get(&t.probe); changed || t.under == nil {
		return c, changed
	}
	return t.under.tree.Get(&t.probe)
}

// cursor is for a Seek in the file and what follows it at once.
func (t *tx) cursor(b *bucket) *bbolt.Cursor {
	if t.cursors[b.number] == nil {
		if in := t.bucket(b); in != nil {
			t.cursors[b.number] = in.Cursor()
		}
	}
	return t.cursors[b.number]
}

func (t *tx) put(b *bucket, key, value []byte) {
	if len(key) == 0 || len(key) > bbolt.MaxKeySize || len(value) > maxValue {
		t.wrote = true
		t.check(fmt.Errorf("%s: a key of %d bytes and a value of %d", b, len(key), len(value)))
		return
	}
	if value == nil {
		value = []byte{} // nil is for what is removed
	}
	t.set(t.arena.change(b, key, value))
}

// maxValue is many times what a value has, in bytes.
const maxValue = 256 << 20

func (t *tx) remove(b *bucket, key []byte) {
	t.wrote = true
	if t.get(b, key) != nil {
		t.set(t.arena.change(b, key, nil))
	}
}

func (t *tx) set(c *change) {
	t.wrote = true
	t.over.tree.Set(c)
	switch {
	case t.frame == nil:
	case c.value == nil:
		t.frame = appendText(append(t.frame, entryRemove), c.key)
	default:
		t.frame = appendText(appendText(append(t.frame, entryPut), c.key), c.value)
	}
}

// sequence is the last number that was drawn from a bucket's sequence.
func (t *tx) sequence(b *bucket) int64 {
	last := t.over.last[b.number]
	if last == 0 && t.under != nil {
		last = t.under.last[b.number]
	}
	if last == 0 {
		if in := t.bucket(b); in != nil {
			last = in.Sequence()
		}
	}
	return int64(last) //nolint:gosec // a count
}

// draw draws the next number from a bucket's sequence.
func (t *tx) draw(b *bucket) int64 {
	t.wrote = true
	n := t.sequence(b) + 1
	t.over.last[b.number] = uint64(n) //nolint:gosec // a count
	if t.frame != nil {
		t.frame = binary.AppendUvarint(append(t.frame, entrySequence, b.number), uint64(n)) //nolint:gosec // a count
	}
	return n
}

// scan visits the entries whose keys begin with prefix, from prefix+from on, while
// visit says so. rest is the key without the prefix. visit does not write.
func (t *tx) scan(b *bucket, prefix, from []byte, visit func(rest, value []byte) bool) {
	w := t.walkFrom(b, join(prefix, from))
	for k, v := w.next(); k != nil && bytes.HasPrefix(k, prefix); k, v = w.next() {
		if !visit(k[len(prefix):], v) {
			return
		}
	}
}

// scanTogether is scan over several buckets as if they were one, by key.
func (t *tx) scanTogether(list []*bucket, from []byte, visit func(b *bucket, key, value []byte) bool) {
	next := make([]upcoming, len(list))
	for i, b := range list {
		next[i] = upcoming{walker: t.walkFrom(b, from), in: b}
		next[i].step()
	}
	for {
		var first *upcoming
		for i := range next {
			if u := &next[i]; u.key != nil && (first == nil || bytes.Compare(u.key, first.key) < 0) {
				first = u
			}
		}
		if first == nil || !visit(first.in, first.key, first.value) {
			return
		}
		first.step()
	}
}

// upcoming is what comes next of a walk; no key where that is nothing.
type upcoming struct {
	*walker
	in         *bucket
	key, value []byte
}

func (u *upcoming) step() { u.key, u.value = u.next() }

// scanBack is scan from the last key of prefix that is below prefix+before, backwards.
func (t *tx) scanBack(b *bucket, prefix, before []byte, visit func(rest []byte) bool) {
	w := t.walkBack(b, join(prefix, before))
	for k, _ := w.next(); k != nil && bytes.HasPrefix(k, prefix); k, _ = w.next() {
		if !visit(k[len(prefix):]) {
			return
		}
	}
}

// last is the last entry of a bucket, nil where there is none.
func (t *tx) last(b *bucket) (key, value []byte) { return t.walkBack(b, nil).next() }

// bucket is what the file has of a bucket.
func (t *tx) bucket(b *bucket) *bbolt.Bucket {
	if t.opened[b.number] == nil {
		if t.opened[b.number] = t.file.Bucket(b.name); t.opened[b.number] == nil {
			t.check(missing(b))
		}
	}
	return t.opened[b.number]
}

// ErrDamaged says that the database cannot be what this program wrote.
var ErrDamaged = errors.New("database damaged")
