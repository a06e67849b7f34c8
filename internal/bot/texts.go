package bot

import (
	"cmp"
	"embed"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// markup is text in Telegram's HTML, safe to send as it is.
type markup string

// escape makes plain text safe within markup.
func escape(s string) markup { return markup(html.EscapeString(s)) }

// texts holds what the bot says, in every language that it speaks.
type texts struct {
	bundle *i18n.Bundle
}

func loadTexts() (*texts, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	files, err := textFiles.ReadDir("texts")
	if err != nil {
		return nil, fmt.Errorf("read the bot's texts: %w", err)
	}
	for _, f := range files {
		if _, err := bundle.LoadMessageFileFS(textFiles, "texts/"+f.Name()); err != nil {
			return nil, fmt.Errorf("read the bot's texts: %w", err)
		}
	}
	return &texts{bundle: bundle}, nil
}

// localizer says things in one person's language. The catalog's texts follow the same language, and
// the shop's first one if they lack it.
type localizer struct {
	language string
	fallback []string
	zone     *time.Location // the shop's; nil: UTC
	bundle   *i18n.Localizer
}

// localizer picks the language: the wanted one if the shop speaks it, else the shop's first.
func (t *texts) localizer(wanted string, shop catalog.Shop) localizer {
	spoken := shop.Languages
	if len(spoken) == 0 {
		spoken = []string{"en"}
	}
	spokenAs := func(code string) (string, bool) {
		i := slices.IndexFunc(spoken, func(s string) bool { return strings.EqualFold(s, code) })
		return spoken[max(i, 0)], i >= 0
	}
	chosen, found := spokenAs(wanted)
	if !found {
		base, _, _ := strings.Cut(wanted, "-")
		chosen, _ = spokenAs(base)
	}
	return localizer{language: chosen, fallback: spoken, zone: shop.Zone(), bundle: i18n.NewLocalizer(t.bundle, chosen, "en")}
}

// name is what a language is called in itself, or its code where the bot has no texts in it.
func (t *texts) name(code string) string {
	said, tag, err := i18n.NewLocalizer(t.bundle, code).LocalizeWithTag(&i18n.LocalizeConfig{MessageID: "language_name"})
	base, _ := language.Make(code).Base()
	if tagBase, _ := tag.Base(); err != nil || tagBase != base {
		return code
	}
	if strings.Contains(code, "-") {
		said += " (" + code + ")"
	}
	return said
}

// say is a text with its values filled in. Values come in pairs, a name and a
// value; plain strings are escaped. The value of "Count" decides the plural form.
func (l localizer) say(id string, pairs ...any) markup {
	values := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		values[name] = l.value(pairs[i+1])
	}
	config := i18n.LocalizeConfig{MessageID: id, TemplateData: values}
	if count, ok := values["Count"]; ok {
		config.PluralCount = count
	}
	said, err := l.bundle.Localize(&config)
	if err != nil {
		return markup(id) // a test sees to it that every text exists in every language
	}
	return markup(said)
}

func (l localizer) value(x any) any {
	switch x := x.(type) {
	case int, markup:
		return x
	case money.Amount:
		return string(escape(price(x)))
	case catalog.Text:
		return string(escape(l.text(x)))
	default:
		return string(escape(fmt.Sprint(x)))
	}
}

// plain is say for places where Telegram reads no markup: buttons and alerts.
func (l localizer) plain(id string, pairs ...any) string {
	return plainText(l.say(id, pairs...))
}

// plainText is what is left to read of markup.
func plainText(m markup) string { return html.UnescapeString(stripTags(string(m))) }

func stripTags(s string) string {
	var b strings.Builder
	inTag := false
	for _, r := range s {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// text is a text of the catalog in the person's language.
func (l localizer) text(t catalog.Text) string { return t.In(l.language, l.fallback...) }

// price writes an amount for people, with two decimals at least.
func price(a money.Amount) string { return a.Fixed(2) + " " + string(a.Currency()) }

// short is an amount as people say it: cents for money and for coins that are worth a dollar, four
// digits that count for other coins.
func short(a money.Amount) string {
	decimals := int32(2)
	if catalog.IsAsset(a.Currency()) && !slices.Contains([]money.Currency{"USDT", "USDC"}, a.Currency()) {
		decimals = a.DecimalsFor(4)
	}
	return a.Rounded(decimals).Fixed(min(decimals, 2)) + " " + string(a.Currency())
}

func shortAmounts(amounts []money.Amount) string { return joinAmounts(amounts, short, " · ") }

func prices(amounts []money.Amount) string { return joinAmounts(amounts, price, " + ") }

func joinAmounts(amounts []money.Amount, write func(money.Amount) string, between string) string {
	written := make([]string, 0, len(amounts))
	for _, a := range amounts {
		written = append(written, write(a))
	}
	return cmp.Or(strings.Join(written, between), "0")
}

// Bounds of a name that somebody gave themselves.
const (
	maxName  = 80 // runes
	maxMarks = 3  // combining marks on one letter; living languages need no more
)

// cleanName makes a name that a stranger chose harmless to read: without characters that
// cannot be seen, that turn the direction of writing or begin a line, and without piles of
// marks that run over their line. What is left may be empty.
func cleanName(name string) string { return cleanText(name, maxName) }

// cleanText is cleanName for a longer text, of which most characters are kept.
func cleanText(text string, most int) string {
	marks := 0
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), isBlank(r):
			marks = 0
			return ' '
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return -1
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > maxMarks {
				return -1
			}
			return r
		}
		marks = 0
		return r
	}, text)
	return clip(strings.Join(strings.Fields(text), " "), most)
}

// isBlank reports whether a letter looks like nothing: Hangul fillers and the empty Braille cell.
func isBlank(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800:
		return true
	}
	return false
}

// Telegram's apps write the time of a date_time entity in their reader's own zone and language
// (core.telegram.org/bots/api#formatting-options). The text within is for apps that do not know it,
// and for places without markup: in the shop's zone, which it names.

// clock writes a time of day.
func (l localizer) clock(t time.Time) markup { return l.time(t, "t", "15:04 MST") }

// moment writes a date and a time.
func (l localizer) moment(t time.Time) markup { return l.time(t, "dt", "2006-01-02 15:04 MST") }

func (l localizer) time(t time.Time, format, layout string) markup {
	said := l.local(t).Format(layout)
	if t.Unix() <= 0 { // Telegram takes no such time
		return markup(said)
	}
	return markup(fmt.Sprintf(`<tg-time unix="%d" format="%s">%s</tg-time>`, t.Unix(), format, said))
}

// local is t in the shop's zone.
func (l localizer) local(t time.Time) time.Time {
	if l.zone == nil {
		return t.UTC()
	}
	return t.In(l.zone)
}

var timeTag = regexp.MustCompile(`</?tg-time[^>]*>`)

// withoutTimes leaves the text within the times alone, for servers older than Bot API 9.5.
func withoutTimes(m markup) markup { return markup(timeTag.ReplaceAllString(string(m), "")) }
