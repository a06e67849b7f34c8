package telegram

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markdownParser parses parse_mode MarkdownV2.
type markdownParser struct {
	markupBuilder
	src   string
	pos   int
	open  []mark
	quote *quote
}

// mark is an entity that has started.
type mark struct {
	delimiter string // that starts it, such as "**" or "["
	at        int    // UTF-16 offset in the text so far
	src       int    // byte in the source
	from      int    // byte in the text so far
}

// quote is a run of lines that start with '>'. Its last line ends with "||" if it is expandable.
// "**" before its first line separates it from a quote right above.
type quote struct {
	at         int
	expandable bool
}

// delimiters are the name of each entity in errors, and its type.
var delimiters = map[string]struct{ name, entity string }{
	"*":   {"Bold", entityBold},
	"_":   {"Italic", entityItalic},
	"__":  {"Underline", entityUnderline},
	"~":   {"Strikethrough", entityStrike},
	"||":  {"Spoiler", entitySpoiler},
	"`":   {"Code", entityCode},
	"```": {"Pre", entityPre},
	"[":   {"TextUrl", entityTextLink},
	"![":  {"CustomEmoji", entityEmoji},
}

// parseMarkdown turns MarkdownV2 into text and entities.
func parseMarkdown(src string) (formatted, error) {
	m := &markdownParser{src: src}
	for m.pos < len(src) {
		if err := m.step(); err != nil {
			return formatted{}, err
		}
	}
	if n := len(m.open); n > 0 {
		last := m.open[n-1]
		return formatted{}, parseError("Can't find end of %s entity at byte offset %d", delimiters[last.delimiter].name, last.src)
	}
	m.endQuote()
	return m.done(), nil
}

// step parses one character or delimiter.
func (m *markdownParser) step() error {
	rest := m.src[m.pos:]
	if open := m.innermost(); open == "`" || open == "```" {
		return m.stepInCode(open)
	}
	lineStart := m.pos == 0 || m.src[m.pos-1] == '\n'
	switch {
	case rest[0] == '\\' && len(rest) > 1 && rest[1] > 0 && rest[1] <= 126:
		m.writeString(rest[1:2])
		m.pos += 2
	case rest[0] == '\n':
		m.newline()
	case lineStart && (rest[0] == '>' || strings.HasPrefix(rest, "**>")):
		m.startQuote(rest)
	case m.quote != nil && m.endsExpandable(rest):
		m.quote.expandable = true
		m.pos += len("||")
	case strings.IndexByte(`_*[]()~`+"`"+`>#+-=|{}.!`, rest[0]) >= 0:
		return m.delimiter(rest)
	default:
		m.char()
	}
	return nil
}

// innermost is the delimiter of the entity that started last; "" if none is open.
func (m *markdownParser) innermost() string {
	if n := len(m.open); n > 0 {
		return m.open[n-1].delimiter
	}
	return ""
}

func (m *markdownParser) char() {
	_, size := utf8.DecodeRuneInString(m.src[m.pos:])
	m.writeString(m.src[m.pos : m.pos+size])
	m.pos += size
}

// stepInCode parses inside code, where only the end counts.
func (m *markdownParser) stepInCode(delimiter string) error {
	rest := m.src[m.pos:]
	switch {
	case strings.HasPrefix(rest, delimiter):
		return m.end()
	case rest[0] == '\\' && len(rest) > 1 && (rest[1] == '`' || rest[1] == '\\'):
		m.writeString(rest[1:2])
		m.pos += 2
	default:
		m.char()
	}
	return nil
}

// delimiter parses a character that has a meaning unless it is escaped.
func (m *markdownParser) delimiter(rest string) error {
	delimiter := rest[:1]
	for _, long := range []string{"```", "__", "||", "!["} {
		if strings.HasPrefix(rest, long) {
			delimiter = long
		}
	}
	open := m.innermost()
	if open == delimiter || (open == "[" || open == "![") && delimiter == "]" {
		return m.end()
	}
	if _, known := delimiters[delimiter]; !known {
		return parseError("Character '%c' is reserved and must be escaped with the preceding '\\'", rest[0])
	}
	m.open = append(m.open, mark{delimiter: delimiter, at: m.units, src: m.pos, from: m.text.Len()})
	m.pos += len(delimiter)
	if delimiter == "```" {
		m.pos += languageLength(m.src[m.pos:])
	}
	return nil
}

