package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ErrDamaged says that the database cannot be what this program wrote.
var ErrDamaged = errors.New("database damaged")

// tx is one step's view of a transaction. It remembers the first error, so a step checks once,
// at its end: return t.failed.
type tx struct {
	in     Tx
	log    *slog.Logger
	batch  *batch // nil for a reader
	wrote  bool   // whether this step has written anything
	failed error
}

// query is DB.read for a step that has a result.
func query[T any](ctx context.Context, db *DB, do func(*tx) (T, error)) (result T, err error) {
	err = db.read(ctx, func(t *tx) (err error) {
		result, err = do(t)
		return err
	})
	return result, err
}

// batch is what the steps of a commit share.
type batch struct {
	at   time.Time      // of all steps
	zone *time.Location // of the statistics' days
	sums sums
	work []WorkChange
	// head is the hash of the last audit entry; nil until it is needed.
	head  []byte
	wrote bool
	// givenUp is set once the engine has ended the transaction.
	givenUp *GivenUpError
}

func (t *tx) check(err error) {
	if t.failed == nil {
		t.failed = err
	}
	if gone, ok := errors.AsType[*GivenUpError](err); ok && t.batch != nil {
		t.batch.givenUp = gone
	}
}

// get reads a value, valid until the transaction ends; nil if there is none.
func (t *tx) get(b *Bucket, key []byte) []byte {
	value, err := t.in.Get(b, key)
	t.check(err)
	return value
}

func (t *tx) has(b *Bucket, key []byte) bool { return t.get(b, key) != nil }

// put writes a value. Key and value are kept until the transaction ends.
func (t *tx) put(b *Bucket, key, value []byte) {
	t.wrote = true
	if value == nil {
		value = []byte{}
	}
	t.check(t.in.Put(b, key, value))
}

// putRecord writes a value as codec.go does.
func (t *tx) putRecord(b *Bucket, key []byte, v any) {
	record, err := encode(v)
	if err != nil {
		t.check(fmt.Errorf("encode for bucket %q: %w", b, err))
		return
	}
	t.put(b, key, record)
}

// getLenient reads a record that counts as missing if it cannot be decoded, see decodeLenient.
func getLenient[V any](t *tx, b *Bucket, key []byte, whose ...any) (v V, found bool) {
	record := t.get(b, key)
	if record == nil {
		return v, false
	}
	return decodeLenient[V](t, b, record, whose...)
}

// decodeLenient decodes a record. One that cannot be decoded is logged, with the attributes that say
// whose it is, and ok is false.
func decodeLenient[V any](t *tx, b *Bucket, record []byte, whose ...any) (v V, ok bool) {
	v, err := decode[V](record)
	if err != nil && t.failed == nil { // else the database did not answer, and the caller hears of it
		t.log.Error("record passed over", append([]any{"bucket", b.String(), "error", err}, whose...)...)
	}
	return v, err == nil
}

func (t *tx) remove(b *Bucket, key []byte) {
	t.wrote = true
	t.check(t.in.Delete(b, key))
}

// next draws the next number of a bucket, from 1.
func (t *tx) next(b *Bucket) int64 {
	t.wrote = true
	n, err := t.in.Next(b)
	t.check(err)
	return n
}

// sequence is the last number that was drawn from a bucket.
func (t *tx) sequence(b *Bucket) int64 {
	n, err := t.in.Sequence(b)
	t.check(err)
	return n
}

// move replaces an entry of an index, where nil is no entry. The new entry has the value.
func (t *tx) move(index *Bucket, before, after, value []byte) {
	if bytes.Equal(before, after) {
		return
	}
	if before != nil {
		t.remove(index, before)
	}
	if after != nil {
		t.put(index, after, value)
	}
}

// takePast removes up to limit of the oldest entries of an index by time, those of a moment or before
// it, and returns their keys.
func (t *tx) takePast(index *Bucket, at time.Time, limit int) (keys [][]byte) {
	t.scan(index, nil, nil, func(key, _ []byte) bool {
		if len(keys) == limit || toTime(key).After(at) {
			return false
		}
		keys = append(keys, bytes.Clone(key))
		return true
	})
	for _, key := range keys {
		t.remove(index, key)
	}
	return keys
}

// count counts the entries of a bucket.
func (t *tx) count(b *Bucket) (n int) {
	t.scan(b, nil, nil, func(_, _ []byte) bool { n++; return true })
	return n
}

// scan visits the entries whose keys begin with prefix, from prefix+from on, while visit returns
// true. rest is the key without the prefix. visit must not write to the bucket; what it is given is
// valid until the transaction ends.
func (t *tx) scan(b *Bucket, prefix, from []byte, visit func(rest, value []byte) bool) {
	t.check(t.in.Scan(b, prefix, from, func(key, value []byte) bool { return visit(key[len(prefix):], value) }))
}

// scanBack is scan backwards, from the last key of prefix below prefix+before.
func (t *tx) scanBack(b *Bucket, prefix, before []byte, visit func(rest, value []byte) bool) {
	t.check(t.in.ScanBack(b, prefix, before, func(key, value []byte) bool { return visit(key[len(prefix):], value) }))
}

// scanAll visits the entries below each of several prefixes, which are read at once. i is the index of
// the prefix, and rest the key without it.
func (t *tx) scanAll(b *Bucket, prefixes [][]byte, visit func(i int, rest, value []byte)) {
	for _, prefix := range prefixes {
		t.in.ExpectScan(b, prefix, nil)
	}
	for i, prefix := range prefixes {
		t.scan(b, prefix, nil, func(rest, value []byte) bool {
			visit(i, rest, value)
			return true
		})
	}
}

// last is the last entry of a bucket; nil if it is empty.
func (t *tx) last(b *Bucket) (key, value []byte) {
	key, value, err := t.in.Last(b)
	t.check(err)
	return key, value
}
