package telegram

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// detector finds one kind of entity. A match must not touch a letter, a digit or a character of
// boundary.
type detector struct {
	kind     string
	form     *regexp.Regexp
	boundary string
}

// detectors are in order of precedence. Bare domains need a common ending; Telegram's own list has
// thousands.
var detectors = []detector{
	{entityURL, regexp.MustCompile(`(?i)\b(?:https?|tg|ton)://[^\s<>"]*[^\s<>"'.,;:!?()\[\]{}]`), ""},
	{entityEmail, regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`), ""},
	{entityURL, regexp.MustCompile(
		`(?i)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|info|biz|me|io|ru|su|ua|de|eu|uk|fr|dev|app|xyz|shop|store|online|site|co|ai|tv|to)` +
			`(?::[0-9]+)?(?:/[^\s<>"]*[^\s<>"'.,;:!?()\[\]{}]|/)?`), "@/-_"},
	{entityBotCommand, regexp.MustCompile(`/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?`), "/<>_"},
	{entityMention, regexp.MustCompile(`@[A-Za-z][A-Za-z0-9_]{3,31}`), "@_"},
	{entityHashtag, regexp.MustCompile(`#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*`), "#_"},
}

// detect finds what Telegram detects in a text itself: addresses, commands, names. It skips code
// and links.
func detect(f formatted) []Entity {
	taken := make([]bool, len(f.text)+1)
	for _, e := range f.entities {
		switch e.Type {
		case entityCode, entityPre, entityTextLink, entityTextUser, entityEmoji, entityTime:
			start := index16(f.text, e.Offset)
			claim(taken[start : start+index16(f.text[start:], e.Length)])
		}
	}
	var found []Entity
	for _, d := range detectors {
		for _, at := range d.form.FindAllStringIndex(f.text, -1) {
			if d.bounded(f.text, at[0], at[1]) && claim(taken[at[0]:at[1]]) {
				found = append(found, Entity{
					Type: d.kind, Offset: units16(f.text[:at[0]]), Length: units16(f.text[at[0]:at[1]]),
				})
			}
		}
	}
	return found
}

// bounded reports whether the characters around a match allow it.
func (d detector) bounded(text string, start, end int) bool {
	before, n := utf8.DecodeLastRuneInString(text[:start])
	if n > 0 && d.extends(before) {
		return false
	}
	after, n := utf8.DecodeRuneInString(text[end:])
	return n == 0 || !d.extends(after)
}

func (d detector) extends(neighbor rune) bool {
	return unicode.IsLetter(neighbor) || unicode.IsDigit(neighbor) || strings.ContainsRune(d.boundary, neighbor)
}

// claim takes a range for an entity, and reports whether it was free.
func claim(taken []bool) bool {
	if slices.Contains(taken, true) {
		return false
	}
	for i := range taken {
		taken[i] = true
	}
	return true
}
