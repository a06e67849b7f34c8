package bot

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
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
		describe: func(l localizer, o offer) markup {
			if o.Product.Files {
				return l.Say("product_delivery_files", "Count", o.Free)
			}
			return l.Say("product_delivery_keys", "Count", o.Free)
		},
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
		messages: placeMessages,
	},
	catalog.FromServer: {
		describe: func(l localizer, _ offer) markup { return l.Say("product_delivery_server") },
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return unitMessages(l, d), nil },
	},
	catalog.ByHand: {
		describe: func(l localizer, o offer) markup {
			return l.Say("product_delivery_manual", "Within", within(l, o.Product.Manual.Within))
		},
		messages: func(l localizer, d delivery) ([]deliveryMessage, error) { return madeMessages(l, d), nil },
	},
}

// within is a time that is promised, in words.
func within(l localizer, d time.Duration) string {
	if hours := int(d / time.Hour); hours%24 != 0 {
		return l.Plain("within_hours", "Count", hours)
	}
	return l.Plain("within_days", "Count", int(d/time.Hour)/24)
}

// describeDelivery says on the product's page how the goods come, a line for each way.
func describeDelivery(l localizer, o offer) markup {
	var said []markup
	for _, kind := range o.Product.Ways() {
		if w, known := ways[kind]; known {
			said = append(said, w.describe(l, o))
		}
	}
	return lines(said...)
}

// delivery is what one way hands over of a line, on its way to the buyer.
type delivery struct {
	order  shop.OrderID
	line   shop.Line // with that part alone
	more   bool      // another part comes before, with the heading
	suffix string    // of file names; "" if the order has one line
	// read opens a file of the catalog.
	read func(name string) ([]byte, error)
}

// say puts the heading of the line above goods, unless another part has it.
func (d delivery) say(l localizer, goods markup) markup {
	switch {
	case d.more:
		return goods
	case goods == "":
		return l.Say("goods_file", "Title", d.line.Title, "Quantity", d.line.Quantity, "Order", d.order)
	}
	return l.Say("goods", "Title", d.line.Title, "Quantity", d.line.Quantity, "Order", d.order, "Goods", goods)
}

// deliveryMessage is one message of a delivery: a text, or a document with a caption.
type deliveryMessage struct {
	Text     markup
	FileName string
	File     []byte            // nil for a text
	Stored   string            // in place of File: the name of a file in the database
	Passed   shop.TelegramFile // in place of File; the zero TelegramFile for a text
	Beside   bool              // it repeats the goods of the messages before
	// Copy are the buttons that copy the units of the message; nil if there are none.
	Copy    [][]button
	Protect bool // nobody can forward or save it
}

func (m *deliveryMessage) hasFile() bool { return m.File != nil || m.Stored != "" || m.Passed.ID != "" }

// room is how long the text of a message can be.
func (m *deliveryMessage) room() int {
	if m.hasFile() {
		return maxCaption
	}
	return maxText
}

// render makes the messages that hand over one line of an order, in the order of its ways. Errors:
// *shop.UndeliverableError.
func render(l localizer, o shop.Order, line int, read func(name string) ([]byte, error)) ([]deliveryMessage, error) {
	whole := o.Lines[line]
	if len(whole.Returned) > 0 { // what was paid back is not the buyer's any more
		whole.Goods = whole.Kept()
		whole.Quantity -= len(whole.Returned)
	}
	d := delivery{order: o.ID, read: read}
	if len(o.Lines) > 1 {
		d.suffix = "-" + itoa(line+1)
	}
	var messages []deliveryMessage
	for _, part := range whole.Parts() {
		w, known := ways[part.Deliver]
		if !known {
			return nil, &shop.UndeliverableError{
				Reason: shop.HoldUnknownWay, Err: fmt.Errorf("%s is delivered by %q", whole.SKU, string(part.Deliver)),
			}
		}
		d.line, d.more = whole, len(messages) > 0
		d.line.Part, d.line.Also = *part, nil
		made, err := w.messages(l, d)
		if err != nil {
			return nil, err
		}
		for i := range made { // goods of their own are there to be copied
			made[i].Protect = whole.Protect && len(part.Goods) == 0
		}
		messages = joinMessages(messages, made)
	}
	return withInstructions(l, whole, messages), nil
}

