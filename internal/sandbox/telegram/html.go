package telegram

import (
	"strings"
)

// htmlReader reads parse_mode HTML. Positions in its refusals count bytes, as
// Telegram's do.
type htmlReader struct {
	markupBuilder
	src  string
	pos  int
	open []htmlTag
}

type htmlTag struct {
	name   string
	at     int // UTF-16 offset in the text so far
	from   int // byte in the text so far
	entity Entity
}

// parseHTML turns Telegram's HTML into text and entities.
func parseHTML(src string) (formatted, error) {
	h := &htmlReader{src: src}
	for h.pos < len(src) {
		var err error
		switch src[h.pos] {
		case '&':
			h.reference()
		case '<':
			err = h.tag()
		default:
			h.plain()
		}
		if err != nil {
			return formatted{}, err
		}
	}
	if n := len(h.open); n > 0 {
		return formatted{}, parseError("Can't find end tag corresponding to start tag %q", h.open[n-1].name)
	}
	return h.done(), nil
}

// plain takes over what stands before the next tag or reference.
func (h *htmlReader) plain() {
	end := strings.IndexAny(h.src[h.pos:], "<&")
	if end < 0 {
		end = len(h.src) - h.pos
	}
	h.writeString(h.src[h.pos : h.pos+end])
	h.pos += end
}

func (h *htmlReader) reference() {
	r, size := decodeReference(h.src[h.pos:])
	if size == 0 {
		r, size = '&', 1
	}
	h.writeRune(r)
	h.pos += size
}

func (h *htmlReader) tag() error {
	begin := h.pos
	h.pos++
	if h.pos < len(h.src) && h.src[h.pos] == '/' {
		h.pos++
		return h.endTag(begin)
	}
	return h.startTag(begin)
}

func (h *htmlReader) startTag(begin int) error {
	name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '>' }))
	if h.pos >= len(h.src) {
		return parseError("Unclosed start tag at byte offset %d", begin)
	}
	if !supportedTag(name) {
		return parseError("Unsupported start tag %q at byte offset %d", name, begin)
	}
	attributes, err := h.attributes(name, begin)
	if err != nil {
		return err
	}
	h.pos++ // the '>'
	if name == "span" && attributes["class"] != "tg-spoiler" {
		return parseError("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin)
	}
	h.open = append(h.open, htmlTag{
		name: name, at: h.units, from: h.text.Len(), entity: tagEntity(name, attributes),
	})
	return nil
}

// attributes reads what follows a tag's name up to its '>'.
func (h *htmlReader) attributes(tag string, begin int) (map[string]string, error) {
	attributes := map[string]string{}
	for {
		h.until(notSpace)
		if h.pos >= len(h.src) {
			return nil, parseError("Unclosed start tag %q at byte offset %d", tag, begin)
		}
		if h.src[h.pos] == '>' {
			return attributes, nil
		}
		name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '=' || c == '>' }))
		if name == "" {
			return nil, parseError("Empty attribute name in the tag %q at byte offset %d", tag, begin)
		}
		h.until(notSpace)
		if h.pos >= len(h.src) || h.src[h.pos] != '=' {
			attributes[name] = ""
			continue
		}
		h.pos++
		value, err := h.attributeValue(tag, begin)
		if err != nil {
			return nil, err
		}
		attributes[name] = value
	}
}

func (h *htmlReader) attributeValue(tag string, begin int) (string, error) {
	h.until(notSpace)
	if h.pos >= len(h.src) {
		return "", parseError("Unclosed start tag %q at byte offset %d", tag, begin)
	}
	quote := h.src[h.pos]
	if quote != '"' && quote != '\'' {
		at := h.pos
		value := h.until(func(c byte) bool { return !isWord(c) && c != '.' && c != '-' })
		if h.pos < len(h.src) && !isSpace(h.src[h.pos]) && h.src[h.pos] != '>' {
			return "", parseError("Unexpected end of name token at byte offset %d", at)
		}
		return strings.ToLower(value), nil
	}
	h.pos++
	raw := h.until(func(c byte) bool { return c == quote })
	if h.pos >= len(h.src) {
		return "", parseError("Unclosed start tag at byte offset %d", begin)
	}
	h.pos++
	return unescape(raw), nil
}

func (h *htmlReader) endTag(begin int) error {
	name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '>' }))
	h.until(notSpace)
	if h.pos >= len(h.src) || h.src[h.pos] != '>' {
		return parseError("Unclosed end tag at byte offset %d", begin)
	}
	h.pos++
	n := len(h.open)
	if n == 0 {
		return parseError("Unexpected end tag at byte offset %d", begin)
	}
	top := h.open[n-1]
	if name != "" && name != top.name {
		return parseError("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", begin, top.name, name)
	}
	h.open = h.open[:n-1]
	h.closeTag(top)
	return nil
}

// until reads up to the first byte that stops it.
func (h *htmlReader) until(stops func(byte) bool) string {
	begin := h.pos
	for h.pos < len(h.src) && !stops(h.src[h.pos]) {
		h.pos++
	}
	return h.src[begin:h.pos]
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == 0
}

func notSpace(c byte) bool { return !isSpace(c) }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
