package bot

import (
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// isStored reports whether a unit is something else than a key: a file, or a text.
func isStored(unit string) bool {
	_, file := shop.ParseFileUnit(unit)
	_, text := shop.ParseTextUnit(unit)
	return file || text
}

// waitsForServer reports whether an owner's server has not given a line its goods.
func waitsForServer(l shop.Line) bool {
	p := l.PartOf(catalog.FromServer)
	return p != nil && l.Pending() && len(p.Goods) == 0
}

// storedMessages hand over goods of which some are files or texts: the keys first, then the texts,
// then each file as a document by its name.
func storedMessages(l localizer, d delivery) (messages []deliveryMessage) {
	var keys, texts []string
	var files []shop.FileUnit
	for _, unit := range d.line.Goods {
		if f, is := shop.ParseFileUnit(unit); is {
			files = append(files, f)
		} else if text, is := shop.ParseTextUnit(unit); is {
			texts = append(texts, text)
		} else {
			keys = append(keys, unit)
		}
	}
	add := func(more []deliveryMessage) {
		messages = joinMessages(messages, more)
		d.more = true
	}
	if len(keys) > 0 {
		of := d
		of.line.Goods = keys
		add(unitMessages(l, of))
	}
	for _, text := range texts {
		add(wordMessages(l, d, splitText(text, partLimit)))
	}
	for _, f := range files {
		add([]deliveryMessage{{Text: d.say(l, ""), FileName: f.Name, Stored: f.Blob()}})
	}
	return messages
}
