package telegram

import "strings"

// Limits of texts in UTF-16 code units, after the markup is read.
const (
	maxText    = 4096
	maxCaption = 1024
)

// textOf reads a text and its formatting, by parse_mode or by the parameter with
// entities.
func (p params) textOf(name, entities string) (formatted, error) {
	text, err := cleanText(p.str(name))
	if err != nil {
		return formatted{}, err
	}
	f, err := p.parse(text, entities)
	if err != nil {
		return formatted{}, err
	}
	return f.normal(), nil
}

func (p params) parse(text, entities string) (formatted, error) {
	switch strings.ToLower(p.str("parse_mode")) {
	case "", "none":
		var raw []wireEntity
		if _, err := p.object(entities, "entities", &raw); err != nil {
			return formatted{}, err
		}
		return givenEntities(text, raw)
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

// messageText reads the text of a message that is nothing but text.
func (p params) messageText() (formatted, error) {
	if p.str("text") == "" {
		return formatted{}, badRequest("message text is empty")
	}
	f, err := p.textOf("text", "entities")
	switch {
	case err != nil:
		return f, err
	case f.text == "": // nothing but spaces or markup
		return f, badRequest("text must be non-empty")
	case units16(f.text) > maxText:
		return f, badRequest("message is too long")
	}
	return f, nil
}

// caption reads the caption of a photo or a document, which may be empty.
func (p params) caption() (formatted, error) {
	f, err := p.textOf("caption", "caption_entities")
	if err == nil && units16(f.text) > maxCaption {
		err = badRequest("message caption is too long")
	}
	return f, err
}
