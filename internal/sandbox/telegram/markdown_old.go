package telegram

import "strings"

// parseOldMarkdown turns parse_mode Markdown, which older bots still use, into text and entities.
// Its entities do not nest.
func parseOldMarkdown(src string) (formatted, error) {
	var m markupBuilder
	for pos := 0; pos < len(src); {
		c := src[pos]
		switch {
		case c == '\\' && pos+1 < len(src) && strings.IndexByte("_*`[", src[pos+1]) >= 0:
			m.writeString(src[pos+1 : pos+2])
			pos += 2
		case strings.IndexByte("_*`[", c) >= 0:
			size, err := m.oldEntity(src, pos)
			if err != nil {
				return formatted{}, err
			}
			pos += size
		default:
			end := strings.IndexAny(src[pos+1:], "\\_*`[") + 1
			if end == 0 {
				end = len(src) - pos
			}
			m.writeString(src[pos : pos+end])
			pos += end
		}
	}
	return m.done(), nil
}

// oldEntity parses the entity at pos, and returns its length in the source.
func (m *markupBuilder) oldEntity(src string, pos int) (int, error) {
	start, end := src[pos:pos+1], src[pos:pos+1]
	switch {
	case start == "[":
		end = "]"
	case strings.HasPrefix(src[pos:], "```"):
		start, end = "```", "```"
	}
	e := Entity{Offset: m.units}
	body := src[pos+len(start):]
	language := 0
	switch start {
	case "_":
		e.Type = entityItalic
	case "*":
		e.Type = entityBold
	case "`":
		e.Type = entityCode
	case "```":
		e.Type = entityPre
		language = languageLength(body)
		e.Language = strings.TrimSpace(body[:language])
	}
	length := strings.Index(body[language:], end)
	if length < 0 {
		return 0, parseError("Can't find end of the entity starting at byte offset %d", pos)
	}
	text := body[language : language+length]
	m.writeString(text)
	size := len(start) + language + length + len(end)
	if start != "[" {
		m.mark(e)
		return size, nil
	}
	rest, address := src[pos+size:], text
	if strings.HasPrefix(rest, "(") {
		if end := strings.IndexByte(rest, ')'); end > 0 {
			address = rest[1:end]
			size += end + 1
		}
	}
	m.markLink(e.Offset, address)
	return size, nil
}
