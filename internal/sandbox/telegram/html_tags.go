package telegram

import "strings"

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
