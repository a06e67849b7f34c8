package telegram

import "strings"

// Keyboards as bots see them.

type wireMarkup struct {
	InlineKeyboard [][]wireButton `json:"inline_keyboard"`
}

type wireButton struct {
	Text         string    `json:"text"`
	Style        string    `json:"style,omitempty"`
	URL          string    `json:"url,omitempty"`
	CallbackData string    `json:"callback_data,omitempty"`
	WebApp       *wireLink `json:"web_app,omitempty"`
	SwitchInline *string   `json:"switch_inline_query,omitempty"`
	SwitchHere   *string   `json:"switch_inline_query_current_chat,omitempty"`
	CopyText     *wireCopy `json:"copy_text,omitempty"`
	Disabled     *struct{} `json:"disabled,omitempty"`
	Pay          bool      `json:"pay,omitempty"`
}

type (
	wireLink struct {
		URL string `json:"url"`
	}
	wireCopy struct {
		Text string `json:"text"`
	}
)

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
	w := wireButton{Text: b.Text, Style: b.Style, URL: b.URL, CallbackData: b.Data, Pay: b.Pay}
	switch {
	case b.WebApp != "":
		w.WebApp = &wireLink{b.WebApp}
	case b.CopyText != "":
		w.CopyText = &wireCopy{b.CopyText}
	case b.Inline != "":
		query := strings.TrimPrefix(b.Inline, "@")
		w.SwitchInline = &query
	case b.InlineIn != "":
		query := strings.TrimPrefix(b.InlineIn, "@")
		w.SwitchHere = &query
	case b.Disabled:
		w.Disabled = &struct{}{}
	}
	return w
}
