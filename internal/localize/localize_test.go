package localize_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
)

var spoken = catalog.Shop{Languages: []string{"en", "ru", "uk", "es", "de"}}

func localizer(t *testing.T, language string) localize.Localizer {
	t.Helper()
	texts, err := localize.Load()
	require.NoError(t, err)
	return texts.Localizer(language, spoken)
}

func amount(t *testing.T, s string) money.Amount {
	t.Helper()
	a, err := money.ReadAmount(s)
	require.NoError(t, err)
	return a
}

const nbsp = "\u00a0"

func TestShortAmountsAndLists(t *testing.T) {
	l := localizer(t, "de")
	require.Equal(t, "1.234,50"+nbsp+"USD · 0,0001235"+nbsp+"BTC",
		l.ShortAmounts([]money.Amount{amount(t, "1234.5 USD"), amount(t, "0.00012345 BTC")}))
	require.Equal(t, "1,00"+nbsp+"USD + 2,00"+nbsp+"TON", l.Prices([]money.Amount{amount(t, "1 USD"), amount(t, "2 TON")}))
	require.Equal(t, "0", l.Prices(nil))
	require.Equal(t, "VPN, Steam", l.List("VPN", "Steam"))
}

func TestStarsAreWrittenAsStars(t *testing.T) {
	texts, err := localize.Load()
	require.NoError(t, err)
	l := texts.Localizer("en", catalog.Shop{Languages: []string{"en"}})
	require.Equal(t, "1,500 ⭐", l.Price(amount(t, "1500 XTR")))
	require.Equal(t, "1,500 ⭐", l.Short(amount(t, "1500 XTR")))
	require.Equal(t, "10.50 USD or 808 ⭐", l.Choice([]money.Amount{amount(t, "10.5 USD"), amount(t, "808 XTR")}))
	require.Equal(t, "808 ⭐", l.Choice([]money.Amount{amount(t, "808 XTR")}))
}

func TestDatesAreWrittenInTheFormOfTheLanguage(t *testing.T) {
	at := time.Date(2026, 3, 5, 17, 29, 0, 0, time.UTC)
	for language, want := range map[string][3]string{
		"en": {"5 Mar", "5 Mar 2026", "5 Mar, 17:29"},
		"de": {"05.03.", "05.03.2026", "05.03., 17:29"},
		"ru": {"05.03", "05.03.2026", "05.03, 17:29"},
	} {
		l := localizer(t, language)
		require.Equal(t, want, [3]string{l.Day(at), l.Date("2026-03-05"), l.DayTime(at)}, language)
		require.Contains(t, string(l.Moment(at)), ">"+want[1]+", 17:29 UTC</tg-time>", language)
	}
	require.Equal(t, "soon", localizer(t, "en").Date("soon"), "what is no date is shown as it is")
}

func TestPluralFormsFollowTheLanguage(t *testing.T) {
	for language, want := range map[string]map[int]string{
		"en": {1: "1 new key", 2: "2 new keys", 21: "21 new keys", 1000000: "1000000 new keys"},
		"de": {1: "1 neuer Key", 2: "2 neue Keys", 21: "21 neue Keys", 0: "0 neue Keys"},
		"ru": {1: "1 новый ключ", 3: "3 новых ключа", 5: "5 новых ключей", 11: "11 новых ключей", 21: "21 новый ключ"},
	} {
		l := localizer(t, language)
		for n, said := range want {
			require.Equal(t, said, l.Plain("preview_new", "Count", n), language)
		}
	}
	// Each language says each number in some form, whole millions in Spanish too.
	for _, language := range spoken.Languages {
		l := localizer(t, language)
		for _, n := range []int{0, 1, 2, 3, 5, 11, 21, 22, 25, 100, 101, 1000, 1000000, 2000000} {
			require.NotEqual(t, "preview_new", l.Plain("preview_new", "Count", n), "%s %d", language, n)
		}
	}
}

func TestALanguageIsCalledByItsOwnName(t *testing.T) {
	texts, err := localize.Load()
	require.NoError(t, err)
	for code, name := range map[string]string{"en": "English", "ru": "Русский", "de": "Deutsch", "de-AT": "Deutsch (de-AT)", "fi": "fi"} {
		require.Equal(t, name, texts.Name(code))
	}
}

