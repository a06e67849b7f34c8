package bot

import (
	"strings"
	"unicode"
)

// Bounds of a name that somebody gave themselves.
const (
	maxName  = 80 // runes
	maxMarks = 3  // combining marks on one letter; living languages need no more
)

// cleanName makes a name that a stranger chose harmless to read: without characters that
// cannot be seen, that turn the direction of writing or begin a line, and without piles of
// marks that run over their line. What is left may be empty.
func cleanName(name string) string { return cleanText(name, maxName) }

// cleanText is cleanName for a longer text, of which most characters are kept.
func cleanText(text string, most int) string {
	marks := 0
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), isBlank(r):
			marks = 0
			return ' '
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return -1
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > maxMarks {
				return -1
			}
			return r
		}
		marks = 0
		return r
	}, text)
	return clip(strings.Join(strings.Fields(text), " "), most)
}

// isBlank reports whether a letter looks like nothing: Hangul fillers and the empty Braille cell.
func isBlank(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800:
		return true
	}
	return false
}
