package shop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// DefaultSeparator is the line between two units of several lines where the catalog names no other.
const DefaultSeparator = "---"

// ReadUnits reads the units of a text or a file as an owner sends it: text in UTF-8, or in UTF-16
// with a byte order mark, which Windows calls Unicode, or a ZIP of such texts, each file a unit.
//
// A text has one unit a line. With a separator, the product's in the catalog, and also if it has
// lines that are DefaultSeparator, a unit is all lines up to a separator. A text that looks like
// units of several lines without any separator is refused.
//
// Errors wrap ErrBadUnits and say what to do. The list keeps content, and may change it.
func ReadUnits(content []byte, separator string) (UnitList, error) {
	if len(content) > MaxListBytes {
		return UnitList{}, fmt.Errorf("%w: %d MB is the most", ErrBadUnits, MaxListBytes>>20)
	}
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return readZIP(content)
	}
	text, err := readText(content)
	if err != nil {
		return UnitList{}, fmt.Errorf("%w: %w", ErrBadUnits, err)
	}
	if separator != "" {
		return ParseUnits(text, separator)
	}
	list, err := ParseUnits(text, "")
	if err != nil {
		return UnitList{}, err
	}
	if list.hasLine(DefaultSeparator) {
		return ParseUnits(list.text, DefaultSeparator)
	}
	if what := looksLikeBlocks(list.text); what != "" {
		return UnitList{}, fmt.Errorf("%w: it looks like %s, and line by line each line would be sold alone; "+
			"put a line %s after each unit, or send a ZIP with a text file for each", ErrBadUnits, what, DefaultSeparator)
	}
	return list, nil
}

// hasLine reports whether a line of a list is exactly this.
func (l UnitList) hasLine(want string) bool {
	if !bytes.Contains(l.text, []byte(want)) {
		return false
	}
	for line := range l.All() {
		if line == want {
			return true
		}
	}
	return false
}

// textError says why a file is no text that can be read.
type textError string

func (e textError) Error() string { return string(e) }

const (
	errNotUTF8   textError = "it is not UTF-8 text; save it as UTF-8"
	errNotText   textError = "it is not a text file; save it as plain text in UTF-8"
	errFormatted textError = "it is a formatted document; save it as plain text in UTF-8"
)

// readText turns the content of a text file into UTF-8.
func readText(content []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case bytes.IndexByte(content, 0) >= 0:
		return nil, errNotText
	case !utf8.Valid(content):
		return nil, errNotUTF8
	case isFormatted(content):
		return nil, errFormatted
	default:
		return content, nil
	}
	return readUTF16(content[2:], order)
}

func readUTF16(content []byte, order binary.ByteOrder) ([]byte, error) {
	if len(content)%2 != 0 {
		return nil, errNotUTF8
	}
	text := make([]byte, 0, len(content)/2)
	for i := 0; i < len(content); i += 2 {
		r := rune(order.Uint16(content[i:]))
		if utf16.IsSurrogate(r) {
			if i += 2; i == len(content) {
				return nil, errNotUTF8
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(content[i:]))); r == utf8.RuneError {
				return nil, errNotUTF8
			}
		}
		text = utf8.AppendRune(text, r)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errNotText
	}
	return text, nil
}

// isFormatted reports whether a text is the source of a formatted document.
func isFormatted(text []byte) bool {
	start := bytes.ToLower(bytes.TrimFunc(text[:min(len(text), 64)], unseen))
	for _, mark := range []string{`{\rtf`, "<!doctype html", "<html", "%pdf-"} {
		if bytes.HasPrefix(start, []byte(mark)) {
			return true
		}
	}
	return false
}
