package localize

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"shopbot/internal/money"
)

// A text that is missing is named, so that its translator finds it.
func TestEveryLanguageSaysEveryTextWithItsValuesAndForms(t *testing.T) {
	files, err := builtInFiles()
	require.NoError(t, err)
	require.Subset(t, []string{"de", "en", "es", "ru", "uk"}, languages(files))
	for code, f := range files {
		for id := range files[original].messages {
			if _, ok := f.messages[id]; !ok {
				t.Errorf("%s lacks the text %q", f.name, id)
			}
		}
		for _, fault := range f.check(files) {
			t.Error(fault)
		}
		require.NotEmpty(t, f.messages["language_name"], code)
	}
}

func languages(files map[string]file) (codes []string) {
	for code := range files {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// A text without plural forms that is given a Count can be said of some numbers only.
func TestOnlyTextsWithFormsCount(t *testing.T) {
	files, err := builtInFiles()
	require.NoError(t, err)
	for _, f := range files {
		for id, m := range f.messages {
			if said, plain := m[""]; plain {
				used, err := values(said.text)
				require.NoError(t, err)
				require.NotContains(t, used, "Count", "%s in %s", id, f.name)
			}
		}
	}
}

func TestAmountsAreWrittenInTheFormOfTheLanguage(t *testing.T) {
	for code, want := range map[string][]string{
		"en": {"10.50 USD", "1,500.00 USD", "25,000.00 USD", "1,234,567.12345678 TON", "0.00012345 BTC", "999.00 USDT"},
		"de": {"10,50 USD", "1.500,00 USD", "25.000,00 USD", "1.234.567,12345678 TON", "0,00012345 BTC", "999,00 USDT"},
		"es": {"10,50 USD", "1500,00 USD", "25.000,00 USD", "1.234.567,12345678 TON", "0,00012345 BTC", "999,00 USDT"},
		"ru": {"10,50 USD", "1_500,00 USD", "25_000,00 USD", "1_234_567,12345678 TON", "0,00012345 BTC", "999,00 USDT"},
		"uk": {"10,50 USD", "1_500,00 USD", "25_000,00 USD", "1_234_567,12345678 TON", "0,00012345 BTC", "999,00 USDT"},
	} {
		l := Localizer{form: formOf(language.Make(code))}
		for i, exact := range []string{"10.5 USD", "1500 USD", "25000 USD", "1234567.12345678 TON", "0.00012345 BTC", "999 USDT"} {
			parsed, err := money.ReadAmount(exact)
			require.NoError(t, err)
			said := want[i]
			if code != "en" {
				said = strings.NewReplacer("_", noBreak, " ", noBreak).Replace(said)
			}
			require.Equal(t, said, l.Price(parsed), code)
		}
	}
}
