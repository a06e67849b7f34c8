package bot

import (
	"strings"
	"unicode/utf16"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// parcel is one message of a delivery: a text, or a document with a caption.
type parcel struct {
	Text     markup
	FileName string
	File     []byte // nil for a text
}

// Sizes of a delivery in messages. Goods are cut well below Telegram's limit,
// since their markup and heading count as well.
const (
	partLimit    = 3000
	maxTextParts = 3 // more keys than that come as a file
)

// keyParcels packs keys, each on a line of its own and to be copied by one tap.
func keyParcels(v voice, o shop.Order) []parcel {
	parts := splitKeys(o.Keys)
	if len(parts) > maxTextParts {
		return withInstructions(v, o, maxCaption, parcel{
			Text:     v.say("goods_many", "Title", o.Item.Title, "Order", o.ID, "Count", len(o.Keys)),
			FileName: "keys-" + string(o.ID) + ".txt",
			File:     []byte(strings.Join(o.Keys, "\n") + "\n"),
		})
	}
	parcels := make([]parcel, 0, len(parts))
	for i, keys := range parts {
		facts := []any{
			"Title", o.Item.Title, "Quantity", o.Item.Quantity, "Order", o.ID,
			"Goods", codeLines(keys), "Part", i + 1, "Parts", len(parts),
		}
		text := "goods"
		if len(parts) > 1 {
			text = "goods_part"
		}
		parcels = append(parcels, parcel{Text: v.say(text, facts...)})
	}
	return withInstructions(v, o, maxText, parcels...)
}

// splitKeys groups keys so that each group fits into one message.
func splitKeys(keys []string) [][]string {
	var parts [][]string
	var part []string
	size := 0
	for _, k := range keys {
		if len(part) > 0 && size+units(k) > partLimit {
			parts, part, size = append(parts, part), nil, 0
		}
		part = append(part, k)
		size += units(k) + 1
	}
	return append(parts, part)
}

func codeLines(keys []string) markup {
	quoted := make([]string, 0, len(keys))
	for _, k := range keys {
		quoted = append(quoted, "<code>"+string(escape(k))+"</code>")
	}
	return markup(strings.Join(quoted, "\n"))
}

// withInstructions adds how to use the goods: to the last message where they fit
// into limit, else as a message of their own. None of them is cut.
func withInstructions(v voice, o shop.Order, limit int, parcels ...parcel) []parcel {
	text := v.text(o.Item.Instructions)
	if text == "" {
		return parcels
	}
	last := &parcels[len(parcels)-1]
	if said := v.say("instructions", "Text", text); visible(last.Text)+visible(said) <= limit {
		last.Text += said
		return parcels
	}
	for _, part := range splitText(text, partLimit) {
		parcels = append(parcels, parcel{Text: v.say("instructions", "Text", part)})
	}
	return parcels
}

// units is how Telegram counts a text: in UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// textParcels sends the same text to everybody, cut at line ends where it is long.
func textParcels(v voice, o shop.Order) []parcel {
	var parcels []parcel
	for i, part := range splitText(v.text(o.Item.Text), partLimit) {
		if i == 0 {
			parcels = append(parcels, parcel{Text: v.say("goods", "Title", o.Item.Title,
				"Quantity", o.Item.Quantity, "Order", o.ID, "Goods", part)})
			continue
		}
		parcels = append(parcels, parcel{Text: escape(part)})
	}
	return withInstructions(v, o, maxText, parcels...)
}

// splitText cuts a text into pieces of at most limit units, at line ends where there are any.
func splitText(s string, limit int) []string {
	var parts []string
	var part strings.Builder
	size := 0
	flush := func() {
		if part.Len() > 0 {
			parts = append(parts, part.String())
		}
		part.Reset()
		size = 0
	}
	for line := range strings.Lines(s) {
		if size+units(line) > limit {
			flush()
		}
		for _, r := range line { // a line may itself be too long
			if size+utf16.RuneLen(r) > limit {
				flush()
			}
			part.WriteRune(r)
			size += utf16.RuneLen(r)
		}
	}
	flush()
	if len(parts) == 0 {
		return []string{""}
	}
	return parts
}

func fileParcels(v voice, o shop.Order, name string, content []byte) []parcel {
	caption := v.say("goods_file", "Title", o.Item.Title, "Quantity", o.Item.Quantity, "Order", o.ID)
	return withInstructions(v, o, maxCaption, parcel{Text: caption, FileName: name, File: content})
}

// clip cuts a text to at most limit runes.
func clip(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:max(limit-1, 0)]) + "…"
}

// pack makes the messages of a delivery. read opens a file of the catalog.
func pack(v voice, o shop.Order, read func(name string) ([]byte, error)) ([]parcel, error) {
	switch o.Item.Deliver {
	case catalog.Keys:
		return keyParcels(v, o), nil
	case catalog.File:
		content, err := read(o.Item.File)
		if err != nil {
			return nil, &shop.UndeliverableError{Reason: shop.HoldNoGoods, Err: err}
		}
		return fileParcels(v, o, baseName(o.Item.File), content), nil
	default:
		return textParcels(v, o), nil
	}
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