// written makes a directory of texts and reads it.
func written(t *testing.T, files map[string]string) (*localize.Texts, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	texts, err := localize.LoadWith(dir)
	if err != nil {
		err = &shownError{strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")}
	}
	return texts, err
}

type shownError struct{ text string }

func (e *shownError) Error() string { return e.text }

func TestAnOwnerChangesSomeTexts(t *testing.T) {
	texts, err := written(t, map[string]string{
		"en.yaml":    "forget_ask: \"Hello at {{.Shop}}\"\n",
		"de.yaml":    "preview_new: {one: \"{{.Count}} Schlüssel\", other: \"{{.Count}} Schlüssel\"}\n",
		"README.txt": "not a file of texts",
	})
	require.NoError(t, err)
	english, german := texts.Localizer("en", spoken), texts.Localizer("de", spoken)
	require.Equal(t, "Hello at Pixel", english.Plain("forget_ask", "Shop", "Pixel"))
	require.Equal(t, "❓ Help", english.Plain("button_help"), "what is not changed stays")
	require.Equal(t, "2 Schlüssel", german.Plain("preview_new", "Count", 2))
	require.Equal(t, []string{"de", "en"}, texts.Changed())
	lacking, _ := texts.Lacking()
	require.NotContains(t, lacking, "de")
	built, err := localize.Load()
	require.NoError(t, err)
	require.NotContains(t, built.Localizer("en", spoken).Plain("forget_ask", "Shop", "Pixel"), "Hello", "the built-in texts stay as they are")
}

func TestAnOwnerAddsALanguage(t *testing.T) {
	texts, err := written(t, map[string]string{"fr.yaml": `
language_name: Français
button_help: Aide
preview_new: {one: "{{.Count}} nouvelle clé", other: "{{.Count}} nouvelles clés"}
`})
	require.NoError(t, err)
	l := texts.Localizer("fr", catalog.Shop{Languages: []string{"en", "fr"}})
	require.Equal(t, "Aide", l.Plain("button_help"))
	require.Equal(t, "0 nouvelle clé", l.Plain("preview_new", "Count", 0), "French counts nothing as one")
	require.Equal(t, "1000000 nouvelles clés", l.Plain("preview_new", "Count", 1000000))
	require.Equal(t, "📦 My orders", l.Plain("button_orders"), "what is missing is said in English")
	require.Equal(t, "1"+nbsp+"500,00"+nbsp+"USD", l.Price(amount(t, "1500 USD")), "amounts are French already")
	require.Equal(t, "Français", texts.Name("fr"))
	lacking, of := texts.Lacking()
	require.Equal(t, of-3, lacking["fr"])
}

func TestFaultsOfTextsAreToldAllAtOnceWithTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"unknown name":       {"en.yaml", "a: x\nbuton_help: Help", []string{`en.yaml:1:1: there is no text "a"`, `en.yaml:2:1: there is no text "buton_help"; did you mean button_help?`}},
		"missing value":      {"en.yaml", "home: Hello", []string{"en.yaml:1:7: home: the value {{.Shop}} is missing"}},
		"unknown value":      {"en.yaml", "forget_ask: \"{{.Shop}} {{.Name}}\"", []string{"there is no value {{.Name}} here; its values are {{.Shop}}"}},
		"broken value":       {"en.yaml", "home: \"{{.Shop\"", []string{"en.yaml:1:7: home: ", "write values as {{.Name}}"}},
		"no forms":           {"ru.yaml", "preview_new: \"{{.Count}} ключ\"", []string{"this text needs plural forms; write one, few, many below it"}},
		"missing form":       {"ru.yaml", "preview_new: {one: \"{{.Count}} ключ\", many: \"{{.Count}} ключей\"}", []string{`preview_new: the plural form "few" is missing`}},
		"wrong form":         {"de.yaml", "preview_new:\n  one: \"{{.Count}} Key\"\n  few: \"{{.Count}} Keys\"\n  other: \"{{.Count}} Keys\"", []string{`de.yaml:3:8: preview_new: de has no plural form "few"; its forms are one, other`}},
		"forms without need": {"en.yaml", "button_help: {one: a, other: b}", []string{"this text has no plural forms"}},
		"number left out":    {"ru.yaml", "preview_new: {one: \"ключ\", few: \"{{.Count}}\", many: \"{{.Count}}\"}", []string{"preview_new.one: the value {{.Count}} is missing"}},
		"open tag":           {"en.yaml", "home: \"<b>{{.Shop}}\"", []string{"home: <b> is not closed"}},
		"crossed tags":       {"en.yaml", "home: \"<b><i>{{.Shop}}</b></i>\"", []string{"</b> closes nothing"}},
		"unknown tag":        {"en.yaml", "home: \"<br>{{.Shop}}\"", []string{"Telegram knows no tag <br>"}},
		"lone bracket":       {"en.yaml", "home: \"{{.Shop}} < all\"", []string{"a < or > that belongs to no tag"}},
		"lone ampersand":     {"en.yaml", "home: \"{{.Shop}} & more\"", []string{"an & that begins no name"}},
		"long button":        {"en.yaml", "button_help: " + strings.Repeat("x", 65), []string{"65 characters without the values, and 64 is the most here"}},
		"long command":       {"en.yaml", "command_help: " + strings.Repeat("x", 257), []string{"256 is the most here"}},
		"long answer":        {"en.yaml", "our_fault: " + strings.Repeat("x", 191), []string{"190 is the most here"}},
		"long message":       {"en.yaml", "help: " + strings.Repeat("x", 2049), []string{"2048 is the most here"}},
		"surrogates count":   {"en.yaml", "button_help: " + strings.Repeat("😀", 33), []string{"66 characters"}},
		"empty":              {"en.yaml", "button_help: \"\"", []string{"button_help: the text is empty"}},
		"no text":            {"en.yaml", "button_help: 5\nbutton_orders: [a]", []string{"en.yaml:1:14: button_help is not a text", "button_orders is not a text"}},
		"a list":             {"en.yaml", "- a\n- b", []string{"en.yaml:1:1: this is no list of texts"}},
		"twice":              {"en.yaml", "button_help: a\nbutton_help: b", []string{"en.yaml:2:"}},
		"no YAML":            {"en.yaml", "button_help: \"a\nx: {", []string{"en.yaml:"}},
		"months":             {"en.yaml", "date_months: Jan Feb", []string{"2 months"}},
		"no language":        {"english-texts.yaml", "button_help: a", []string{`english-texts.yaml:1:1: "english-texts" is not the code of a language`}},
		"endless":            {"en.yaml", "home: \"{{.Shop}}{{range 1000000000000}}x{{end}}\"", []string{"en.yaml:1:7: home: ", "write values as {{.Name}}"}},
		"wide":               {"en.yaml", "home: \"{{.Shop}}{{printf \\\"%999999999d\\\" 1}}\"", []string{"write values as {{.Name}}"}},
		"everything":         {"en.yaml", "home: \"{{.Shop}} {{.}}\"", []string{"write values as {{.Name}}"}},
		"a part of a value":  {"en.yaml", "home: \"{{printf \\\"%.3s\\\" .Shop}}\"", []string{"write values as {{.Name}}"}},
		"sometimes open":     {"en.yaml", "home: \"{{.Shop}}{{if .Shop}}<b>{{end}}\"", []string{"<b> is not closed"}},
		"sometimes long":     {"en.yaml", "button_home: \"Home{{if .Shop}}" + strings.Repeat("x", 70) + "{{end}}\"", []string{"there is no value {{.Shop}} here"}},
		"long in a branch":   {"en.yaml", "home: \"{{.Shop}}{{if .Shop}}" + strings.Repeat("x", 2050) + "{{end}}\"", []string{"2048 is the most here"}},
		"words as a number":  {"en.yaml", "home: \"{{.Shop}}{{if gt .Shop 1}}x{{end}}\"", []string{"write values as {{.Name}}"}},
		"calls itself":       {"en.yaml", "home: \"{{.Shop}}{{define \\\"a\\\"}}{{template \\\"a\\\"}}{{end}}{{template \\\"a\\\"}}\"", []string{"write values as {{.Name}}"}},
		"no name":            {"fr.yaml", "button_help: Aide", []string{"fr.yaml:1:1: a new language needs language_name"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := written(t, map[string]string{c.file: c.text})
			require.Error(t, err)
			for _, want := range c.want {
				require.Contains(t, err.Error(), want)
			}
		})
	}
	_, err := written(t, map[string]string{"en.yaml": "a: x", "de.yaml": "b: y"})
	require.ErrorContains(t, err, "en.yaml:1:1")
	require.ErrorContains(t, err, "de.yaml:1:1")
	_, err = written(t, map[string]string{"en.yaml": "button_help: a", "en.yml": "button_help: b"})
	require.ErrorContains(t, err, "for this language already")
	_, err = written(t, map[string]string{"notes.txt": ""})
	require.ErrorContains(t, err, "no file of texts in this directory")
	_, err = localize.LoadWith(filepath.Join(t.TempDir(), "missing"))
	require.ErrorContains(t, err, "read the texts of SHOPBOT_TEXTS=")
	require.ErrorContains(t, err, "missing")
}

func FuzzAnyFileOfTextsIsTakenOrRefused(f *testing.F) {
	f.Add("home: \"{{.Shop}}\"")
	f.Add("a: &x [*x]\nb: {? c : d}\n--- e\n")
	f.Fuzz(func(t *testing.T, text string) {
		texts, err := written(t, map[string]string{"en.yaml": text})
		if err == nil {
			require.NotEmpty(t, texts.Localizer("en", spoken).Plain("our_fault"))
		}
	})
}

func TestNoLanguageLacksAText(t *testing.T) {
	texts, err := localize.Load()
	require.NoError(t, err)
	lacking, _ := texts.Lacking()
	require.Empty(t, lacking, "texts that are missing, by language")
}
