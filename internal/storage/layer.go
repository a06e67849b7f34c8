package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
)

// layer is what was changed and is not in the database file yet, in the order of buckets and keys. One that
// others can see is never changed: who writes makes a copy, which shares all that stays the same.
type layer struct {
	tree *btree.BTreeG[*change]
	// last is, by a bucket's number, the last number that was drawn from its sequence; 0 where none was.
	last [mostBuckets]uint64
}

// change is what became of a key.
type change struct {
	key   []byte // the bucket's number and the key
	value []byte // nil where it was removed
}

func newLayer() *layer {
	before := func(a, b *change) bool { return bytes.Compare(a.key, b.key) < 0 }
	return &layer{tree: btree.NewBTreeGOptions(before, btree.Options{NoLocks: true})}
}

func (l *layer) copy() *layer {
	return &layer{tree: l.tree.Copy(), last: l.last}
}

// moveInto writes all changes into the database file.
func (l *layer) moveInto(file *bbolt.Tx) (err error) {
	list := numbered()
	var in *bucket
	var to *bbolt.Bucket
	l.tree.Scan(func(c *change) bool {
		if is := list[c.key[0]]; is != in {
			if in, to = is, file.Bucket(is.name); to == nil {
				err = missing(in)
				return false
			}
			to.FillPercent = in.fill
		}
		if c.value == nil {
			err = to.Delete(c.key[1:])
		} else {
			err = to.Put(c.key[1:], c.value)
		}
		return err == nil
	})
	for number, last := range l.last {
		if last > 0 && err == nil {
			err = file.Bucket(list[number].name).SetSequence(last)
		}
	}
	return err
}

func missing(b *bucket) error { return fmt.Errorf("%w: %q is missing", ErrDamaged, b.name) }

// The kinds of entries in the journal. A number is a varint; a text is its length and its bytes.
const (
	entryPut      = 1 // the bucket's number and the key: text; value: text
	entryRemove   = 2 // the bucket's number and the key: text
	entrySequence = 3 // the bucket's number: one byte; the last number drawn: number
)

func appendText(to, text []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

var errEntry = errors.New("an entry that makes no sense")

// replay applies what a frame of the journal says. It keeps body.
func (l *layer) replay(body []byte) error {
	list := numbered()
	for len(body) > 0 {
		kind := body[0]
		body = body[1:]
		switch kind {
		case entryPut, entryRemove:
			c := &change{}
			var ok bool
			if c.key, body, ok = cutText(body); !ok || len(c.key) < 2 || int(c.key[0]) >= len(list) || list[c.key[0]] == nil {
				return errEntry
			}
			if kind == entryPut {
				if c.value, body, ok = cutText(body); !ok {
					return errEntry
				}
			}
			l.tree.Set(c)
		case entrySequence:
			if len(body) < 2 || int(body[0]) >= len(list) || list[body[0]] == nil {
				return errEntry
			}
			last, n := binary.Uvarint(body[1:])
			if n <= 0 {
				return errEntry
			}
			l.last[body[0]] = last
			body = body[1+n:]
		default:
			return errEntry
		}
	}
	return nil
}

// cutText cuts a text off; it is never nil.
func cutText(body []byte) (text, rest []byte, ok bool) {
	length, n := binary.Uvarint(body)
	if n <= 0 || length > uint64(len(body)-n) { //nolint:gosec // a length
		return nil, nil, false
	}
	body = body[n:]
	return body[:length:length], body[length:], true
}

// arena is where changes live, so that they cost no allocation each.
type arena struct {
	bytes   []byte
	changes []change
}

const (
	arenaBytes   = 64 << 10
	arenaChanges = 256
)

// change copies what it is given.
func (a *arena) change(b *bucket, key, value []byte) *change {
	if len(a.changes) == 0 {
		a.changes = make([]change, arenaChanges)
	}
	c := &a.changes[0]
	a.changes = a.changes[1:]
	c.key = append(append(a.room(1+len(key)), b.number), key...)
	if value != nil {
		c.value = append(a.room(len(value)), value...)
	}
	return c
}

func (a *arena) room(n int) []byte {
	if n > len(a.bytes) {
		if n > arenaBytes/4 {
			return make([]byte, 0, n)
		}
		a.bytes = make([]byte, arenaBytes)
	}
	room := a.bytes[:0:n]
	a.bytes = a.bytes[n:]
	return room
}
