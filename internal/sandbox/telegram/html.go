package telegram

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// htmlParser parses parse_mode HTML. Positions in its errors count bytes, as Telegram's do.
type htmlParser struct {
	markupBuilder
	src  string
	pos  int
	open []htmlTag
}

type htmlTag struct {
	name   string
	from   int    // byte in the text so far
	entity Entity // with its offset
}

// parseHTML turns Telegram's HTML into text and entities.
func parseHTML(src string) (formatted, error) {
	h := &htmlParser{src: src}
	for h.pos < len(src) {
		if src[h.pos] != '<' {
			h.writeString(unescape(h.until(func(c byte) bool { return c == '<' })))
			continue
		}
		if err := h.tag(); err != nil {
			return formatted{}, err
		}
	}
	if n := len(h.open); n > 0 {
		return formatted{}, parseError("Can't find end tag corresponding to start tag %q", h.open[n-1].name)
	}
	return h.done(), nil
}

func (h *htmlParser) tag() error {
	start := h.pos
	h.pos++
	if h.at('/') {
		h.pos++
		return h.endTag(start)
	}
	return h.startTag(start)
}

func (h *htmlParser) startTag(start int) error {
	name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '>' }))
	if h.ended() {
		return parseError("Unclosed start tag at byte offset %d", start)
	}
	if tagEntities[name] == "" {
		return parseError("Unsupported start tag %q at byte offset %d", name, start)
	}
	attributes, err := h.attributes(name, start)
	if err != nil {
		return err
	}
	h.pos++ // the '>'
	if name == "span" && attributes["class"] != "tg-spoiler" {
		return parseError("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", start)
	}
	entity := tagEntity(name, attributes)
	entity.Offset = h.units
	h.open = append(h.open, htmlTag{name, h.text.Len(), entity})
	return nil
}

// attributes parses what follows a tag's name up to its '>'.
func (h *htmlParser) attributes(tag string, start int) (map[string]string, error) {
	attributes := map[string]string{}
	for {
		h.skipSpace()
		if h.ended() {
			return nil, parseError("Unclosed start tag %q at byte offset %d", tag, start)
		}
		if h.at('>') {
			return attributes, nil
		}
		name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '=' || c == '>' }))
		if name == "" {
			return nil, parseError("Empty attribute name in the tag %q at byte offset %d", tag, start)
		}
		h.skipSpace()
		if !h.at('=') {
			attributes[name] = ""
			continue
		}
		h.pos++
		value, err := h.attributeValue(tag, start)
		if err != nil {
			return nil, err
		}
		attributes[name] = value
	}
}

func (h *htmlParser) attributeValue(tag string, start int) (string, error) {
	h.skipSpace()
	if h.ended() {
		return "", parseError("Unclosed start tag %q at byte offset %d", tag, start)
	}
	quote := h.src[h.pos]
	if quote != '"' && quote != '\'' {
		at := h.pos
		value := h.until(func(c byte) bool { return !isWord(c) && c != '.' && c != '-' })
		if !h.ended() && !isSpace(h.src[h.pos]) && !h.at('>') {
			return "", parseError("Unexpected end of name token at byte offset %d", at)
		}
		return strings.ToLower(value), nil
	}
	h.pos++
	raw := h.until(func(c byte) bool { return c == quote })
	if h.ended() {
		return "", parseError("Unclosed start tag at byte offset %d", start)
	}
	h.pos++
	return unescape(raw), nil
}

func (h *htmlParser) endTag(start int) error {
	name := strings.ToLower(h.until(func(c byte) bool { return isSpace(c) || c == '>' }))
	h.skipSpace()
	if !h.at('>') {
		return parseError("Unclosed end tag at byte offset %d", start)
	}
	h.pos++
	n := len(h.open)
	if n == 0 {
		return parseError("Unexpected end tag at byte offset %d", start)
	}
	top := h.open[n-1]
	if name != "" && name != top.name {
		return parseError("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", start, top.name, name)
	}
	h.open = h.open[:n-1]
	if !timeFormat.MatchString(top.entity.TimeFormat) {
		return parseError(wrongTimeFormat)
	}
	h.closeTag(top)
	return nil
}