// end ends the entity that started last.
func (m *markdownParser) end() error {
	n := len(m.open)
	start := m.open[n-1]
	m.open = m.open[:n-1]
	e := Entity{Type: delimiters[start.delimiter].entity, Offset: start.at}
	switch e.Type {
	case entityTextLink, entityEmoji:
		return m.endLink(e, m.text.String()[start.from:])
	case entityPre:
		after := m.src[start.src+len("```"):]
		e.Language = strings.TrimSpace(after[:languageLength(after)])
	}
	m.pos += len(start.delimiter)
	m.mark(e)
	return nil
}

// endLink parses what follows the text of a link or an emoji: "](address)". Without an address the
// text is the address.
func (m *markdownParser) endLink(e Entity, address string) error {
	m.pos++ // the ']'
	if strings.HasPrefix(m.src[m.pos:], "(") {
		unescaped, length := linkAddress(m.src[m.pos+1:])
		if length < 0 {
			return parseError("Can't find end of a URL at byte offset %d", m.pos)
		}
		address = unescaped
		m.pos += length + len("()")
	}
	if e.Type == entityTextLink {
		m.markLink(e.Offset, address)
		return nil
	}
	return m.endSpecial(e, address)
}

// endSpecial ends an emoji or a date, by the address behind "![text]".
func (m *markdownParser) endSpecial(e Entity, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tg" || u.Host != "emoji" && u.Host != "time" {
		return parseError("Invalid tg://emoji or tg://time URL specified")
	}
	query := u.Query()
	if u.Host == "emoji" {
		e.CustomEmojiID = query.Get("id")
		m.mark(e)
		return nil
	}
	e.Type, e.TimeFormat = entityTime, query.Get("format")
	if e.UnixTime, err = strconv.ParseInt(query.Get("unix"), 10, 32); err != nil {
		return parseError("Invalid tg://emoji or tg://time URL specified")
	}
	if !timeFormat.MatchString(e.TimeFormat) {
		return parseError(wrongTimeFormat)
	}
	m.mark(e)
	return nil
}

// languageLength is the length of the first line of s, which follows "```", if it names a language;
// else 0.
func languageLength(s string) int {
	end := strings.IndexByte(s, '\n')
	if end < 0 || strings.ContainsAny(s[:end], " `\t") {
		return 0
	}
	return end + 1
}

// linkAddress unescapes an address up to the closing parenthesis. length is how much of s it takes,
// or negative if it does not end.
func linkAddress(s string) (address string, length int) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ')':
			return out.String(), i
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		out.WriteByte(s[i])
	}
	return "", -1
}

func (m *markdownParser) startQuote(rest string) {
	if strings.HasPrefix(rest, "**") {
		m.endQuote()
		m.pos += len("**")
	}
	m.pos++ // the '>'
	if m.quote == nil {
		m.quote = &quote{at: m.units}
	}
}

// newline ends the quote unless the next line continues it.
func (m *markdownParser) newline() {
	next := m.src[m.pos+1:]
	if m.quote != nil && (m.quote.expandable || !strings.HasPrefix(next, ">")) {
		m.endQuote()
	}
	m.char()
}

// endsExpandable reports whether the "||" here ends an expandable quote: no entity is open, and the
// line ends with it.
func (m *markdownParser) endsExpandable(rest string) bool {
	after, ok := strings.CutPrefix(rest, "||")
	return ok && len(m.open) == 0 && (after == "" || after[0] == '\n')
}

func (m *markdownParser) endQuote() {
	if m.quote == nil {
		return
	}
	e := Entity{Type: entityQuote, Offset: m.quote.at}
	if m.quote.expandable {
		e.Type = entityFoldQuote
	}
	m.quote = nil
	m.mark(e)
}
