package telegram

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// recogniser finds one kind of entity. What it finds must not touch a letter, a
// digit or one of its own bad neighbours.
type recogniser struct {
	kind string
	form *regexp.Regexp
	bad  string
}

// recognisers stand in the order of their right to a place. Bare domains need a
// common ending, as Telegram's own list has thousands.
var recognisers = []recogniser{
	{entityURL, regexp.MustCompile(`(?i)\b(?:https?|tg|ton)://[^\s<>"]*[^\s<>"'.,;:!?()\[\]{}]`), ""},
	{entityEmail, regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`), ""},
	{entityURL, regexp.MustCompile(
		`(?i)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|info|biz|me|io|ru|su|ua|de|eu|uk|fr|dev|app|xyz|shop|store|online|site|co|ai|tv|to)` +
			`(?::[0-9]+)?(?:/[^\s<>"]*[^\s<>"'.,;:!?()\[\]{}]|/)?`), "@/-_"},
	{entityBotCommand, regexp.MustCompile(`/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?`), "/<>_"},
	{entityMention, regexp.MustCompile(`@[A-Za-z][A-Za-z0-9_]{3,31}`), "@_"},
	{entityHashtag, regexp.MustCompile(`#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*`), "#_"},
}

// detect finds what Telegram recognises in a text by itself: addresses, commands,
// names. It does not look into code and links.
func detect(f formatted) []Entity {
	taken := make([]bool, len(f.text)+1)
	for _, e := range f.entities {
		switch e.Type {
		case entityCode, entityPre, entityTextLink, entityTextUser, entityEmoji:
			begin := index16(f.text, e.Offset)
			occupy(taken, begin, begin+index16(f.text[begin:], e.Length))
		}
	}
	var found []Entity
	for _, r := range recognisers {
		for _, at := range r.form.FindAllStringIndex(f.text, -1) {
			if r.stands(f.text, at[0], at[1]) && occupy(taken, at[0], at[1]) {
				found = append(found, Entity{
					Type: r.kind, Offset: units16(f.text[:at[0]]), Length: units16(f.text[at[0]:at[1]]),
				})
			}
		}
	}
	return found
}

// stands tells whether the neighbours of a match leave it alone.
func (r recogniser) stands(text string, begin, end int) bool {
	before, n := utf8.DecodeLastRuneInString(text[:begin])
	if n > 0 && r.touches(before) {
		return false
	}
	after, n := utf8.DecodeRuneInString(text[end:])
	return n == 0 || !r.touches(after)
}

func (r recogniser) touches(neighbour rune) bool {
	return unicode.IsLetter(neighbour) || unicode.IsDigit(neighbour) || strings.ContainsRune(r.bad, neighbour)
}

// occupy takes a range for an entity, and tells whether it was free.
func occupy(taken []bool, begin, end int) bool {
	for i := begin; i < end; i++ {
		if taken[i] {
			return false
		}
	}
	for i := begin; i < end; i++ {
		taken[i] = true
	}
	return true
}
