package storage

import (
	"bytes"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
)

// walker goes through the entries of a bucket in the order of their keys, of what is in the file and what is
// newer taken together.
type walker struct {
	sides     [3]side // the newest first
	backwards bool
}

// side is one of the places where entries of a bucket are, at one of them. The zero side has none.
type side struct {
	newer  btree.IterG[*change]
	file   *bbolt.Cursor // nil: newer
	number byte          // of the bucket

	there      bool
	key, value []byte
}

// walkFrom begins at the first key that is not below from.
func (t *tx) walkFrom(b *bucket, from []byte) *walker { return t.walk(&walker{}, b, from, nil) }

// walkBriefly is walkFrom where nothing else of the bucket is read on the way, nor is there another such walk.
func (t *tx) walkBriefly(b *bucket, from []byte) *walker {
	if t.brief == nil {
		t.brief = &walker{}
	}
	*t.brief = walker{}
	return t.walk(t.brief, b, from, t.cursor(b))
}

// walkBack begins at the last key that is below before, nil: at the last of all, and goes backwards.
func (t *tx) walkBack(b *bucket, before []byte) *walker {
	return t.walk(&walker{backwards: true}, b, before, nil)
}

// walk begins a walk. cursor reads of the file, nil: a new one.
func (t *tx) walk(w *walker, b *bucket, at []byte, cursor *bbolt.Cursor) *walker {
	for i, l := range [2]*layer{t.over, t.under} {
		if s := &w.sides[i]; l != nil && l.tree.Len() > 0 {
			s.newer.Init(l.tree, false)
			s.number = b.number
			s.settle(s.find(&t.probe, at, w.backwards))
		}
	}
	if in := t.bucket(b); cursor == nil && in != nil {
		cursor = in.Cursor()
	}
	if s := &w.sides[2]; cursor != nil {
		s.file = cursor
		s.begin(at, w.backwards)
	}
	return w
}

// next is the entry that the walker is at, of which it goes on. key is nil at the end.
func (w *walker) next() (key, value []byte) {
	for {
		var first *side
		for i := range w.sides {
			if s := &w.sides[i]; s.there && (first == nil || w.before(s.key, first.key)) {
				first = s
			}
		}
		if first == nil {
			return nil, nil
		}
		key, value = first.key, first.value
		for i := range w.sides {
			if s := &w.sides[i]; s.there && bytes.Equal(s.key, key) { // what is older is no longer so
				s.step(w.backwards)
			}
		}
		if value != nil {
			return key, value
		}
	}
}

func (w *walker) before(a, b []byte) bool {
	if w.backwards {
		a, b = b, a
	}
	return bytes.Compare(a, b) < 0
}

// begin brings the cursor to where a walk begins.
func (s *side) begin(at []byte, backwards bool) {
	switch {
	case !backwards:
		s.take(s.file.Seek(at))
	case at == nil:
		s.take(s.file.Last())
	default:
		if key, _ := s.file.Seek(at); key == nil {
			s.take(s.file.Last())
		} else {
			s.take(s.file.Prev())
		}
	}
}

// find brings the iterator to where a walk begins, by means of probe.
func (s *side) find(probe *change, at []byte, backwards bool) bool {
	probe.key = append(append(probe.key[:0], s.number), at...)
	if at == nil && backwards {
		probe.key[0]++
	}
	found := s.newer.Seek(probe)
	switch {
	case !backwards:
		return found
	case found:
		return s.newer.Prev()
	}
	return s.newer.Last()
}

func (s *side) step(backwards bool) {
	switch {
	case s.file == nil && backwards:
		s.settle(s.newer.Prev())
	case s.file == nil:
		s.settle(s.newer.Next())
	case backwards:
		s.take(s.file.Prev())
	default:
		s.take(s.file.Next())
	}
}

func (s *side) settle(there bool) {
	s.there = there
	if there {
		c := s.newer.Item()
		s.there, s.key, s.value = c.key[0] == s.number, c.key[1:], c.value
	}
}

func (s *side) take(key, value []byte) {
	if value == nil {
		value = []byte{} // to tell it from what was removed
	}
	s.there, s.key, s.value = key != nil, key, value
}
