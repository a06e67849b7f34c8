package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"shopbot/internal/shop"
)

// A commit of a move holds so many entries or bytes, whichever is reached first.
const (
	moveEntries = 4000
	moveBytes   = 4 << 20
)

// chunk is what one commit of a move copies.
type chunk struct {
	keys, values [][]byte
	bytes        int
	work         []WorkChange
}

func (c *chunk) add(key, value []byte) {
	c.keys, c.values = append(c.keys, key), append(c.values, value)
	c.bytes += len(key) + len(value)
}

func (c *chunk) isFull() bool { return len(c.keys) >= moveEntries || c.bytes >= moveBytes }

// copyAll copies all entries that are not there yet, and the sequences.
func (m *move) copyAll(ctx context.Context) error {
	return m.from.read(ctx, func(source *tx) error {
		begun := m.note.Bucket == ""
		for _, b := range Buckets() {
			var after []byte
			if b.name == m.note.Bucket {
				begun, after = true, append(bytes.Clone(m.note.Key), 0)
			}
			if !begun {
				continue
			}
			if err := m.copyBucket(ctx, source, b, after); err != nil {
				return err
			}
		}
		return source.failed
	})
}

func (m *move) copyBucket(ctx context.Context, source *tx, b *Bucket, from []byte) (err error) {
	var c chunk
	source.scan(b, nil, from, func(key, value []byte) bool {
		if isMoveNote(b, key) {
			return true
		}
		c.add(key, value)
		if b == bucketWork {
			if o, ok := source.readable(orderOf(key)); ok {
				c.work = append(c.work, WorkChange{Order: o.ID, Rank: o.Trail, Jobs: o.Jobs()})
			}
		}
		if c.isFull() {
			err = m.write(ctx, b, &c, -1)
			c = chunk{}
		}
		return err == nil
	})
	last := source.sequence(b)
	if err == nil {
		err = source.failed
	}
	if err != nil {
		return err
	}
	return m.write(ctx, b, &c, last)
}

// write commits a chunk with the note of how far the move is. A sequence of -1 is not set.
func (m *move) write(ctx context.Context, b *Bucket, c *chunk, sequence int64) error {
	note := m.note
	note.Bucket, note.Entries = b.name, note.Entries+int64(len(c.keys))
	if len(c.keys) > 0 {
		note.Key = c.keys[len(c.keys)-1]
	} else if m.note.Bucket != b.name {
		note.Key = nil
	}
	err := m.to.write(ctx, func(t *tx) error {
		for i, key := range c.keys {
			t.put(b, key, c.values[i])
		}
		t.batch.work = append(t.batch.work, c.work...)
		if sequence >= 0 {
			t.check(t.in.SetSequence(b, sequence))
		}
		t.putRecord(bucketMeta, movingName(), note)
		return t.failed
	})
	if err != nil {
		return err
	}
	note.Key = bytes.Clone(note.Key)
	m.note = note
	m.report(MoveCopies, note.Entries, max(m.want.entries, note.Entries))
	return nil
}

func orderOf(key []byte) shop.OrderID { return shop.OrderID(key) }

// digest is the count and the hash of all that a database holds.
type digest struct {
	entries int64
	sums    map[string]string // by bucket
}

// digest reads all entries and sequences. report is called now and then with how many were read.
func (db *DB) digest(ctx context.Context, report func(entries int64)) (digest, error) {
	return query(ctx, db, func(t *tx) (digest, error) {
		d := digest{sums: map[string]string{}}
		for _, b := range Buckets() {
			h, entries := sha256.New(), int64(0)
			t.scan(b, nil, nil, func(key, value []byte) bool {
				if isMoveNote(b, key) {
					return true
				}
				entries++
				hashPart(h, key)
				hashPart(h, value)
				if (d.entries+entries)%moveEntries == 0 {
					report(d.entries + entries)
					t.check(ctx.Err())
				}
				return t.failed == nil
			})
			d.entries += entries
			d.sums[b.name] = fmt.Sprintf("%d entries, sequence %d, SHA-256 %x", entries, t.sequence(b), h.Sum(nil))
		}
		report(d.entries)
		return d, nil
	})
}

// hashPart hashes a text with its length, so that no two lists of texts have one hash.
func hashPart(h hash.Hash, part []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(part)))
	_, _ = h.Write(size[:]) // a hash never fails
	_, _ = h.Write(part)
}

// difference names the first bucket of which two databases do not hold the same; "" if there is none.
func (d digest) difference(other digest) string {
	for _, b := range Buckets() {
		if d.sums[b.name] != other.sums[b.name] {
			return b.name
		}
	}
	return ""
}
