package storage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"shopbot/internal/money"
)

// coder writes a record or reads one. What a type consists of is described once, by a
// function that names its fields by ascending numbers, and serves both directions.
//
// On disk a field is what Protocol Buffers would write
// (protobuf.dev/programming-guides/encoding). A field that says nothing is not there; one whose
// number the description does not know is passed over, so a field may be added at the end of a
// type, but a number never gets another meaning.
type coder struct {
	reading bool
	data    []byte // what is written so far, or all that is to be read
	at      int    // where reading is
	end     int    // and where it ends
	whole   string // data as a string of which all texts that are read are parts
	failed  error
}

// writer describes into a record in the given room, which may be nil.
func writer(room []byte) *coder {
	c := newCoder()
	c.data = room[:0]
	return c
}

// reader describes out of a record, whose bytes it does not keep.
func reader(record []byte) *coder {
	c := newCoder()
	c.reading, c.data, c.end = true, record, len(record)
	return c
}

// coders are those whose work is done: each step of a shop needs a handful.
var coders sync.Pool

func newCoder() *coder {
	if c, _ := coders.Get().(*coder); c != nil {
		return c
	}
	return &coder{}
}

// free gives c back; what it has written or read stays.
func (c *coder) free() {
	*c = coder{}
	coders.Put(c)
}

var errWire = errors.New("cut off or garbled")

// has finds the field of a number, past those that the description does not know.
func (c *coder) has(n protowire.Number, want protowire.Type) bool {
	for c.failed == nil && c.at < c.end {
		number, kind, size := protowire.ConsumeTag(c.data[c.at:c.end])
		if size < 0 {
			c.failed = errWire
			return false
		}
		switch {
		case number > n:
			return false
		case number == n && kind != want:
			c.failed = fmt.Errorf("%w: field %d is of kind %d", errWire, n, kind)
			return false
		case number == n:
			c.at += size
			return true
		}
		c.at += size
		c.skip(number, kind)
	}
	return false
}

func (c *coder) skip(n protowire.Number, kind protowire.Type) {
	size := protowire.ConsumeFieldValue(n, kind, c.data[c.at:c.end])
	if size < 0 {
		c.failed = errWire
		return
	}
	c.at += size
}

// span takes the length of what follows, and where it ends.
func (c *coder) span() (from, to int) {
	length := c.varint()
	if c.failed == nil && length > uint64(c.end-c.at) { //nolint:gosec // at is never beyond the end
		c.failed = errWire
	}
	if c.failed != nil {
		return c.at, c.at
	}
	return c.at, c.at + int(length) //nolint:gosec // at most what is left
}

// words takes the text that follows its length.
func (c *coder) words() string {
	from, to := c.span()
	c.at = to
	if c.whole == "" {
		c.whole = string(c.data) // one allocation for all of them
	}
	return c.whole[from:to]
}

func (c *coder) varint() uint64 {
	v, size := protowire.ConsumeVarint(c.data[c.at:c.end])
	if size < 0 {
		c.failed = errWire
		return 0
	}
	c.at += size
	return v
}

func (c *coder) tag(n protowire.Number, kind protowire.Type) {
	c.data = protowire.AppendTag(c.data, n, kind)
}

// text is a string of any type.
func text[S ~string](c *coder, n protowire.Number, s *S) {
	switch {
	case !c.reading && *s != "":
		c.tag(n, protowire.BytesType)
		c.data = protowire.AppendString(c.data, string(*s))
	case c.reading && c.has(n, protowire.BytesType):
		*s = S(c.words())
	}
}

// texts is any number of strings, in their order.
func texts[S ~string](c *coder, n protowire.Number, all *[]S) {
	if !c.reading {
		for _, s := range *all {
			c.tag(n, protowire.BytesType)
			c.data = protowire.AppendString(c.data, string(s))
		}
		return
	}
	for c.has(n, protowire.BytesType) {
		*all = append(*all, S(c.words()))
	}
}

// integer is a number of any size and sign.
func integer[I ~int | ~int64](c *coder, n protowire.Number, i *I) {
	switch {
	case !c.reading && *i != 0:
		c.tag(n, protowire.VarintType)
		c.data = protowire.AppendVarint(c.data, protowire.EncodeZigZag(int64(*i)))
	case c.reading && c.has(n, protowire.VarintType):
		*i = I(protowire.DecodeZigZag(c.varint()))
	}
}

