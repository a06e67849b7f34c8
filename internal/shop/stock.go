package shop

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"unicode"
	"unicode/utf8"
)

// Stock is how many units of a product there are.
type Stock struct {
	Free     int `json:"free"`     // for sale now
	Reserved int `json:"reserved"` // held by orders that are still to be paid
	Sold     int `json:"sold"`     // owned by orders
}

// StockAdded is what became of a list of units.
type StockAdded struct {
	Added      int `json:"added"`
	Duplicates int `json:"duplicates"` // in the list twice, in stock, or sold before: left out
}

// SoldOutError is an ErrNoStock that says how many there are.
type SoldOutError struct {
	SKU  string
	Left int
}

func (e *SoldOutError) Error() string {
	return fmt.Sprintf("%s: %v: %d left", e.SKU, ErrNoStock, e.Left)
}

func (e *SoldOutError) Unwrap() error { return ErrNoStock }

// Limits of a list of units. A unit has to fit into one chat message with room to spare.
const (
	MaxUnitBytes = 2000
	MaxListBytes = 20 << 20
)

// ErrBadUnits says what is wrong with a list of units, and in which line.
var ErrBadUnits = errors.New("the list of keys cannot be loaded")

// UnitList is a checked list of units. It is read from the text each time, so that a long
// list takes no more memory than its text.
type UnitList struct {
	text  []byte
	count int
}

// ParseUnits reads one unit a line. Blank lines, the blanks around a unit and a
// byte order mark are dropped; an error names the line, and then nothing of the
// list may be used. It wraps ErrBadUnits. The list keeps text.
func ParseUnits(text []byte) (UnitList, error) {
	switch {
	case len(text) > MaxListBytes:
		return UnitList{}, fmt.Errorf("%w: %d MB is the most", ErrBadUnits, MaxListBytes>>20)
	case !utf8.Valid(text):
		return UnitList{}, fmt.Errorf("%w: it is not UTF-8 text; save it as UTF-8", ErrBadUnits)
	}
	l := UnitList{text: bytes.TrimPrefix(text, []byte("\uFEFF"))}
	number := 0
	for line := range bytes.Lines(l.text) {
		number++
		unit := bytes.TrimSpace(line)
		switch {
		case len(unit) == 0:
			continue
		case len(unit) > MaxUnitBytes:
			return UnitList{}, fmt.Errorf("%w: line %d is longer than %d bytes", ErrBadUnits, number, MaxUnitBytes)
		case bytes.ContainsFunc(unit, isControl):
			return UnitList{}, fmt.Errorf("%w: line %d holds a control character", ErrBadUnits, number)
		}
		l.count++
	}
	return l, nil
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' }

// Len is how many units the list has.
func (l UnitList) Len() int { return l.count }

// Text is the list as it was given, one unit a line.
func (l UnitList) Text() []byte { return l.text }

// All yields the units in the order of their lines.
func (l UnitList) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(l.text) {
			if unit := bytes.TrimSpace(line); len(unit) > 0 && !yield(string(unit)) {
				return
			}
		}
	}
}
