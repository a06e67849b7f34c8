package bot

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"

	"github.com/go-telegram/bot/models"
)

// markup is text in Telegram's HTML, safe to send as it is.
type markup = localize.Markup

// localizer speaks one person's language.
type localizer struct{ localize.Localizer }

// localizerOf picks the language: the wanted one if the shop speaks it, else the shop's first.
func localizerOf(t *localize.Texts, wanted string, of catalog.Shop) localizer {
	return localizer{t.Localizer(wanted, of)}
}

// screen is one message: what it says, its picture, its buttons.
type screen struct {
	Text  markup
	Photo string // a picture of the catalog; "" for none
	Drawn []byte // a picture made for this screen, in place of Photo; nil for none
	// Passed is Telegram's id of a picture that somebody sent, in place of Photo; "" for none.
	Passed string
	Keep   bool // if the screen replaces one with a picture, that one stays
	Quiet  bool // the message makes no sound
	// Protect says that nobody can forward or save the message.
	Protect bool
	Topic   int // of a group, that a new message is sent to; 0 for none
	Rows    [][]button
}

func (s screen) hasPicture() bool { return s.Photo != "" || s.Drawn != nil || s.Passed != "" }

// button does something (data), leads somewhere (url) or copies a text.
type button struct {
	Text  string
	Data  string
	URL   string
	Copy  string // 1 to maxCopy units
	Style string // stylePrimary, styleSuccess, styleDanger; "" for the app's own
}

// Colours of buttons, from Bot API 9.4 (core.telegram.org/bots/api#inlinekeyboardbutton).
const (
	stylePrimary = "primary" // blue
	styleSuccess = "success" // green
	styleDanger  = "danger"  // red
)

// styled is a button in a colour.
func (b button) styled(style string) button {
	b.Style = style
	return b
}

// chosen marks the button of a choice that holds now.
func (b button) chosen(is bool) button {
	if is {
		b.Text = "✓ " + b.Text
	}
	return b
}

func row(buttons ...button) []button { return buttons }

// button is the button with the text "button_"+name, which does something.
func (l localizer) button(name, action string, arguments ...string) button {
	return button{Text: l.Plain("button_" + name), Data: data(action, arguments...)}
}

// Telegram's limits, in UTF-16 units after the markup is read
// (core.telegram.org/bots/api#sendmessage, #sendphoto).
const (
	maxText    = 4096
	maxCaption = 1024
	// maxCopy is what a button copies, "1-256 characters" (core.telegram.org/bots/api#copytextbutton).
	maxCopy = 256
)

// visible is how many units of a text Telegram counts.
func visible(m markup) int {
	return length(localize.StripTags(string(m)))
}

// maxKeyboard is how many bytes of JSON a keyboard may have. Telegram does not publish its limit;
// what is seen is that it refuses about 10 kB, whatever the number of buttons.
const maxKeyboard = 9000

// keyboard is what Telegram wants to have; never nil, so that an edit without
// buttons takes the old ones away. Labels of a keyboard that would be too big are cut.
func (s screen) keyboard() *models.InlineKeyboardMarkup {
	k := s.wholeKeyboard()
	for limit := 48; limit > 0; limit /= 2 {
		if raw, err := json.Marshal(k); err != nil || len(raw) <= maxKeyboard {
			break
		}
		for _, r := range k.InlineKeyboard {
			for i := range r {
				r[i].Text = clip(r[i].Text, limit)
			}
		}
	}
	return k
}

// replyMarkup is the keyboard of a new message; nil without buttons.
func (s screen) replyMarkup() models.ReplyMarkup {
	if len(s.Rows) == 0 {
		return nil
	}
	return s.keyboard()
}

func (s screen) wholeKeyboard() *models.InlineKeyboardMarkup {
	rows := make([][]models.InlineKeyboardButton, 0, len(s.Rows))
	for _, r := range phoneRows(s.Rows) {
		buttons := make([]models.InlineKeyboardButton, 0, len(r))
		for _, b := range r {
			buttons = append(buttons, models.InlineKeyboardButton{
				Text: b.Text, CallbackData: b.Data, URL: b.URL, Style: b.Style, CopyText: models.CopyTextButton{Text: b.Copy},
			})
		}
		if len(buttons) > 0 {
			rows = append(rows, buttons)
		}
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// phoneRow is about how many letters a row of one button shows on a phone. Each further button of the
// row takes its share, and room for its margins.
const phoneRow, buttonMargin = 36, 2

// phoneRows splits the rows with a label that a phone would cut into rows of fewer buttons. A row with a
// label that is only a sign, such as ✖️, stays: the sign says nothing without its neighbour.
func phoneRows(rows [][]button) [][]button {
	var fit [][]button
	for _, r := range rows {
		n := len(r)
		if slices.ContainsFunc(r, func(b button) bool { return !strings.ContainsFunc(b.Text, alphanumeric) }) {
			fit = append(fit, r)
			continue
		}
		for n > 1 && slices.ContainsFunc(r, func(b button) bool { return labelWidth(b.Text) > phoneRow/n-buttonMargin }) {
			n = (n + 1) / 2
		}
		if n > 0 {
			fit = slices.AppendSeq(fit, slices.Chunk(r, n))
		}
	}
	return fit
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// labelWidth is about how many letters wide a label is: an emoji is as wide as two.
func labelWidth(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.Is(unicode.So, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// lines puts texts below one another, the empty ones left out.
func lines(parts ...markup) markup { return join("\n", parts) }

// sections puts blank lines between texts, the empty ones left out.
func sections(parts ...markup) markup { return join("\n\n", parts) }

func join(between string, parts []markup) markup {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, string(p))
		}
	}
	return markup(strings.Join(kept, between))
}

// longScreens puts a heading and lines into as many messages as it takes, the buttons under the
// last one.
func longScreens(heading markup, body []markup, rows [][]button) []screen {
	var screens []screen
	text := markup(strings.TrimRight(string(heading), "\n")) + "\n"
	for _, line := range body {
		if visible(text)+visible(line)+1 > maxText {
			screens = append(screens, screen{Text: text})
			text = ""
		}
		text += line + "\n"
	}
	return append(screens, screen{Text: markup(strings.TrimRight(string(text), "\n")), Rows: rows})
}

// clipMarkup is a text that fits into limit, or else its plain words, cut.
func clipMarkup(m markup, limit int) markup {
	if visible(m) <= limit {
		return m
	}
	return localize.Escape(clip(localize.PlainText(m), limit/2)) // a rune may count twice
}

// clip cuts a text to at most limit runes.
func clip(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:max(limit-1, 0)]) + "…"
}
