package storage

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// batch is what the steps of a transaction share.
type batch struct {
	bolt  *bbolt.Tx
	id    int // of the transaction
	cache *termsCache
	book  ledger
	// cursors maps: bucket => the cursor that reads of it, made once since it costs three allocations.
	cursors map[string]*bbolt.Cursor
	// head is the hash of the last entry of the audit trail; nil until it is needed.
	head []byte
	// at is when the steps happen, all of them; day is that day. Zero until they are needed.
	at  time.Time
	day shop.Day
	// queued is what the work that waits is to become with the commit.
	queued []queueChange
}

func newBatch(b *bbolt.Tx, cache *termsCache) *batch {
	return &batch{bolt: b, id: b.ID(), cache: cache}
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

// get reads a value, nil where there is none. It is valid until the transaction
// ends, or until the next write.
func (t *tx) get(bucket, key []byte) []byte {
	if c := t.cursor(bucket); c != nil {
		if found, value := c.Seek(key); bytes.Equal(found, key) {
			return value
		}
	}
	return nil
}

// cursor is for a Seek and what follows it at once.
func (t *tx) cursor(bucket []byte) *bbolt.Cursor {
	c := t.cursors[string(bucket)]
	if c != nil {
		return c
	}
	b := t.bucket(bucket)
	if b == nil {
		return nil
	}
	if t.cursors == nil {
		t.cursors = make(map[string]*bbolt.Cursor, 8)
	}
	c = b.Cursor()
	t.cursors[string(bucket)] = c
	return c
}

func (t *tx) put(bucket, key, value []byte) {
	t.wrote = true
	b := t.bucket(bucket)
	if b == nil {
		return
	}
	if value == nil {
		value = []byte{} // bbolt reads a nil of the same transaction as nothing there
	}
	b.FillPercent = fill(bucket)
	t.check(b.Put(key, value))
}

func (t *tx) remove(bucket, key []byte) {
	t.wrote = true
	if c := t.cursor(bucket); c != nil {
		if found, _ := c.Seek(key); bytes.Equal(found, key) {
			t.check(c.Delete())
		}
	}
}

// scan visits the entries whose keys begin with prefix, from prefix+from on, while
// visit says so. rest is the key without the prefix. visit does not write.
func (t *tx) scan(bucket, prefix, from []byte, visit func(rest, value []byte) bool) {
	b := t.bucket(bucket)
	if b == nil {
		return
	}
	c := b.Cursor()
	for k, v := c.Seek(join(prefix, from)); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !visit(k[len(prefix):], v) {
			return
		}
	}
}

// scanBoth is scan over two buckets together, by key.
func (t *tx) scanBoth(one, other, from []byte, visit func(bucket, key, value []byte) bool) {
	a, b := t.bucket(one), t.bucket(other)
	if a == nil || b == nil {
		return
	}
	first, second := a.Cursor(), b.Cursor()
	k1, v1 := first.Seek(from)
	k2, v2 := second.Seek(from)
	for more := true; more && (k1 != nil || k2 != nil); {
		if k2 == nil || k1 != nil && bytes.Compare(k1, k2) < 0 {
			more = visit(one, k1, v1)
			k1, v1 = first.Next()
		} else {
			more = visit(other, k2, v2)
			k2, v2 = second.Next()
		}
	}
}

// scanBack is scan from the last key of prefix that is below prefix+before, backwards.
func (t *tx) scanBack(bucket, prefix, before []byte, visit func(rest []byte) bool) {
	b := t.bucket(bucket)
	if b == nil {
		return
	}
	c := b.Cursor()
	k, _ := c.Seek(join(prefix, before))
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	for ; k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Prev() {
		if !visit(k[len(prefix):]) {
			return
		}
	}
}

func (t *tx) bucket(name []byte) *bbolt.Bucket {
	b := t.bolt.Bucket(name)
	if b == nil {
		t.check(fmt.Errorf("%w: %q is missing", ErrDamaged, name))
	}
	return b
}

// ErrDamaged says that the database cannot be what this program wrote.
var ErrDamaged = errors.New("database damaged")
