package bot

import (
	"strings"
	"unicode/utf16"

	"github.com/go-telegram/bot/models"
)

// screen is one message: what it says, its picture, its buttons.
type screen struct {
	Text  markup
	Photo string // a picture of the catalog; "" for none
	Keep  bool   // where the screen replaces one with a picture, that one stays
	Rows  [][]button
}

// button does something (data) or leads somewhere (url).
type button struct {
	Text string
	Data string
	URL  string
}

func row(buttons ...button) []button { return buttons }

// Telegram's limits, in UTF-16 units after the markup is read
// (core.telegram.org/bots/api#sendmessage, #sendphoto).
const (
	maxText    = 4096
	maxCaption = 1024
)

// visible is how many units of a text Telegram counts.
func visible(m markup) int {
	return len(utf16.Encode([]rune(stripTags(string(m)))))
}

// keyboard is what Telegram wants to have; never nil, so that an edit without
// buttons takes the old ones away.
func (s screen) keyboard() *models.InlineKeyboardMarkup {
	rows := make([][]models.InlineKeyboardButton, 0, len(s.Rows))
	for _, r := range s.Rows {
		buttons := make([]models.InlineKeyboardButton, 0, len(r))
		for _, b := range r {
			buttons = append(buttons, models.InlineKeyboardButton{Text: b.Text, CallbackData: b.Data, URL: b.URL})
		}
		if len(buttons) > 0 {
			rows = append(rows, buttons)
		}
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// lines puts texts below one another, the empty ones left out.
func lines(parts ...markup) markup {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, string(p))
		}
	}
	return markup(strings.Join(kept, "\n"))
}
