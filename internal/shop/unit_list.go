package shop

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"unicode"
	"unicode/utf8"
)

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
	text      []byte
	separator string
	count     int
	starts    []int // units that are the first of a list, counted from 0; empty: only unit 0
	// sources hold the bytes of units that are files; empty for a list of texts.
	sources []fileSource
}

// ParseUnits reads one unit a line; with a separator, a unit is all lines up to a line that is the
// separator. Lines end as on any system. Blank lines around a unit, blanks and invisible characters
// at its ends are dropped; an error names the line, and then nothing of the list may be used. It
// wraps ErrBadUnits. The list keeps text, and may change its line ends.
func ParseUnits(text []byte, separator string) (UnitList, error) {
	switch {
	case len(text) > MaxListBytes:
		return UnitList{}, fmt.Errorf("%w: %d MB is the most", ErrBadUnits, MaxListBytes>>20)
	case !utf8.Valid(text):
		return UnitList{}, fmt.Errorf("%w: %w", ErrBadUnits, errNotUTF8)
	}
	l := UnitList{text: withPlainLineEnds(text), separator: separator}
	for number, unit := range l.units() {
		switch {
		case len(unit) > MaxUnitBytes && separator == "":
			return UnitList{}, fmt.Errorf("%w: line %d is longer than %d bytes", ErrBadUnits, number, MaxUnitBytes)
		case len(unit) > MaxUnitBytes:
			return UnitList{}, fmt.Errorf("%w: the unit that begins in line %d is longer than %d bytes; units are separated by lines that are %q",
				ErrBadUnits, number, MaxUnitBytes, separator)
		case bytes.ContainsFunc(unit, isControl):
			return UnitList{}, fmt.Errorf("%w: line %d holds a control character", ErrBadUnits, number+controlLine(unit))
		}
		l.count++
	}
	return l, nil
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }

// controlLine counts the lines of a unit before its first control character.
func controlLine(unit []byte) int {
	return bytes.Count(unit[:bytes.IndexFunc(unit, isControl)], []byte("\n"))
}

// withPlainLineEnds makes all line ends \n. They do not get longer, so it is done in place.
func withPlainLineEnds(text []byte) []byte {
	for _, end := range []string{"\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(text, []byte(end)) {
			return shortenLineEnds(text)
		}
	}
	return text
}

func shortenLineEnds(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch r {
		case '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				out = append(out, '\n')
			}
		case '\u0085', '\u2028', '\u2029':
			out = append(out, '\n')
		default:
			out = append(out, text[i:i+size]...)
		}
		i += size
	}
	return out
}

// JoinUnits makes one list of several, such as the files of an album. If one of them has units of
// several lines, so has the whole. It wraps ErrBadUnits if they are too many together.
func JoinUnits(lists []UnitList) (UnitList, error) {
	if len(lists) == 1 {
		return lists[0], nil
	}
	if slices.ContainsFunc(lists, UnitList.HasFiles) {
		return joinFiles(lists)
	}
	separator := ""
	for _, list := range lists {
		if list.separator != "" {
			separator = list.separator
		}
	}
	between := "\n"
	if separator != "" {
		between += separator + "\n"
	}
	var text bytes.Buffer
	var starts []int
	count := 0
	for _, list := range lists {
		starts = append(starts, count)
		count += list.count
		for _, unit := range list.units() {
			text.Write(unit)
			text.WriteString(between)
		}
	}
	joined, err := ParseUnits(text.Bytes(), separator)
	joined.starts = starts
	return joined, err
}

// Len is how many units the list has.
func (l UnitList) Len() int { return l.count }

// Text is the list as text: with Separator, ParseUnits reads the same list from it.
func (l UnitList) Text() []byte { return l.text }

// Separator is the line between two units of several lines; "" if each line is a unit.
func (l UnitList) Separator() string { return l.separator }

// All yields the units in the order of their lines.
func (l UnitList) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, unit := range l.units() {
			if !yield(string(unit)) {
				return
			}
		}
	}
}

// Lines yields the units, each with the number of its first line, from 1.
func (l UnitList) Lines() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for number, unit := range l.units() {
			if !yield(number, string(unit)) {
				return
			}
		}
	}
}

func (l UnitList) units() iter.Seq2[int, []byte] {
	if l.separator != "" {
		return l.blocks()
	}
	return func(yield func(int, []byte) bool) {
		number := 0
		for line := range bytes.Lines(l.text) {
			number++
			if unit := trimUnit(line); len(unit) > 0 && !yield(number, unit) {
				return
			}
		}
	}
}

// blocks yields what is between the separators.
func (l UnitList) blocks() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		number, at := 0, 0   // of the line, in the text
		begin, first := 0, 1 // of the block
		units := 0
		end := func(to int) bool {
			unit, skipped := trimBlock(l.text[begin:to])
			if len(unit) == 0 {
				return true
			}
			units++
			if l.separator == zipSeparator {
				return yield(units, unit)
			}
			return yield(first+skipped, unit)
		}
		for line := range bytes.Lines(l.text) {
			number++
			before := at
			at += len(line)
			if string(trimUnit(line)) != l.separator {
				continue
			}
			if !end(before) {
				return
			}
			begin, first = at, number+1
		}
		end(len(l.text))
	}
}

// trimUnit drops what cannot be seen at the ends.
func trimUnit(line []byte) []byte {
	line = bytes.TrimSpace(line) // which is fast for plain text
	if len(line) == 0 || line[0] < utf8.RuneSelf && line[len(line)-1] < utf8.RuneSelf {
		return line
	}
	return bytes.TrimFunc(line, unseen)
}

// trimBlock drops the blank lines before a unit of several lines and what cannot be seen at its
// ends. The indentation of its first line stays. skipped is how many lines were dropped before it.
func trimBlock(block []byte) (unit []byte, skipped int) {
	block = bytes.TrimRightFunc(block, unseen)
	for {
		line, rest, more := bytes.Cut(block, []byte("\n"))
		if len(trimUnit(line)) > 0 || !more {
			return bytes.TrimLeftFunc(block, isInvisible), skipped
		}
		block = rest
		skipped++
	}
}
