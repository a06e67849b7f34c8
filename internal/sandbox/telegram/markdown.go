package telegram

import (
	"strings"
	"unicode/utf8"
)

// markdownReader reads parse_mode MarkdownV2.
type markdownReader struct {
	markupBuilder
	src   string
	pos   int
	open  []mark
	quote *quote
}

// mark is an entity that has begun.
type mark struct {
	sign string // how it begins, such as "**" or "["
	at   int    // UTF-16 offset in the text so far
	src  int    // byte in the source
	from int    // byte in the text so far
}

type quote struct {
	at   int
	fold bool
}

// parseMarkdown turns MarkdownV2 into text and entities.
func parseMarkdown(src string) (formatted, error) {
	m := &markdownReader{src: src}
	for m.pos < len(src) {
		if err := m.step(); err != nil {
			return formatted{}, err
		}
	}
	if n := len(m.open); n > 0 {
		last := m.open[n-1]
		return formatted{}, parseError("Can't find end of %s entity at byte offset %d", markName(last.sign), last.src)
	}
	m.endQuote()
	return m.done(), nil
}

// step reads one character or sign.
func (m *markdownReader) step() error {
	rest := m.src[m.pos:]
	if sign, ok := m.verbatim(); ok {
		return m.stepVerbatim(sign)
	}
	switch {
	case rest[0] == '\\' && len(rest) > 1 && rest[1] > 0 && rest[1] <= 126:
		m.writeString(rest[1:2])
		m.pos += 2
	case rest[0] == '\n':
		m.newline()
	case m.lineBegins() && (rest[0] == '>' || strings.HasPrefix(rest, "**>")):
		m.beginQuote(rest)
	case m.quote != nil && m.endsFold(rest):
		m.quote.fold = true
		m.pos += len("||")
	case strings.IndexByte(`_*[]()~`+"`"+`>#+-=|{}.!`, rest[0]) >= 0:
		return m.sign(rest)
	default:
		m.char()
	}
	return nil
}

func (m *markdownReader) char() {
	r, size := utf8.DecodeRuneInString(m.src[m.pos:])
	m.writeRune(r)
	m.pos += size
}

// verbatim tells whether we are inside of code, where only its end counts.
func (m *markdownReader) verbatim() (string, bool) {
	if n := len(m.open); n > 0 {
		sign := m.open[n-1].sign
		return sign, sign == "`" || sign == "```"
	}
	return "", false
}

func (m *markdownReader) stepVerbatim(sign string) error {
	rest := m.src[m.pos:]
	switch {
	case strings.HasPrefix(rest, sign):
		return m.end()
	case rest[0] == '\\' && len(rest) > 1 && (rest[1] == '`' || rest[1] == '\\'):
		m.writeString(rest[1:2])
		m.pos += 2
	default:
		m.char()
	}
	return nil
}

// sign reads a character that means something unless it is escaped.
func (m *markdownReader) sign(rest string) error {
	sign := signAt(rest)
	n := len(m.open)
	inLink := n > 0 && (m.open[n-1].sign == "[" || m.open[n-1].sign == "![")
	if n > 0 && m.open[n-1].sign == sign || inLink && sign == "]" {
		return m.end()
	}
	if markName(sign) == "" {
		return parseError("Character '%c' is reserved and must be escaped with the preceding '\\'", rest[0])
	}
	m.open = append(m.open, mark{sign: sign, at: m.units, src: m.pos, from: m.text.Len()})
	m.pos += len(sign)
	if sign == "```" {
		m.pos += languageLength(m.src[m.pos:])
	}
	return nil
}

// signAt is the longest sign at the begin of s.
func signAt(s string) string {
	for _, sign := range []string{"```", "__", "||", "!["} {
		if strings.HasPrefix(s, sign) {
			return sign
		}
	}
	return s[:1]
}

// markName is how refusals name the entity that a sign begins; "": no sign.
func markName(sign string) string {
	switch sign {
	case "*":
		return "Bold"
	case "_":
		return "Italic"
	case "__":
		return "Underline"
	case "~":
		return "Strikethrough"
	case "||":
		return "Spoiler"
	case "`":
		return "Code"
	case "```":
		return "Pre"
	case "[":
		return "TextUrl"
	case "![":
		return "CustomEmoji"
	}
	return ""
}

// end ends the entity that began last.
func (m *markdownReader) end() error {
	n := len(m.open)
	begun := m.open[n-1]
	m.open = m.open[:n-1]
	e := Entity{Offset: begun.at}
	switch begun.sign {
	case "*":
		e.Type = entityBold
	case "_":
		e.Type = entityItalic
	case "__":
		e.Type = entityUnderline
	case "~":
		e.Type = entityStrike
	case "||":
		e.Type = entitySpoiler
	case "`":
		e.Type = entityCode
	case "```":
		e.Type = entityPre
		after := m.src[begun.src+len("```"):]
		e.Language = strings.TrimSpace(after[:languageLength(after)])
	default:
		return m.endLink(begun)
	}
	m.pos += len(begun.sign)
	m.mark(e)
	return nil
}

// endLink reads what follows the text of a link or an emoji: "](address)".
func (m *markdownReader) endLink(begun mark) error {
	m.pos++ // the ']'
	address := m.text.String()[begun.from:]
	if strings.HasPrefix(m.src[m.pos:], "(") {
		length := closingParenthesis(m.src[m.pos+1:])
		if length < 0 {
			return parseError("Can't find end of a URL at byte offset %d", m.pos)
		}
		address = unescapeMarkdown(m.src[m.pos+1 : m.pos+1+length])
		m.pos += length + len("()")
	}
	e := Entity{Type: entityTextLink, Offset: begun.at, URL: address}
	if begun.sign == "![" {
		id, ok := strings.CutPrefix(address, "tg://emoji?id=")
		if !ok {
			return parseError("Custom emoji URL must have scheme tg")
		}
		m.mark(Entity{Type: entityEmoji, Offset: begun.at, CustomEmojiID: id})
		return nil
	}
	if e = linkEntity(e); e.Type != "" {
		m.mark(e)
	}
	return nil
}

// languageLength is how much of s, which follows "```", names the language and
// ends its line.
func languageLength(s string) int {
	end := strings.IndexByte(s, '\n')
	if end < 0 || strings.ContainsAny(s[:end], " `\t") {
		return 0
	}
	return end + 1
}

// closingParenthesis is where an address ends; negative: nowhere.
func closingParenthesis(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ')':
			return i
		}
	}
	return -1
}

func unescapeMarkdown(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
