package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

// Limits of keyboards. A longer row is cut, as Telegram does; more than maxButtons are refused.
const (
	maxCallbackData = 64 // bytes
	maxRow          = 12
	maxButtons      = 100
	maxCopyText     = 256 // characters
)

// keyboard is a reply_markup parameter.
type keyboard struct {
	buttons [][]Button // inline keyboard
	reply   [][]string // reply keyboard
	asks    map[string]string
	remove  bool
	other   bool // any markup but an inline keyboard
}

// markup reads reply_markup. What it checks, and in which order, is that of get_reply_markup in
// Client.cpp of tdlib/telegram-bot-api.
func (p *params) markup() keyboard {
	text := p.str("reply_markup")
	if text == "" {
		return keyboard{}
	}
	if !json.Valid([]byte(text)) {
		p.refuse(badRequest("can't parse reply keyboard markup JSON object"))
		return keyboard{}
	}
	o, ok := parseObject([]byte(text))
	if !ok {
		p.refuse(badRequest("object expected as reply markup"))
		return keyboard{}
	}
	k, err := readMarkup(o)
	p.refuse(toAPIError(err, ""))
	return k
}

func readMarkup(o object) (k keyboard, err error) {
	if k.reply, err = readRows(o, "keyboard", `Field "keyboard" must be an Array of Arrays`, k.keyButton); err != nil {
		return k, err
	}
	k.buttons, err = readRows(o, "inline_keyboard", `Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`, inlineButton)
	if err != nil {
		return k, err
	}
	var flags [4]bool
	for i, name := range []string{"hide_keyboard", "remove_keyboard", "force_reply_keyboard", "force_reply"} {
		if flags[i], err = o.flag(name); err != nil {
			return k, err
		}
	}
	k.other = len(k.reply) > 0 || len(k.buttons) == 0 && slices.Contains(flags[:], true)
	k.remove = k.other && len(k.reply) == 0 && (flags[0] || flags[1])
	if k.other {
		k.buttons = nil
	}
	return k, nil
}

