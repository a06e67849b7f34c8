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
	var keys []string
	var files []shop.FileUnit
	line := d.line
	facts := []any{"Title", line.Title, "Quantity", line.Quantity, "Order", d.order}
	for _, unit := range line.Goods {
		if f, is := shop.ParseFileUnit(unit); is {
			files = append(files, f)
			continue
		}
		text, is := shop.ParseTextUnit(unit)
		if !is {
			keys = append(keys, unit)
			continue
		}
		for _, part := range splitText(text, partLimit) {
			messages = append(messages, deliveryMessage{Text: l.Say("goods", append(facts, "Goods", part)...)})
		}
	}
	if len(keys) > 0 {
		of := d
		of.line.Goods = keys
		messages = append(unitMessages(l, of), messages...)
	}
	for _, f := range files {
		messages = append(messages, deliveryMessage{Text: l.Say("goods_file", facts...), FileName: f.Name, Stored: f.Blob()})
	}
	return messages
}
