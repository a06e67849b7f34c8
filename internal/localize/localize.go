package localize

import (
	"cmp"
	"embed"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
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

// Texts holds what the shop says, in every language that it speaks.
type Texts struct {
	bundle *i18n.Bundle
}

// Load reads the texts of Files.
func Load() (*Texts, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	files, err := Files.ReadDir("texts")
	if err != nil {
		return nil, fmt.Errorf("read the texts: %w", err)
	}
	for _, f := range files {
		if _, err := bundle.LoadMessageFileFS(Files, "texts/"+f.Name()); err != nil {
			return nil, fmt.Errorf("read the texts: %w", err)
		}
	}
	return &Texts{bundle: bundle}, nil
}

// Localizer says things in one person's language. The catalog's texts follow the same language, and
// the shop's first one if they lack it.
type Localizer struct {
	// Language is the code of the language, one of the shop's.
	Language string
	fallback []string
	zone     *time.Location // the shop's; nil: UTC
	bundle   *i18n.Localizer
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
	return Localizer{Language: chosen, fallback: spoken, zone: shop.Zone(), bundle: i18n.NewLocalizer(t.bundle, chosen, "en")}
}

// Name is what a language is called in itself, or its code if there are no texts in it.
func (t *Texts) Name(code string) string {
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
	if err != nil {
		return Markup(id) // a test sees to it that every text exists in every language
	}
	return Markup(said)
}

func (l Localizer) value(x any) any {
	switch x := x.(type) {
	case int, Markup:
		return x
	case money.Amount:
		return string(Escape(Price(x)))
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

// Price writes an amount for people, with two decimals at least.
func Price(a money.Amount) string { return a.Fixed(2) + " " + string(a.Currency()) }

// Short is an amount as people say it: cents for money and for coins that are worth a dollar, four
// digits that count for other coins.
func Short(a money.Amount) string {
	decimals := int32(2)
	if catalog.IsAsset(a.Currency()) && !slices.Contains([]money.Currency{"USDT", "USDC"}, a.Currency()) {
		decimals = a.DecimalsFor(4)
	}
	return a.Rounded(decimals).Fixed(min(decimals, 2)) + " " + string(a.Currency())
}

// ShortAmounts lists amounts as Short writes them.
func ShortAmounts(amounts []money.Amount) string { return JoinAmounts(amounts, Short, " · ") }

// Prices lists amounts as Price writes them.
func Prices(amounts []money.Amount) string { return JoinAmounts(amounts, Price, " + ") }

// JoinAmounts lists amounts, each as write gives it; "0" if there are none.
func JoinAmounts(amounts []money.Amount, write func(money.Amount) string, between string) string {
	written := make([]string, 0, len(amounts))
	for _, a := range amounts {
		written = append(written, write(a))
	}
	return cmp.Or(strings.Join(written, between), "0")
}

// Telegram's apps write the time of a date_time entity in their reader's own zone and language
// (core.telegram.org/bots/api#formatting-options). The text within is for apps that do not know it,
// and for places without markup: in the shop's zone, which it names.

// Clock writes a time of day.
func (l Localizer) Clock(t time.Time) Markup { return l.time(t, "t", "15:04 MST") }

// Moment writes a date and a time.
func (l Localizer) Moment(t time.Time) Markup { return l.time(t, "dt", "2006-01-02 15:04 MST") }

func (l Localizer) time(t time.Time, format, layout string) Markup {
	said := l.Local(t).Format(layout)
	if t.Unix() <= 0 { // Telegram takes no such time
		return Markup(said)
	}
	return Markup(fmt.Sprintf(`<tg-time unix="%d" format="%s">%s</tg-time>`, t.Unix(), format, said))
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