// raw is a fixed number of bytes, left out where all of them are zero.
func (c *coder) raw(n protowire.Number, b []byte) {
	switch {
	case !c.reading && slices.ContainsFunc(b, func(x byte) bool { return x != 0 }):
		c.tag(n, protowire.BytesType)
		c.data = protowire.AppendBytes(c.data, b)
	case c.reading && c.has(n, protowire.BytesType):
		from, to := c.span()
		if copy(b, c.data[from:to]) != len(b) && c.failed == nil {
			c.failed = errWire
		}
		c.at = to
	}
}

// blob is any number of bytes. What is read is a part of the record.
func (c *coder) blob(n protowire.Number, b *[]byte) {
	switch {
	case !c.reading && len(*b) > 0:
		c.tag(n, protowire.BytesType)
		c.data = protowire.AppendBytes(c.data, *b)
	case c.reading && c.has(n, protowire.BytesType):
		from, to := c.span()
		*b, c.at = c.data[from:to], to
	}
}

// hexadecimal is a text of such digits, stored as the bytes that they stand for.
func (c *coder) hexadecimal(n protowire.Number, s *string) {
	if c.reading {
		var bytes []byte
		c.blob(n, &bytes)
		*s = hex.EncodeToString(bytes)
		return
	}
	var room [16]byte
	bytes, _ := hex.AppendDecode(room[:0], []byte(*s)) // written by us
	c.blob(n, &bytes)
}

func (c *coder) flag(n protowire.Number, b *bool) {
	set := 0
	if *b {
		set = 1
	}
	integer(c, n, &set)
	*b = set != 0
}

// amount is a quantity as it is written for people.
func (c *coder) amount(n protowire.Number, a *money.Amount) {
	switch {
	case !c.reading && a.Currency() != "":
		c.nested(n, func() { c.data, _ = a.AppendText(c.data) }) // it never fails
	case c.reading && c.has(n, protowire.BytesType):
		*a = c.amountThere()
	}
}

func (c *coder) amountThere() money.Amount {
	a, err := money.ReadAmount(c.words())
	if err != nil && c.failed == nil {
		c.failed = err
	}
	return a
}

// moment is a time to the nanosecond, shorter where it is whole milliseconds; it is read as UTC.
func (c *coder) moment(n protowire.Number, t *time.Time) {
	switch {
	case !c.reading && !t.IsZero():
		c.nested(n, func() {
			c.data = protowire.AppendVarint(c.data, protowire.EncodeZigZag(t.UnixMilli()))
			if rest := t.Nanosecond() % 1e6; rest != 0 {
				c.data = protowire.AppendVarint(c.data, uint64(rest)) //nolint:gosec // never negative
			}
		})
	case c.reading && c.has(n, protowire.BytesType):
		c.within(func() {
			*t = time.UnixMilli(protowire.DecodeZigZag(c.varint())).UTC()
			if c.at < c.end {
				*t = t.Add(time.Duration(c.varint() % 1e6))
			}
		})
	}
}

// part is a type within a type, left out where it says nothing.
func part[T any](c *coder, n protowire.Number, v *T, describe func(*coder, *T)) {
	switch {
	case !c.reading:
		before := len(c.data)
		c.nested(n, func() { describe(c, v) })
		if size := len(c.data) - before; size == protowire.SizeTag(n)+1 {
			c.data = c.data[:before]
		}
	case c.has(n, protowire.BytesType):
		c.within(func() { describe(c, v) })
	}
}

// list is any number of parts, in their order.
func list[T any](c *coder, n protowire.Number, all *[]T, describe func(*coder, *T)) {
	if !c.reading {
		for i := range *all {
			c.nested(n, func() { describe(c, &(*all)[i]) })
		}
		return
	}
	for c.has(n, protowire.BytesType) {
		var v T
		c.within(func() { describe(c, &v) })
		*all = append(*all, v)
	}
}

// nested writes what write writes, with its length before it.
func (c *coder) nested(n protowire.Number, write func()) {
	c.tag(n, protowire.BytesType)
	from := len(c.data)
	c.data = append(c.data, 0) // room for the length, which mostly is one byte
	write()
	size := len(c.data) - from - 1
	if size < 0x80 {
		c.data[from] = byte(size) //nolint:gosec // below 128
		return
	}
	var length [10]byte
	head := protowire.AppendVarint(length[:0], uint64(size))
	c.data = append(c.data, head[1:]...)
	copy(c.data[from+len(head):], c.data[from+1:from+1+size])
	copy(c.data[from:], head)
}

// within reads a part, and nothing after it.
func (c *coder) within(read func()) {
	_, to := c.span()
	end := c.end
	c.end = to
	if c.failed == nil {
		read()
	}
	c.at, c.end = to, end
}
