package bot

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf16"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// way is how a way of delivery looks in a chat.
type way struct {
	// describe says on the product's page how the goods come.
	describe func(l localizer, o offer) markup
	// messages are those that hand over a line that has no goods of its own.
	messages func(l localizer, d delivery) ([]deliveryMessage, error)
}

// ways is the registry. The linter (exhaustive) refuses it when a Kind is missing.
var ways = map[catalog.Kind]way{
	catalog.Keys: {
		describe: func(l localizer, o offer) markup { return l.Say("product_delivery_keys", "Count", o.Free) },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return unitMessages(l, d), nil },
	},
	catalog.Content: {
		describe: func(l localizer, _ offer) markup { return l.Say("product_delivery_text") },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return textMessages(l, d), nil },
	},
	catalog.File: {
		describe: func(l localizer, o offer) markup {
			return l.Say("product_delivery_file", "File", path.Base(o.Product.File))
		},
		messages: fileMessages,
	},
	catalog.Invitation: {
		describe: func(l localizer, _ offer) markup { return l.Say("product_delivery_invite") },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return unitMessages(l, d), nil },
	},
	catalog.FromServer: {
		describe: func(l localizer, _ offer) markup { return l.Say("product_delivery_server") },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return unitMessages(l, d), nil },
	},
	catalog.ByHand: {
		describe: func(l localizer, _ offer) markup { return l.Say("product_delivery_manual") },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return unitMessages(l, d), nil },
	},
}

// describeDelivery says on the product's page how the goods come.
func describeDelivery(l localizer, o offer) markup {
	if w, known := ways[o.Product.Deliver]; known {
		return w.describe(l, o)
	}
	return ""
}

// delivery is one line of an order on its way to the buyer.
type delivery struct {
	order  shop.OrderID
	line   shop.Line
	suffix string // of file names; "" if the order has one line
	// read opens a file of the catalog.
	read func(name string) ([]byte, error)
}

// deliveryMessage is one message of a delivery: a text, or a document with a caption.
type deliveryMessage struct {
	Text     markup
	FileName string
	File     []byte // nil for a text
	// Copy are the buttons that copy the units of the message; nil if there are none.
	Copy    [][]button
	Protect bool // nobody can forward or save it
}

// render makes the messages that hand over one line of an order. Errors: *shop.UndeliverableError.
func render(l localizer, o shop.Order, line int, read func(name string) ([]byte, error)) ([]deliveryMessage, error) {
	d := delivery{order: o.ID, line: o.Lines[line], read: read}
	if len(d.line.Returned) > 0 { // what was paid back is not the buyer's any more
		d.line.Goods = d.line.Kept()
		d.line.Quantity -= len(d.line.Returned)
	}
	if len(o.Lines) > 1 {
		d.suffix = "-" + itoa(line+1)
	}
	w, known := ways[d.line.Deliver]
	switch {
	case !known:
		return nil, &shop.UndeliverableError{
			Reason: shop.HoldUnknownWay, Err: fmt.Errorf("%s is delivered by %q", d.line.SKU, string(d.line.Deliver)),
		}
	case len(d.line.Goods) > 0: // units of stock, or made at delivery
		return unitMessages(l, d), nil
	}
	messages, err := w.messages(l, d)
	for i := range messages {
		messages[i].Protect = d.line.Protect
	}
	return messages, err
}

// Sizes of a delivery in messages. Goods are cut well below Telegram's limit,
// since their markup and heading count as well.
const (
	partLimit    = 3000
	maxTextParts = 3  // more units than that come as a file alone
	longList     = 11 // so many units come as a file beside the text
	// maxCopied is how many units of a message have a button each. In a longer list a tap on a unit
	// copies it.
	maxCopied = 6
	copyRow   = 2 // buttons in a row: a phone cuts the numbers off where there are three
)

// unitMessages hand over units, each on a line of its own, or a block if it has several lines, and
// to be copied by one tap.
func unitMessages(l localizer, d delivery) []deliveryMessage {
	line := d.line
	parts := splitUnits(line.Goods)
	if len(parts) > maxTextParts {
		return withInstructions(l, line, maxCaption, unitFileMessage(l, d, "goods_many"))
	}
	messages := make([]deliveryMessage, 0, len(parts))
	for i, units := range parts {
		facts := []any{
			"Title", line.Title, "Quantity", line.Quantity, "Order", d.order,
			"Goods", codeLines(units), "Part", i + 1, "Parts", len(parts),
		}
		text := "goods"
		if len(parts) > 1 {
			text = "goods_part"
		}
		messages = append(messages, deliveryMessage{Text: l.Say(text, facts...)})
	}
	if len(line.Goods) <= maxCopied {
		for i, units := range parts {
			messages[i].Copy = copyButtons(l, units)
		}
	}
	messages = withInstructions(l, line, maxText, messages...)
	if len(line.Goods) >= longList {
		messages = append(messages, unitFileMessage(l, d, "goods_beside"))
	}
	return messages
}

