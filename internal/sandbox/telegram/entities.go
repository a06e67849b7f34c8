package telegram

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// Entity is a formatted or detected part of a text. Offset and Length count UTF-16 code units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`              // of text_link
	Language      string `json:"language,omitempty"`         // of pre
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`  // of custom_emoji
	UnixTime      int64  `json:"unix_time,omitempty"`        // of date_time
	TimeFormat    string `json:"date_time_format,omitempty"` // of date_time; see timeFormat
	UserID        int64  `json:"-"`                          // of text_mention
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
	entityTime       = "date_time"
	entityURL        = "url"
	entityBotCommand = "bot_command"
	entityHashtag    = "hashtag"
	entityEmail      = "email"
)

// timeFormat is the form of date_time_format: relative, or the weekday, the date and the time, each
// short or long. It is the Bot API's of version 9.5.
var timeFormat = regexp.MustCompile(`^(?:r|w?[dD]?[tT]?)$`)

// wrongTimeFormat is in our words, as Telegram does not document its own.
const wrongTimeFormat = "invalid date-time format specified"

// units16 is the length of a text in UTF-16 code units.
func units16(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// index16 is the byte index of a UTF-16 offset. An offset inside a character gives the character's
// start, one past the text its end.
func index16(text string, offset int) int {
	for i, r := range text {
		if offset -= utf16.RuneLen(r); offset < 0 {
			return i
		}
	}
	return len(text)
}

// cut16 is the part of a text that an entity covers.
func cut16(text string, offset, length int) string {
	start := index16(text, offset)
	return text[start : start+index16(text[start:], length)]
}

// markupBuilder collects a text while its markup is parsed.
type markupBuilder struct {
	text     strings.Builder
	units    int
	entities []Entity
}

func (m *markupBuilder) writeString(s string) {
	m.text.WriteString(s)
	m.units += units16(s)
}

// mark ends an entity that starts at a UTF-16 offset. Empty ones are dropped.
func (m *markupBuilder) mark(e Entity) {
	if e.Length = m.units - e.Offset; e.Length > 0 {
		m.entities = append(m.entities, e)
	}
}

func (m *markupBuilder) done() formatted {
	sortEntities(m.entities)
	return formatted{m.text.String(), m.entities}
}

// sortEntities puts entities into Telegram's order: by start, and the outer before the inner.
func sortEntities(entities []Entity) {
	slices.SortStableFunc(entities, func(a, b Entity) int {
		return cmp.Or(a.Offset-b.Offset, b.Length-a.Length)
	})
}

// givenEntities checks the entities that a bot sends with a text.
func givenEntities(text string, given []wireEntity) (formatted, error) {
	f := formatted{text: text}
	total := units16(text)
	for _, w := range given {
		e := w.Entity
		if w.User != nil {
			e.UserID = w.User.ID
		}
		if w.TimeFormat != nil {
			e.TimeFormat = *w.TimeFormat
		}
		known, kept := entityUse(e)
		switch {
		case !known:
			return f, badRequest("can't parse MessageEntity: Unsupported type specified")
		case !timeFormat.MatchString(e.TimeFormat):
			return f, badRequest("can't parse MessageEntity: " + wrongTimeFormat)
		case e.Offset < 0 || e.Offset > total:
			return f, badRequest("receive an entity with incorrect offset")
		case e.Length < 0 || e.Length > total-e.Offset:
			return f, badRequest("receive an entity with incorrect length")
		case kept && e.Length > 0:
			f.entities = append(f.entities, e)
		}
	}
	sortEntities(f.entities)
	return f, nil
}

// entityUse reports whether the type of entity exists, and whether one from a bot is kept. Telegram
// detects the others itself.
func entityUse(e Entity) (known, kept bool) {
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
	case entityTime:
		return true, e.UnixTime > 0
	case entityMention, entityURL, entityBotCommand, entityHashtag, entityEmail, "cashtag", "phone_number", "bank_card_number":
		return true, false
	default:
		return false, false
	}
}
