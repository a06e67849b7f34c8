package telegram

import (
	"strconv"
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

// decodeReference reads a character reference at the begin of s. A size of 0
// means that there is none. The semicolon may be missing.
func decodeReference(s string) (r rune, size int) {
	end := 1
	for end < len(s) && (isWord(s[end]) || s[end] == '#' && end == 1) {
		end++
	}
	name := s[1:end]
	if end < len(s) && s[end] == ';' {
		end++
	}
	if digits, numeric := strings.CutPrefix(name, "#"); numeric {
		base := 10
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, base = hex, 16
		}
		n, err := strconv.ParseInt(digits, base, 32)
		if err != nil || !validRune(n) {
			return 0, 0
		}
		return rune(n), end
	}
	switch name {
	case "lt":
		return '<', end
	case "gt":
		return '>', end
	case "amp":
		return '&', end
	case "quot":
		return '"', end
	}
	return 0, 0
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

func supportedTag(name string) bool {
	switch name {
	case "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji",
		"span", "pre", "code", "blockquote":
		return true
	}
	return false
}

// tagEntity is what a tag makes of its text, as far as its begin tells.
func tagEntity(name string, attributes map[string]string) Entity {
	switch name {
	case "b", "strong":
		return Entity{Type: entityBold}
	case "i", "em":
		return Entity{Type: entityItalic}
	case "u", "ins":
		return Entity{Type: entityUnderline}
	case "s", "strike", "del":
		return Entity{Type: entityStrike}
	case "span", "tg-spoiler":
		return Entity{Type: entitySpoiler}
	case "pre":
		return Entity{Type: entityPre}
	case "blockquote":
		if _, fold := attributes["expandable"]; fold {
			return Entity{Type: entityFoldQuote}
		}
		return Entity{Type: entityQuote}
	case "code":
		language, _ := strings.CutPrefix(attributes["class"], "language-")
		if language == attributes["class"] {
			language = ""
		}
		return Entity{Type: entityCode, Language: language}
	case "a":
		return Entity{Type: entityTextLink, URL: attributes["href"]}
	default:
		return Entity{Type: entityEmoji, CustomEmojiID: attributes["emoji-id"]}
	}
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

// closeTag makes the entity of a tag whose text is complete.
func (h *htmlReader) closeTag(t htmlTag) {
	e := t.entity
	e.Offset = t.at
	switch {
	case e.Type == entityTextLink:
		if e.URL == "" {
			e.URL = h.text.String()[t.from:]
		}
		if e = linkEntity(e); e.Type == "" {
			return // Telegram drops a link that leads nowhere, and keeps its text
		}
	case e.Type == entityEmoji && e.CustomEmojiID == "":
		return
	case e.Type == entityCode && h.joinsPre(e):
		return
	case e.Type == entityPre && h.hasLanguage(e):
		return
	case e.Type == entityCode:
		e.Language = ""
	}
	h.mark(e)
}

// joinsPre remembers a <code class="language-x"> right inside a <pre>, which
// together are one entity.
func (h *htmlReader) joinsPre(e Entity) bool {
	n := len(h.open)
	if e.Language == "" || n == 0 || h.open[n-1].name != "pre" || h.open[n-1].at != e.Offset {
		return false
	}
	e.Type = entityPre
	h.mark(e)
	return true
}

// hasLanguage tells whether the pre that ends here was made by its code already.
func (h *htmlReader) hasLanguage(e Entity) bool {
	n := len(h.entities)
	if n == 0 {
		return false
	}
	last := h.entities[n-1]
	return last.Type == entityPre && last.Language != "" && last.Offset == e.Offset && last.Length == h.units-e.Offset
}

// until reads up to the first byte that stops it.
func (h *htmlReader) until(stops func(byte) bool) string {
	begin := h.pos
	for h.pos < len(h.src) && !stops(h.src[h.pos]) {
		h.pos++
	}
	return h.src[begin:h.pos]
}

func unescape(raw string) string {
	var out strings.Builder
	for i := 0; i < len(raw); {
		if raw[i] == '&' {
			if r, size := decodeReference(raw[i:]); size > 0 {
				out.WriteRune(r)
				i += size
				continue
			}
		}
		out.WriteByte(raw[i])
		i++
	}
	return out.String()
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == 0
}

func notSpace(c byte) bool { return !isSpace(c) }

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
