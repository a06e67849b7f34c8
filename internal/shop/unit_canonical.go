package shop

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CanonicalUnit is the form by which units are compared: two units with one canonical form look the
// same to a person. Invisible characters are dropped, every kind of blank is a plain one, letters
// and their accents are composed (NFC), and lines end in \n without blanks before it. A file
// is compared by its bytes.
func CanonicalUnit(unit string) string {
	if plainUnit(unit) {
		return unit
	}
	if file, is := canonicalFile(unit); is {
		return file
	}
	unit = norm.NFC.String(strings.Map(canonicalRune, unifyLineEnds(unit)))
	if strings.Contains(unit, " \n") {
		lines := strings.Split(unit, "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " ")
		}
		unit = strings.Join(lines, "\n")
	}
	return strings.Trim(unit, " \n")
}

// plainUnit reports whether a trimmed unit is its own canonical form, as nearly all are.
func plainUnit(unit string) bool {
	for i := range len(unit) {
		if c := unit[i]; c < ' ' || c >= utf8.RuneSelf {
			return false
		}
	}
	return unit == "" || unit[0] != ' ' && unit[len(unit)-1] != ' '
}

func canonicalRune(r rune) rune {
	switch {
	case r == '\n':
		return r
	case isBlank(r):
		return ' '
	case isInvisible(r):
		return -1
	}
	return r
}

// isBlank reports whether r shows as an empty space. The braille pattern without dots is one,
// though Unicode counts it as a symbol.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u2800' }

// isInvisible reports whether nothing is shown for r: format characters such as marks of byte
// order and direction, and what Unicode calls default ignorable.
func isInvisible(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// unseen reports whether r is dropped at the ends of a unit.
func unseen(r rune) bool { return isBlank(r) || isInvisible(r) }

// lineEnds are the ends of lines other than \n: of DOS, of old Macs, of mainframes, and Unicode's
// own two.
//
//nolint:gochecknoglobals // a constant table
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func unifyLineEnds(text string) string { return lineEnds.Replace(text) }