// unitFileMessage is the document with all units of a line.
func unitFileMessage(l localizer, d delivery, text string) deliveryMessage {
	return deliveryMessage{
		Text:     l.Say(text, "Title", d.line.Title, "Order", d.order, "Count", len(d.line.Goods)),
		FileName: "keys-" + string(d.order) + d.suffix + ".txt",
		File:     unitFile(d.line.Goods),
	}
}

// copyButtons copy units, each as it was loaded. A unit that is too long for a button, or has several
// lines, is copied by a tap on it.
func copyButtons(l localizer, units []string) (rows [][]button) {
	var made []button
	for i, unit := range units {
		if length(unit) > maxCopy || isBlock(unit) {
			continue
		}
		text := l.Plain("button_copy")
		if len(units) > 1 {
			text = l.Plain("button_copy_listed", "Number", i+1)
		}
		made = append(made, button{Text: text, Copy: unit})
	}
	for few := range slices.Chunk(made, copyRow) {
		rows = append(rows, few)
	}
	return rows
}

// splitUnits groups units of goods so that each group fits into one message.
func splitUnits(goods []string) [][]string {
	var parts [][]string
	var part []string
	size := 0
	for _, unit := range goods {
		if len(part) > 0 && size+length(unit) > partLimit {
			parts, part, size = append(parts, part), nil, 0
		}
		part = append(part, unit)
		size += length(unit) + 1
	}
	return append(parts, part)
}

func codeLines(units []string) markup {
	quoted := make([]string, 0, len(units))
	for _, unit := range units {
		tag := "code"
		if isBlock(unit) {
			tag = "pre"
		}
		quoted = append(quoted, "<"+tag+">"+string(localize.Escape(unit))+"</"+tag+">")
	}
	return markup(strings.Join(quoted, "\n"))
}

func isBlock(unit string) bool { return strings.Contains(unit, "\n") }

// unitFile is a file of units, each on a line of its own. Units of several lines have a separator
// between them.
func unitFile(units []string) []byte {
	between := "\n"
	if slices.ContainsFunc(units, isBlock) {
		between = "\n" + shop.DefaultSeparator + "\n"
	}
	return []byte(strings.Join(units, between) + "\n")
}

// textMessages send the same text to everybody, cut at line ends if it is long.
func textMessages(l localizer, d delivery) []deliveryMessage {
	var messages []deliveryMessage
	for i, part := range splitText(l.Text(d.line.Text), partLimit) {
		text := localize.Escape(part)
		if i == 0 {
			text = l.Say("goods", "Title", d.line.Title, "Quantity", d.line.Quantity, "Order", d.order, "Goods", part)
		}
		messages = append(messages, deliveryMessage{Text: text})
	}
	return withInstructions(l, d.line, maxText, messages...)
}

// fileMessages send a document of the catalog.
func fileMessages(l localizer, d delivery) ([]deliveryMessage, error) {
	content, err := d.read(d.line.File)
	if err != nil {
		return nil, &shop.UndeliverableError{Reason: shop.HoldNoGoods, Err: err}
	}
	caption := l.Say("goods_file", "Title", d.line.Title, "Quantity", d.line.Quantity, "Order", d.order)
	name := d.line.File[strings.LastIndexByte(d.line.File, '/')+1:]
	return withInstructions(l, d.line, maxCaption, deliveryMessage{Text: caption, FileName: name, File: content}), nil
}

// withInstructions adds how to use the goods: to the last message if they fit
// into limit, else as messages of their own. None of them is cut.
func withInstructions(l localizer, line shop.Line, limit int, messages ...deliveryMessage) []deliveryMessage {
	text := l.Text(line.Instructions)
	if text == "" {
		return messages
	}
	last := &messages[len(messages)-1]
	if said := l.Say("instructions", "Text", text); visible(last.Text)+visible(said) <= limit {
		last.Text += said
		return messages
	}
	for _, part := range splitText(text, partLimit) {
		messages = append(messages, deliveryMessage{Text: l.Say("instructions", "Text", part)})
	}
	return messages
}

// length is how Telegram counts a text: in UTF-16.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// splitText cuts a text into pieces of at most limit units, at line ends if there are any.
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
		if size+length(line) > limit {
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
