package localize

import (
	"embed"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Files holds the texts as they are built in: texts/LANGUAGE.yaml, in the form of go-i18n.
//
//go:embed texts/*.yaml
var Files embed.FS

// Markup is text in Telegram's HTML, safe to send as it is.
type Markup string

// Escape makes plain text safe within markup.
func Escape(s string) Markup { return Markup(html.EscapeString(s)) }

// Texts holds what the shop says, in every language that it speaks. Reload replaces it while others
// read.
type Texts struct {
	now     atomic.Pointer[tables]
	reloads atomic.Int64
}

// tables is what was read from the files of texts. It never changes.
type tables struct {
	bundle *i18n.Bundle
	// forms maps: language code => form, for the languages that there are texts in.
	forms map[string]form
	// lacking maps: language code => how many of its texts are missing.
	lacking map[string]int
	count   int // of texts in a language
	changed []string
}

// Lacking tells, for each language with missing texts, how many are said in English in their place,
// of how many.
func (t *Texts) Lacking() (lacking map[string]int, of int) {
	now := t.now.Load()
	return now.lacking, now.count
}

// Changed lists the languages that LoadWith has read from its directory.
func (t *Texts) Changed() []string { return t.now.Load().changed }

// Localizer says things in one person's language. The catalog's texts follow the same language, and
// the shop's first one if they lack it.
type Localizer struct {
	// Language is the code of the language, one of the shop's.
	Language string
	fallback []string
	zone     *time.Location // the shop's; nil: UTC
	bundle   *i18n.Localizer
	form     form
}

// Localizer picks the language: the wanted one if the shop speaks it, else the shop's first.
func (t *Texts) Localizer(wanted string, shop catalog.Shop) Localizer {
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
	now := t.now.Load()
	return Localizer{
		Language: chosen, fallback: spoken, zone: shop.Zone(), form: now.form(chosen),
		bundle: i18n.NewLocalizer(now.bundle, chosen, "en"),
	}
}

// form is how a language writes numbers: English if there are no texts in the language.
func (t *tables) form(code string) form {
	base, _, _ := strings.Cut(code, "-")
	for _, code := range []string{code, base} {
		if f, ok := t.forms[strings.ToLower(code)]; ok {
			return f
		}
	}
	return t.forms["en"]
}

// Name is what a language is called in itself, or its code if there are no texts in it.
func (t *Texts) Name(code string) string {
	said, tag, err := i18n.NewLocalizer(t.now.Load().bundle, code).LocalizeWithTag(&i18n.LocalizeConfig{MessageID: "language_name"})
	base, _ := language.Make(code).Base()
	if tagBase, _ := tag.Base(); err != nil || tagBase != base {
		return code
	}
	if strings.Contains(code, "-") {
		said += " (" + code + ")"
	}
	return said
}

// Say is a text with its values filled in. Values come in pairs, a name and a
// value; plain strings are escaped. The value of "Count" decides the plural form.
func (l Localizer) Say(id string, pairs ...any) Markup {
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
	if err != nil && said == "" { // it says what is most general if a plural form is missing
		return Markup(id) // a test sees to it that every text exists in every language
	}
	return Markup(said)
}

func (l Localizer) value(x any) any {
	switch x := x.(type) {
	case int, Markup:
		return x
	case money.Amount:
		return string(Escape(l.Price(x)))
	case []money.Amount:
		return string(Escape(l.Choice(x)))
	case catalog.Date:
		return string(Escape(l.Date(x)))
	case catalog.Text:
		return string(Escape(l.Text(x)))
	default:
		return string(Escape(fmt.Sprint(x)))
	}
}

// Plain is Say for places where Telegram reads no markup: buttons and alerts.
func (l Localizer) Plain(id string, pairs ...any) string {
	return PlainText(l.Say(id, pairs...))
}

// PlainText is what is left to read of markup.
func PlainText(m Markup) string { return html.UnescapeString(StripTags(string(m))) }

// StripTags takes the tags out of markup and leaves its entities.
func StripTags(s string) string {
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

// Text is a text of the catalog in the person's language.
func (l Localizer) Text(t catalog.Text) string { return t.In(l.Language, l.fallback...) }

// entity is a time of which Telegram's apps show what their reader's clock says.
func entity(t time.Time, format, said string) Markup {
	if t.Unix() <= 0 { // Telegram takes no such time
		return Escape(said)
	}
	return Markup(fmt.Sprintf(`<tg-time unix="%d" format="%s">%s</tg-time>`, t.Unix(), format, html.EscapeString(said)))
}

// Local is t in the shop's zone.
func (l Localizer) Local(t time.Time) time.Time {
	if l.zone == nil {
		return t.UTC()
	}
	return t.In(l.zone)
}

var timeTag = regexp.MustCompile(`</?tg-time[^>]*>`)

// WithoutTimes leaves the text within the times alone, for servers older than Bot API 9.5.
func WithoutTimes(m Markup) Markup { return Markup(timeTag.ReplaceAllString(string(m), "")) }