// until reads up to the first byte that stops it.
func (h *htmlParser) until(stops func(byte) bool) string {
	start := h.pos
	for h.pos < len(h.src) && !stops(h.src[h.pos]) {
		h.pos++
	}
	return h.src[start:h.pos]
}

func (h *htmlParser) skipSpace()     { h.until(func(c byte) bool { return !isSpace(c) }) }
func (h *htmlParser) ended() bool    { return h.pos >= len(h.src) }
func (h *htmlParser) at(c byte) bool { return !h.ended() && h.src[h.pos] == c }

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == 0
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// unescape decodes character references. Telegram knows only four names; package html knows
// thousands.
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

// decodeReference decodes a character reference at the start of s; the semicolon is optional. A
// size of 0 means there is none.
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
		if err != nil || n <= 0 || !utf8.ValidRune(rune(n)) {
			return 0, 0
		}
		return rune(n), end
	}
	if r, known := map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"'}[name]; known {
		return r, end
	}
	return 0, 0
}

// tagEntities are the tags, and the type of entity that each makes.
var tagEntities = map[string]string{
	"b": entityBold, "strong": entityBold, "i": entityItalic, "em": entityItalic, "u": entityUnderline, "ins": entityUnderline,
	"s": entityStrike, "strike": entityStrike, "del": entityStrike, "span": entitySpoiler, "tg-spoiler": entitySpoiler,
	"pre": entityPre, "code": entityCode, "blockquote": entityQuote, "a": entityTextLink, "tg-emoji": entityEmoji,
	"tg-time": entityTime,
}

// tagEntity is the entity of a tag, as far as its start tag determines it.
func tagEntity(name string, attributes map[string]string) Entity {
	e := Entity{Type: tagEntities[name]}
	switch e.Type {
	case entityQuote:
		if _, expandable := attributes["expandable"]; expandable {
			e.Type = entityFoldQuote
		}
	case entityCode:
		if language, found := strings.CutPrefix(attributes["class"], "language-"); found {
			e.Language = language
		}
	case entityTextLink:
		e.URL = attributes["href"]
	case entityEmoji:
		e.CustomEmojiID = attributes["emoji-id"]
	case entityTime:
		e.TimeFormat = attributes["format"]
		e.UnixTime, _ = strconv.ParseInt(attributes["unix"], 10, 32) // 0 if malformed, as in Telegram
	}
	return e
}

// closeTag adds the entity of a tag whose text is complete.
func (h *htmlParser) closeTag(t htmlTag) {
	e := t.entity
	switch {
	case e.Type == entityTextLink:
		if e.URL == "" {
			e.URL = h.text.String()[t.from:]
		}
		h.markLink(e.Offset, e.URL)
		return
	case e.Type == entityEmoji && e.CustomEmojiID == "", e.Type == entityTime && e.UnixTime <= 0:
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

// joinsPre adds one pre entity for a <code class="language-x"> at the start of a <pre>.
func (h *htmlParser) joinsPre(e Entity) bool {
	n := len(h.open)
	if e.Language == "" || n == 0 || h.open[n-1].name != "pre" || h.open[n-1].entity.Offset != e.Offset {
		return false
	}
	e.Type = entityPre
	h.mark(e)
	return true
}

// hasLanguage reports whether the pre that ends here was already added by its code.
func (h *htmlParser) hasLanguage(e Entity) bool {
	n := len(h.entities)
	if n == 0 {
		return false
	}
	last := h.entities[n-1]
	return last.Type == entityPre && last.Language != "" && last.Offset == e.Offset && last.Length == h.units-e.Offset
}
