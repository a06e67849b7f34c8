package telegram

import "strings"

// parseOldMarkdown turns parse_mode Markdown, which bots of old still use, into
// text and entities. Its entities do not nest.
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

// oldEntity reads the entity at pos, and tells its length in the source.
func (m *markupBuilder) oldEntity(src string, pos int) (int, error) {
	begin, end, kind := src[pos:pos+1], src[pos:pos+1], ""
	switch begin {
	case "_":
		kind = entityItalic
	case "*":
		kind = entityBold
	case "[":
		kind, end = entityTextLink, "]"
	default:
		kind = entityCode
		if strings.HasPrefix(src[pos:], "```") {
			kind, begin, end = entityPre, "```", "```"
		}
	}
	e := Entity{Type: kind, Offset: m.units}
	body := src[pos+len(begin):]
	language := 0
	if kind == entityPre {
		language = languageLength(body)
		e.Language = strings.TrimSpace(body[:language])
	}
	length := strings.Index(body[language:], end)
	if length < 0 {
		return 0, parseError("Can't find end of the entity starting at byte offset %d", pos)
	}
	text := body[language : language+length]
	m.writeString(text)
	size := len(begin) + language + length + len(end)
	if kind == entityTextLink {
		return size + m.oldLink(e, text, src[pos+size:]), nil
	}
	m.mark(e)
	return size, nil
}

// oldLink reads the address after "[text]", and tells its length in the source.
func (m *markupBuilder) oldLink(e Entity, text, rest string) int {
	e.URL = text
	size := 0
	if strings.HasPrefix(rest, "(") {
		if end := strings.IndexByte(rest, ')'); end > 0 {
			e.URL, size = rest[1:end], end+1
		}
	}
	if e = linkEntity(e); e.Type != "" {
		m.mark(e)
	}
	return size
}
