package payments

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"shopbot/internal/money"
)

// errNotObject says that bytes are not one JSON object.
var errNotObject = errors.New("not a JSON object")

// usualFields is more than an object of the API usually has.
const usualFields = 40

// field is a field of an object. Its text is a string's own text and the JSON of any other value,
// since the API sends some values now as a string and now as a number; null is "".
type field struct {
	name, text string
	kind       gjson.Type
	at         int // where its JSON begins in what was parsed
	next       int // the field before it in its slot
}

// object is a JSON object whose fields are read by name. A value that cannot be expressed is left
// zero and its name goes to unread: a new kind of asset in one row must not hide the other rows,
// and a zero Amount, which has no currency, equals nothing that was asked for.
//
// All texts are parts of one string. encoding/json allocates each one, and that was most of the
// cost of a webhook.
type object struct {
	fields []field
	slots  [32]int   // heads of lists of fields by slotOf their names, as indexes from 1: a map would allocate
	unread *[]string // behind a pointer, or noting a name would move the fields to the heap
}

func slotOf(name string) int {
	if name == "" {
		return 0
	}
	return (7*len(name) + 3*int(name[0]) + int(name[len(name)-1])) & 31
}

// parseObject reads an object that may be malformed. null is an object without fields.
func parseObject(data []byte) (object, error) {
	if !gjson.ValidBytes(data) {
		return object{}, fmt.Errorf("%w: malformed", errNotObject)
	}
	json := gjson.ParseBytes(data)
	if json.Type == gjson.Null {
		return object{unread: new([]string)}, nil
	}
	return newObject(json, nil, new([]string))
}

// parseRow parses an object, and reads it by a function that gets its id. An idName of "" means
// that it has none. unread, unless nil, gets the names of what could not be expressed.
func parseRow(data []byte, what, idName string, unread *[]string, read func(o *object, id int64)) error {
	o, err := parseObject(data)
	var id int64
	if err == nil && idName != "" {
		id, err = o.id(idName)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	read(&o, id)
	if unread != nil {
		*unread = *o.unread
	}
	return nil
}

// UnmarshalJSON is for objects within others.
func (o *object) UnmarshalJSON(data []byte) (err error) {
	*o, err = parseObject(data)
	return err
}

// newObject reads an object that is well-formed. Its fields are appended to room, and what cannot
// be expressed to unread.
func newObject(json gjson.Result, room []field, unread *[]string) (object, error) {
	if !json.IsObject() {
		return object{}, errNotObject
	}
	o := object{fields: room, unread: unread}
	json.ForEach(func(name, value gjson.Result) bool {
		slot := &o.slots[slotOf(name.Str)]
		o.fields = append(o.fields, field{name.Str, textOf(value), value.Type, value.Index, *slot})
		*slot = len(o.fields)
		return true
	})
	return o, nil
}

func textOf(v gjson.Result) string {
	switch v.Type {
	case gjson.Null:
		return ""
	case gjson.String:
		if utf8.ValidString(v.Str) {
			return v.Str
		}
		return string([]rune(v.Str)) // each wrong byte becomes U+FFFD
	default:
		return v.Raw
	}
}

// get finds a field: the last one where several have the name, nil where none has.
func (o *object) get(name string) *field {
	for i := o.slots[slotOf(name)]; i > 0; i = o.fields[i-1].next {
		if f := &o.fields[i-1]; f.name == name {
			return f
		}
	}
	return nil
}

// text is the text of the first of the names that is there and not empty.
func (o *object) text(names ...string) string {
	for _, name := range names {
		if f := o.get(name); f != nil && f.text != "" {
			return f.text
		}
	}
	return ""
}

func (o *object) isTrue(name string) bool { return strings.EqualFold(o.text(name), "true") }

// id reads what an object cannot be without.
func (o *object) id(name string) (int64, error) {
	text := o.text(name)
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%s %.20q: want a positive whole number", name, text)
	}
	return id, nil
}

func (o *object) integer(name string) int64 {
	return read(o, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }, name)
}

func (o *object) time(name string) time.Time {
	return read(o, func(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) }, name)
}

func (o *object) currency(names ...string) money.Currency { return money.Currency(o.text(names...)) }

func (o *object) amount(c money.Currency, names ...string) money.Amount {
	return read(o, func(s string) (money.Amount, error) { return money.Parse(decimal(s), c) }, names...)
}

func (o *object) rate(from, to money.Currency, names ...string) money.Rate {
	return read(o, func(s string) (money.Rate, error) { return money.ParseRate(decimal(s), from, to) }, names...)
}

// read turns the text under the names into a value. A text that parse refuses is noted under the
// first name.
func read[T any](o *object, parse func(string) (T, error), names ...string) (value T) {
	text := o.text(names...)
	if text == "" {
		return value
	}
	value, err := parse(text)
	if err != nil {
		*o.unread = append(*o.unread, names[0])
		var zero T
		return zero
	}
	return value
}

// codes reads a list of codes, sent as an array or as one text with commas.
func (o *object) codes(name string) (list []money.Currency) {
	add := func(code string) bool {
		if code != "" {
			list = append(list, money.Currency(code))
		}
		return true
	}
	f := o.get(name)
	switch {
	case f == nil:
	case f.kind == gjson.JSON && f.text[0] == '[':
		gjson.Parse(f.text).ForEach(func(_, code gjson.Result) bool { return add(textOf(code)) })
	default:
		for part := range strings.SplitSeq(f.text, ",") {
			add(strings.TrimSpace(part))
		}
	}
	return list
}

// maxExponent is far beyond what an amount can have.
const maxExponent = 40

// decimal writes a number without its exponent, exactly: 1.5e-7 is 0.00000015. What it cannot write
// so it leaves alone, and no parser of decimals takes it.
func decimal(s string) string {
	mantissa, exponent, found := strings.Cut(strings.ToLower(s), "e")
	if !found {
		return s
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	shift, err := strconv.Atoi(exponent)
	if err != nil || max(shift, -shift) > maxExponent || !digits(whole) || point && !digits(fraction) {
		return s
	}
	all := strings.Repeat("0", max(-shift, 0)) + whole + fraction + strings.Repeat("0", max(shift, 0))
	at := max(-shift, 0) + len(whole) + shift
	whole, fraction = strings.TrimLeft(all[:at], "0"), strings.TrimRight(all[at:], "0")
	return strings.TrimSuffix(cmp.Or(whole, "0")+"."+fraction, ".")
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
