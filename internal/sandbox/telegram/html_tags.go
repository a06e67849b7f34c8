package telegram

import "strings"

// tagEntity is the entity of a tag, as far as its start tag determines it.
func tagEntity(name string, attributes map[string]string) (e Entity, supported bool) {
	switch name {
	case "b", "strong":
		e.Type = entityBold
	case "i", "em":
		e.Type = entityItalic
	case "u", "ins":
		e.Type = entityUnderline
	case "s", "strike", "del":
		e.Type = entityStrike
	case "span", "tg-spoiler":
		e.Type = entitySpoiler
	case "pre":
		e.Type = entityPre
	case "blockquote":
		e.Type = entityQuote
		if _, expandable := attributes["expandable"]; expandable {
			e.Type = entityFoldQuote
		}
	case "code":
		e.Type = entityCode
		if language, found := strings.CutPrefix(attributes["class"], "language-"); found {
			e.Language = language
		}
	case "a":
		e.Type, e.URL = entityTextLink, attributes["href"]
	case "tg-emoji":
		e.Type, e.CustomEmojiID = entityEmoji, attributes["emoji-id"]
	default:
		return e, false
	}
	return e, true
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
