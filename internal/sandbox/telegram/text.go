package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of texts in UTF-16 code units, after the markup is parsed.
const (
	maxText    = 4096
	maxCaption = 1024
)

// formatted is a text with its entities.
type formatted struct {
	text     string
	entities []Entity
}

// textOf reads a text with its formatting: by parse_mode, or from the parameter with entities.
func (p *params) textOf(name, entities string) formatted {
	f, err := p.parse(p.cleanStr(name), entities)
	p.refuse(err)
	return f.normal()
}

func (p *params) parse(text, entities string) (formatted, error) {
	switch strings.ToLower(p.str("parse_mode")) {
	case "", "none":
		var given []wireEntity
		_ = json.Unmarshal([]byte(p.str(entities)), &given) // what cannot be read counts as none
		return givenEntities(text, given)
	case "html":
		return parseHTML(text)
	case "markdownv2":
		return parseMarkdown(text)
	case "markdown":
		return parseOldMarkdown(text)
	default:
		return formatted{}, badRequest("unsupported parse_mode")
	}
}

// messageText reads the text of a text message.
func (p *params) messageText() formatted {
	if p.str("text") == "" {
		p.refuse(badRequest("message text is empty"))
	}
	f := p.textOf("text", "entities")
	switch {
	case f.text == "": // only spaces or markup
		p.refuse(badRequest("text must be non-empty"))
	case units16(f.text) > maxText:
		p.refuse(badRequest("message is too long"))
	}
	return f
}

// caption reads the caption of a photo or a document, which may be empty.
func (p *params) caption() formatted {
	f := p.textOf("caption", "caption_entities")
	if units16(f.text) > maxCaption {
		p.refuse(badRequest("message caption is too long"))
	}
	return f
}

// normal is the form in which a text is stored: without surrounding spaces, with detected entities,
// and without formatting inside code.
func (f formatted) normal() formatted {
	f = f.trimmed()
	f.entities = keepCodePlain(f.entities)
	f.entities = append(f.entities, detect(f)...)
	sortEntities(f.entities)
	return f
}

// trimmed cuts spaces and newlines at the end, and at the start up to the first entity.
func (f formatted) trimmed() formatted {
	free := len(f.text)
	for _, e := range f.entities {
		free = min(free, index16(f.text, e.Offset))
	}
	head := f.text[:free]
	cut := len(head) - len(strings.TrimLeft(head, " \n"))
	text := strings.TrimRight(f.text[cut:], " \n")
	total := units16(text)
	var entities []Entity
	for _, e := range f.entities {
		e.Offset -= cut // a space or a newline is one unit
		e.Length = min(e.Length, total-e.Offset)
		if e.Length > 0 {
			entities = append(entities, e)
		}
	}
	return formatted{text, entities}
}

// keepCodePlain removes bold, italic and the like from code and pre, which Telegram never formats.
// An entity with code inside it is split.
func keepCodePlain(entities []Entity) []Entity {
	plain := []string{entityCode, entityPre}
	splits := []string{entityBold, entityItalic, entityUnderline, entityStrike, entitySpoiler}
	var kept []Entity
	for _, e := range entities {
		pieces := []Entity{e}
		if slices.Contains(splits, e.Type) {
			for _, code := range entities {
				if slices.Contains(plain, code.Type) {
					pieces = without(pieces, code)
				}
			}
		}
		kept = append(kept, pieces...)
	}
	return kept
}

// without removes the hole's range from the pieces.
func without(pieces []Entity, hole Entity) []Entity {
	var rest []Entity
	for _, p := range pieces {
		end, holeEnd := p.Offset+p.Length, hole.Offset+hole.Length
		if holeEnd <= p.Offset || hole.Offset >= end {
			rest = append(rest, p)
			continue
		}
		before, after := p, p
		before.Length = hole.Offset - p.Offset
		after.Offset, after.Length = holeEnd, end-holeEnd
		for _, piece := range []Entity{before, after} {
			if piece.Length > 0 {
				rest = append(rest, piece)
			}
		}
	}
	return rest
}
