package telegram

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Entity is a formatted or recognised part of a text. Offset and Length count
// UTF-16 code units.
type Entity struct {
	Type          string
	Offset        int
	Length        int
	URL           string // of text_link
	Language      string // of pre
	CustomEmojiID string // of custom_emoji
	UserID        int64  // of text_mention
}

const (
	entityBold       = "bold"
	entityItalic     = "italic"
	entityUnderline  = "underline"
	entityStrike     = "strikethrough"
	entitySpoiler    = "spoiler"
	entityCode       = "code"
	entityPre        = "pre"
	entityTextLink   = "text_link"
	entityMention    = "mention"
	entityTextUser   = "text_mention"
	entityQuote      = "blockquote"
	entityFoldQuote  = "expandable_blockquote"
	entityEmoji      = "custom_emoji"
	entityURL        = "url"
	entityBotCommand = "bot_command"
	entityHashtag    = "hashtag"
	entityEmail      = "email"
)

// formatted is a text with its entities.
type formatted struct {
	text     string
	entities []Entity
}

// units16 is the length of a text in UTF-16 code units.
func units16(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// index16 is the byte at which a UTF-16 offset lies. An offset inside a
// character gives the character's begin, one behind the text the text's end.
func index16(text string, offset int) int {
	for i, r := range text {
		if offset <= 0 {
			return i
		}
		offset--
		if r > 0xffff {
			offset--
		}
		if offset < 0 {
			return i
		}
	}
	return len(text)
}

// cut16 is the part of a text that an entity covers.
func cut16(text string, offset, length int) string {
	begin := index16(text, offset)
	return text[begin : begin+index16(text[begin:], length)]
}

// markupBuilder collects a text while its markup is read.
type markupBuilder struct {
	text     strings.Builder
	units    int
	entities []Entity
}

func (m *markupBuilder) writeRune(r rune) {
	m.text.WriteRune(r)
	m.units++
	if r > 0xffff {
		m.units++
	}
}

func (m *markupBuilder) writeString(s string) {
	m.text.WriteString(s)
	m.units += units16(s)
}

// mark ends an entity that began at a UTF-16 offset. Empty ones are not kept.
func (m *markupBuilder) mark(e Entity) {
	if e.Length = m.units - e.Offset; e.Length > 0 {
		m.entities = append(m.entities, e)
	}
}

func (m *markupBuilder) done() formatted {
	sortEntities(m.entities)
	return formatted{m.text.String(), m.entities}
}

// sortEntities puts entities into the order in which Telegram gives them: by
// begin, and the outer before the inner.
func sortEntities(entities []Entity) {
	slices.SortStableFunc(entities, func(a, b Entity) int {
		return cmp.Or(a.Offset-b.Offset, b.Length-a.Length)
	})
}

// normal is the form in which a text is stored: spaces around it are gone,
// entities are recognised, and code holds no other formatting.
func (f formatted) normal() formatted {
	f = f.trimmed()
	f.entities = keepCodePlain(f.entities)
	f.entities = append(f.entities, detect(f)...)
	sortEntities(f.entities)
	return f
}

// trimmed cuts spaces and newlines at the end, and at the begin up to the first
// entity.
func (f formatted) trimmed() formatted {
	free := len(f.text)
	for _, e := range f.entities {
		free = min(free, index16(f.text, e.Offset))
	}
	head := f.text[:free]
	cut := len(head) - len(strings.TrimLeft(head, " \n"))
	text := strings.TrimRight(f.text[cut:], " \n")
	total := units16(text)
	var entities []Entity
	for _, e := range f.entities {
		e.Offset -= cut // spaces and newlines are one unit each
		e.Length = min(e.Length, total-e.Offset)
		if e.Length > 0 {
			entities = append(entities, e)
		}
	}
	return formatted{text, entities}
}

// keepCodePlain takes bold, italic and the like out of code and pre, which
// Telegram never formats: they are split where code lies in their midst.
func keepCodePlain(entities []Entity) []Entity {
	plain := []string{entityCode, entityPre}
	splits := []string{entityBold, entityItalic, entityUnderline, entityStrike, entitySpoiler}
	var kept []Entity
	for _, e := range entities {
		pieces := []Entity{e}
		if slices.Contains(splits, e.Type) {
			for _, code := range entities {
				if slices.Contains(plain, code.Type) {
					pieces = without(pieces, code)
				}
			}
		}
		kept = append(kept, pieces...)
	}
	return kept
}

// without takes the hole's range out of the pieces.
func without(pieces []Entity, hole Entity) []Entity {
	var rest []Entity
	for _, p := range pieces {
		end, holeEnd := p.Offset+p.Length, hole.Offset+hole.Length
		if holeEnd <= p.Offset || hole.Offset >= end {
			rest = append(rest, p)
			continue
		}
		before, after := p, p
		before.Length = hole.Offset - p.Offset
		after.Offset, after.Length = holeEnd, end-holeEnd
		for _, piece := range []Entity{before, after} {
			if piece.Length > 0 {
				rest = append(rest, piece)
			}
		}
	}
	return rest
}

// givenEntities checks entities that a bot has put beside a text.
func givenEntities(text string, raw []wireEntity) (formatted, error) {
	f := formatted{text: text}
	total := units16(text)
	for _, w := range raw {
		e := Entity{
			Type: w.Type, Offset: w.Offset, Length: w.Length, URL: w.URL, Language: w.Language, CustomEmojiID: w.CustomEmojiID,
		}
		if w.User != nil {
			e.UserID = w.User.ID
		}
		known, wanted := entityUse(e)
		switch {
		case !known:
			return f, badRequest("can't parse MessageEntity: Unsupported type specified")
		case e.Offset < 0 || e.Offset > total:
			return f, badRequest("receive an entity with incorrect offset")
		case e.Length < 0 || e.Length > total-e.Offset:
			return f, badRequest("receive an entity with incorrect length")
		case wanted && e.Length > 0:
			f.entities = append(f.entities, e)
		}
	}
	sortEntities(f.entities)
	return f, nil
}

// entityUse tells whether there is such a type of entity, and whether a bot may
// give it. The others are recognised by Telegram alone.
func entityUse(e Entity) (known, wanted bool) {
	switch e.Type {
	case entityBold, entityItalic, entityUnderline, entityStrike, entitySpoiler, entityCode, entityPre,
		entityQuote, entityFoldQuote:
		return true, true
	case entityTextLink:
		return true, linkTarget(e.URL) != ""
	case entityTextUser:
		return true, e.UserID != 0
	case entityEmoji:
		return true, e.CustomEmojiID != ""
	case entityMention, entityURL, entityBotCommand, entityHashtag, entityEmail, "cashtag", "phone_number", "bank_card_number":
		return true, false
	default:
		return false, false
	}
}

// validRune tells whether a character reference may stand for r.
func validRune(r int64) bool {
	return r > 0 && r <= utf8.MaxRune && utf8.ValidRune(rune(r))
}
