package bot

import (
	"strings"

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
		return []parcel{{
			Text:     v.say("goods_many", "Title", o.Item.Title, "Order", o.ID, "Count", len(o.Keys)) + instructions(v, o, maxCaption/2),
			FileName: "keys-" + string(o.ID) + ".txt",
			File:     []byte(strings.Join(o.Keys, "\n") + "\n"),
		}}
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
	last := &parcels[len(parcels)-1]
	last.Text += instructions(v, o, maxText-visible(last.Text)-100)
	return parcels
}

// splitKeys groups keys so that each group fits into one message.
func splitKeys(keys []string) [][]string {
	var parts [][]string
	var part []string
	size := 0
	for _, k := range keys {
		if len(part) > 0 && size+len(k) > partLimit {
			parts, part, size = append(parts, part), nil, 0
		}
		part = append(part, k)
		size += len(k) + 1
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

func instructions(v voice, o shop.Order, room int) markup {
	text := v.text(o.Item.Instructions)
	if text == "" || room <= 0 {
		return ""
	}
	return v.say("instructions", "Text", clip(text, room))
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
	last := &parcels[len(parcels)-1]
	last.Text += instructions(v, o, maxText-visible(last.Text)-100)
	return parcels
}

// splitText cuts a text into pieces of at most limit runes, at line ends where there are any.
func splitText(s string, limit int) []string {
	var parts []string
	rest := []rune(s)
	for len(rest) > limit {
		cut := limit
		for i := limit; i > limit/2; i-- {
			if rest[i-1] == '\n' {
				cut = i
				break
			}
		}
		parts = append(parts, string(rest[:cut]))
		rest = rest[cut:]
	}
	return append(parts, string(rest))
}

func fileParcel(v voice, o shop.Order, name string, content []byte) parcel {
	caption := v.say("goods_file", "Title", o.Item.Title, "Quantity", o.Item.Quantity, "Order", o.ID)
	return parcel{
		Text:     caption + instructions(v, o, maxCaption-visible(caption)-50),
		FileName: name, File: content,
	}
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
		return []parcel{fileParcel(v, o, baseName(o.Item.File), content)}, nil
	default:
		return textParcels(v, o), nil
	}
}

func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
