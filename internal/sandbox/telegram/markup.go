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
	remove  bool
	other   bool // any markup but an inline keyboard
}

type wireMarkup struct {
	InlineKeyboard [][]wireButton `json:"inline_keyboard"`
}

type wireButton struct {
	Text              string     `json:"text"`
	Style             string     `json:"style,omitempty"`
	URL               string     `json:"url,omitempty"`
	CallbackData      *string    `json:"callback_data,omitempty"`
	WebApp            *wireLink  `json:"web_app,omitempty"`
	LoginURL          *wireLink  `json:"login_url,omitempty"`
	SwitchInline      *string    `json:"switch_inline_query,omitempty"`
	SwitchInlineHere  *string    `json:"switch_inline_query_current_chat,omitempty"`
	SwitchInlineThere *wireQuery `json:"switch_inline_query_chosen_chat,omitempty"`
	CopyText          *wireCopy  `json:"copy_text,omitempty"`
}

type (
	wireLink struct {
		URL string `json:"url"`
	}
	wireCopy struct {
		Text string `json:"text"`
	}
	wireQuery struct {
		Query string `json:"query"`
	}
)

// markup reads reply_markup.
func (p *params) markup() keyboard {
	var raw struct {
		Inline     [][]wireButton      `json:"inline_keyboard"`
		Keyboard   [][]json.RawMessage `json:"keyboard"`
		Remove     bool                `json:"remove_keyboard"`
		ForceReply bool                `json:"force_reply"`
	}
	p.object("reply_markup", "reply keyboard markup", &raw)
	if raw.Keyboard != nil || raw.Remove || raw.ForceReply {
		rows, err := replyKeyboard(raw.Keyboard)
		p.refuse(err)
		return keyboard{reply: rows, remove: raw.Remove, other: true}
	}
	rows, err := inlineKeyboard(raw.Inline)
	p.refuse(err)
	return keyboard{buttons: rows}
}

// inlineMarkup reads a reply_markup that must be an inline keyboard.
func (p *params) inlineMarkup() [][]Button {
	k := p.markup()
	if k.other {
		p.refuse(badRequest("inline keyboard expected"))
	}
	return k.buttons
}

// inlineKeyboard checks an inline keyboard. Buttons without a text are dropped, as in Telegram.
func inlineKeyboard(raw [][]wireButton) ([][]Button, error) {
	var rows [][]Button
	total := 0
	for _, line := range raw {
		var row []Button
		for _, b := range line[:min(len(line), maxRow)] {
			if b.Text == "" {
				continue
			}
			button, err := b.check()
			if err != nil {
				return nil, err
			}
			row = append(row, button)
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

// check converts a button. Some libraries send empty objects for unused fields, so the order
// counts.
func (b wireButton) check() (Button, error) {
	button := Button{Text: b.Text, Style: b.Style}
	switch {
	case b.URL != "":
		button.URL = b.URL
		return button, checkURL(b.URL, "URL")
	case b.CallbackData != nil:
		button.Data = *b.CallbackData
		if n := len(button.Data); n == 0 || n > maxCallbackData {
			return button, badRequest("BUTTON_DATA_INVALID")
		}
		return button, nil
	case b.SwitchInline != nil:
		button.Inline = "@" + strings.TrimSpace(*b.SwitchInline)
	case b.SwitchInlineHere != nil:
		button.Inline = "@" + strings.TrimSpace(*b.SwitchInlineHere)
	case b.SwitchInlineThere != nil:
		button.Inline = "@" + strings.TrimSpace(b.SwitchInlineThere.Query)
	case b.LoginURL != nil && b.LoginURL.URL != "":
		button.URL = b.LoginURL.URL
		return button, checkURL(button.URL, "login URL")
	case b.WebApp != nil && b.WebApp.URL != "":
		button.WebApp = b.WebApp.URL
		return button, checkURL(button.WebApp, "Web App URL")
	case b.CopyText != nil && b.CopyText.Text != "":
		button.CopyText = b.CopyText.Text
		if len([]rune(button.CopyText)) > maxCopyText {
			return button, badRequest("BUTTON_COPY_TEXT_INVALID")
		}
	default:
		return button, badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	}
	return button, nil
}

// replyKeyboard reads the texts of a reply keyboard, whose buttons are objects or strings.
func replyKeyboard(raw [][]json.RawMessage) ([][]string, error) {
	var rows [][]string
	for _, line := range raw {
		var row []string
		for _, item := range line {
			var button struct {
				Text string `json:"text"`
			}
			if json.Unmarshal(item, &button.Text) != nil && json.Unmarshal(item, &button) != nil {
				return nil, badRequest("can't parse keyboard button: expected an Object or String")
			}
			row = append(row, button.Text)
		}
		row = slices.DeleteFunc(row, func(text string) bool { return text == "" })
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// wireButtons is an inline keyboard as bots see it; nil if there is none.
func wireButtons(rows [][]Button) *wireMarkup {
	if len(rows) == 0 {
		return nil
	}
	markup := &wireMarkup{}
	for _, row := range rows {
		var line []wireButton
		for _, b := range row {
			line = append(line, b.wire())
		}
		markup.InlineKeyboard = append(markup.InlineKeyboard, line)
	}
	return markup
}

func (b Button) wire() wireButton {
	w := wireButton{Text: b.Text, Style: b.Style, URL: b.URL}
	switch {
	case b.Data != "":
		w.CallbackData = &b.Data
	case b.WebApp != "":
		w.WebApp = &wireLink{b.WebApp}
	case b.CopyText != "":
		w.CopyText = &wireCopy{b.CopyText}
	case b.Inline != "":
		query := strings.TrimPrefix(b.Inline, "@")
		w.SwitchInline = &query
	}
	return w
}