// readRows reads the rows of a keyboard. Buttons without a text, and rows without buttons, are
// dropped, as in Telegram.
func readRows[B any](o object, name, notArrays string, read func(json.RawMessage) (B, bool, error)) ([][]B, error) {
	lines, err := o.list(name)
	if err != nil {
		return nil, err
	}
	var rows [][]B
	total := 0
	for _, line := range lines {
		if !isArray(line) {
			return nil, fieldError(notArrays)
		}
		var items []json.RawMessage
		if err := json.Unmarshal(line, &items); err != nil {
			return nil, fieldError(notArrays)
		}
		var row []B
		for _, item := range items[:min(len(items), maxRow)] {
			button, keep, err := read(item)
			if err != nil {
				return nil, err
			}
			if keep {
				row = append(row, button)
			}
		}
		if total += len(row); total > maxButtons {
			return nil, badRequest("reply markup is too long")
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// inlineMarkup reads a reply_markup that must be an inline keyboard.
func (p *params) inlineMarkup() [][]Button {
	k := p.markup()
	if k.other {
		p.refuse(badRequest("inline keyboard expected"))
	}
	return k.buttons
}

// keyButton reads a button of a reply keyboard, which is an object or a text, and notes what it
// asks for.
func (k *keyboard) keyButton(raw json.RawMessage) (text string, keep bool, err error) {
	refuse := func(err error) (string, bool, error) {
		return "", false, toAPIError(err, "can't parse keyboard button: ")
	}
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return text, text != "", nil
	}
	o, ok := parseObject(raw)
	if !ok {
		return refuse(fieldError("KeyboardButton must be a String or an Object"))
	}
	if text, err = o.required("text"); err != nil {
		return refuse(err)
	}
	if _, err = buttonStyle(o); err != nil {
		return refuse(err)
	}
	for _, ask := range []string{"contact", "location"} {
		asked, err := o.flag("request_" + ask)
		if err != nil {
			return refuse(err)
		}
		if asked && k.asks[text] == "" {
			if k.asks == nil {
				k.asks = map[string]string{}
			}
			k.asks[text] = ask
		}
	}
	return text, text != "", nil
}

func buttonStyle(o object) (string, error) {
	style, err := o.text("style")
	style = strings.ToLower(style)
	switch style {
	case "default":
		return "", err
	case "", "primary", "danger", "success":
		return style, err
	default:
		return "", fieldError("invalid button style specified")
	}
}

// inlineButton reads a button of an inline keyboard.
func inlineButton(raw json.RawMessage) (b Button, keep bool, err error) {
	var kind string
	if o, ok := parseObject(raw); ok {
		b, kind, err = readButton(o)
	} else {
		err = fieldError("InlineKeyboardButton must be an Object")
	}
	if err != nil || b.Text == "" {
		return b, false, toAPIError(err, "can't parse inline keyboard button: ")
	}
	return b, true, b.check(kind)
}

// readButton finds what a button does, and by which field. Many clients send empty fields for what
// they do not use, so the order counts, and whether an empty value is a value: of the first two it
// is not.
func readButton(o object) (b Button, kind string, err error) {
	if b.Text, err = o.required("text"); err != nil {
		return b, "", err
	}
	if b.Style, err = buttonStyle(o); err != nil {
		return b, "", err
	}
	if b.URL, err = o.text("url"); err != nil || b.URL != "" {
		return b, "url", err
	}
	if b.Data, err = o.text("callback_data"); err != nil || b.Data != "" {
		return b, "callback_data", err
	}
	kinds := []string{
		"callback_game", "pay", "switch_inline_query", "switch_inline_query_chosen_chat", "switch_inline_query_current_chat",
		"login_url", "web_app", "copy_text", "disabled",
	}
	i := slices.IndexFunc(kinds, o.has)
	if i < 0 {
		return b, "", fieldError("Text buttons are unallowed in the inline keyboard")
	}
	var query string
	switch kind = kinds[i]; kind {
	case "pay":
		b.Pay = true
	case "switch_inline_query":
		query, err = o.text(kind)
		b.Inline = "@" + strings.TrimSpace(query)
	case "switch_inline_query_current_chat":
		query, err = o.text(kind)
		b.InlineIn = "@" + strings.TrimSpace(query)
	case "switch_inline_query_chosen_chat":
		query, err = textInside(o, kind, "query", object.text)
		b.Inline = "@" + strings.TrimSpace(query)
	case "login_url":
		b.URL, err = textInside(o, kind, "url", object.required)
	case "web_app":
		b.WebApp, err = textInside(o, kind, "url", object.required)
	case "copy_text":
		b.CopyText, err = textInside(o, kind, "text", object.required)
	case "disabled":
		b.Disabled = true
		_, err = o.inner(kind)
	}
	return b, kind, err
}

func textInside(o object, name, field string, read func(object, string) (string, error)) (string, error) {
	inner, err := o.inner(name)
	if err != nil {
		return "", err
	}
	return read(inner, field)
}

// check refuses what Telegram itself refuses, after the Bot API server has read the button.
func (b Button) check(kind string) error {
	switch kind {
	case "callback_game":
		return badRequest("BUTTON_TYPE_INVALID")
	case "url":
		return checkURL(b.URL, "URL")
	case "login_url":
		return checkURL(b.URL, "login URL")
	case "web_app":
		return checkURL(b.WebApp, "Web App URL")
	case "copy_text":
		if b.CopyText == "" || len([]rune(b.CopyText)) > maxCopyText {
			return badRequest("BUTTON_COPY_TEXT_INVALID")
		}
	case "callback_data":
		if len(b.Data) > maxCallbackData {
			return badRequest("BUTTON_DATA_INVALID")
		}
	}
	return nil
}
