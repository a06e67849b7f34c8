package storage

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.etcd.io/bbolt"
)

// ErrDamaged says that the database cannot be what this program wrote.
var ErrDamaged = errors.New("database damaged")

// tx is one step's view of a transaction. It remembers the first error, so a step checks once,
// at its end: return t.failed.
type tx struct {
	file   *bbolt.Tx
	log    *slog.Logger
	batch  *batch // nil for a reader
	wrote  bool   // whether this step has written anything
	failed error
}

// batch is what the steps of a commit share.
type batch struct {
	at    time.Time      // of all steps
	zone  *time.Location // of the statistics' days
	sums  sums
	queue []queueChange
	// head is the hash of the last audit entry; nil until it is needed.
	head  []byte
	wrote bool
}

func (t *tx) check(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// bucket opens a bucket; nil, and noted, if the file lacks it.
func (t *tx) bucket(b *bucket) *bbolt.Bucket {
	in := t.file.Bucket(b.name)
	if in == nil {
		t.check(fmt.Errorf("%w: bucket %q is missing", ErrDamaged, b))
	}
	return in
}

// get reads a value, valid until the transaction ends; nil if there is none.
func (t *tx) get(b *bucket, key []byte) []byte {
	if in := t.bucket(b); in != nil {
		return in.Get(key)
	}
	return nil
}

func (t *tx) has(b *bucket, key []byte) bool { return t.get(b, key) != nil }

// put writes a value. bbolt keeps key and value until the transaction ends.
func (t *tx) put(b *bucket, key, value []byte) {
	in := t.bucket(b)
	if in == nil {
		return
	}
	t.wrote = true
	if value == nil {
		value = []byte{} // bbolt takes a nil value for an absent key until the commit
	}
	in.FillPercent = b.fill
	if err := in.Put(key, value); err != nil {
		t.check(fmt.Errorf("write to bucket %q: %w", b, err))
	}
}

// putRecord writes a value as codec.go does.
func (t *tx) putRecord(b *bucket, key []byte, v any) {
	record, err := encode(v)
	if err != nil {
		t.check(fmt.Errorf("encode for bucket %q: %w", b, err))
		return
	}
	t.put(b, key, record)
}

func (t *tx) remove(b *bucket, key []byte) {
	in := t.bucket(b)
	if in == nil {
		return
	}
	t.wrote = true
	if err := in.Delete(key); err != nil {
		t.check(fmt.Errorf("delete from bucket %q: %w", b, err))
	}
}

// next draws the next number of a bucket, from 1.
func (t *tx) next(b *bucket) int64 {
	in := t.bucket(b)
	if in == nil {
		return 0
	}
	t.wrote = true
	n, err := in.NextSequence()
	t.check(err)
	return int64(n) //nolint:gosec // a count
}

// sequence is the last number that was drawn from a bucket.
func (t *tx) sequence(b *bucket) int64 {
	if in := t.bucket(b); in != nil {
		return int64(in.Sequence()) //nolint:gosec // a count
	}
	return 0
}

// scan visits the entries whose keys begin with prefix, from prefix+from on, while visit returns
// true. rest is the key without the prefix. visit must not write to the bucket; what it is given is
// valid until the transaction ends.
func (t *tx) scan(b *bucket, prefix, from []byte, visit func(rest, value []byte) bool) {
	in := t.bucket(b)
	if in == nil {
		return
	}
	c := in.Cursor()
	for k, v := c.Seek(join(prefix, from)); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !visit(k[len(prefix):], v) {
			return
		}
	}
}

// scanBack is scan backwards, from the last key of prefix below prefix+before.
func (t *tx) scanBack(b *bucket, prefix, before []byte, visit func(rest, value []byte) bool) {
	in := t.bucket(b)
	if in == nil {
		return
	}
	c := in.Cursor()
	step := c.Prev
	if at, _ := c.Seek(join(prefix, before)); at == nil {
		step = c.Last
	}
	k, v := step()
	for ; k != nil && bytes.HasPrefix(k, prefix); k, v = c.Prev() {
		if !visit(k[len(prefix):], v) {
			return
		}
	}
}

// last is the last entry of a bucket; nil if it is empty.
func (t *tx) last(b *bucket) (key, value []byte) {
	if in := t.bucket(b); in != nil {
		return in.Cursor().Last()
	}
	return nil, nil
}