// joinMessages puts the messages of another part behind those before it. Where the last and the first
// fit into one message, they become one.
func joinMessages(before, more []deliveryMessage) []deliveryMessage {
	if len(before) == 0 {
		return more
	}
	last, next := before[len(before)-1], more[0]
	both := last
	both.Text = sections(last.Text, next.Text)
	both.Copy = slices.Concat(last.Copy, next.Copy)
	if next.hasFile() {
		both.FileName, both.File, both.Stored, both.Passed = next.FileName, next.File, next.Stored, next.Passed
	}
	apart := last.Beside || next.Beside || last.hasFile() && next.hasFile() || last.Protect != next.Protect ||
		last.Copy != nil && (next.Copy != nil || next.hasFile()) // a key is easier to find in a message of its own
	if apart || visible(both.Text) > both.room() {
		return slices.Concat(before, more)
	}
	return slices.Concat(before[:len(before)-1], []deliveryMessage{both}, more[1:])
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
	if slices.ContainsFunc(d.line.Goods, isStored) {
		return storedMessages(l, d)
	}
	line := d.line
	parts := splitUnits(line.Goods)
	if len(parts) > maxTextParts {
		return []deliveryMessage{unitFileMessage(l, d, "goods_many")}
	}
	messages := make([]deliveryMessage, 0, len(parts))
	for i, units := range parts {
		facts := []any{
			"Title", line.Title, "Quantity", line.Quantity, "Order", d.order,
			"Goods", codeLines(units), "Part", i + 1, "Parts", len(parts),
		}
		text := d.say(l, codeLines(units))
		if len(parts) > 1 {
			text = l.Say("goods_part", facts...)
		}
		messages = append(messages, deliveryMessage{Text: text})
	}
	if len(line.Goods) <= maxCopied {
		for i, units := range parts {
			messages[i].Copy = copyButtons(l, units)
		}
	}
	if len(line.Goods) >= longList {
		beside := unitFileMessage(l, d, "goods_beside")
		beside.Beside = true
		messages = append(messages, beside)
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
func copyButtons(l localizer, units []string) [][]button {
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
	return slices.Collect(slices.Chunk(made, copyRow))
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

// textMessages send the same text to everybody, cut at line ends if it is long; or what an owner gave
// in its place.
func textMessages(l localizer, d delivery) []deliveryMessage {
	if len(d.line.Goods) > 0 {
		return unitMessages(l, d)
	}
	return wordMessages(l, d, splitText(l.Text(d.line.Text), partLimit))
}

// wordMessages hand over a text in several parts.
func wordMessages(l localizer, d delivery, parts []string) (messages []deliveryMessage) {
	for i, part := range parts {
		text := localize.Escape(part)
		if i == 0 {
			text = d.say(l, text)
		}
		messages = append(messages, deliveryMessage{Text: text})
	}
	return messages
}

// fileMessages send a document of the catalog.
func fileMessages(l localizer, d delivery) ([]deliveryMessage, error) {
	content, err := d.read(d.line.File)
	if err != nil {
		return nil, &shop.UndeliverableError{Reason: shop.HoldNoGoods, Err: err}
	}
	name := d.line.File[strings.LastIndexByte(d.line.File, '/')+1:]
	return []deliveryMessage{{Text: d.say(l, ""), FileName: name, File: content}}, nil
}

// madeMessages hand over what a person made: words, a file, or word that it is done.
func madeMessages(l localizer, d delivery) []deliveryMessage {
	words, file := d.line.Goods, d.line.Attached
	if file.ID == "" && len(words) == 0 {
		return []deliveryMessage{{Text: d.say(l, l.Say("goods_made"))}}
	}
	messages := wordMessages(l, d, words)
	if file.ID == "" {
		return messages
	}
	d.more = d.more || len(messages) > 0
	return joinMessages(messages, []deliveryMessage{{Text: d.say(l, ""), Passed: file}})
}

// withInstructions adds how to use the goods, once: to the last message with goods if they fit, else
// as messages of their own. None of them is cut.
func withInstructions(l localizer, line shop.Line, messages []deliveryMessage) []deliveryMessage {
	text := l.Text(line.Instructions)
	if text == "" {
		return messages
	}
	last := len(messages) - 1
	for last > 0 && messages[last].Beside {
		last--
	}
	said := l.Say("instructions", "Text", text)
	if m := &messages[last]; visible(m.Text)+visible(said) <= m.room() {
		m.Text += said
		return messages
	}
	for _, part := range splitText(text, partLimit) {
		messages = append(messages, deliveryMessage{Text: l.Say("instructions", "Text", part), Protect: line.Protect})
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
