package sandbox_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// words reads the page's texts in a language: a text, or one for each plural form.
func words(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	file, err := os.ReadFile("page/words/" + language + ".json")
	require.NoError(t, err)
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(file, &raw))
	texts := map[string]map[string]string{}
	for name, text := range raw {
		var one string
		if json.Unmarshal(text, &one) == nil {
			texts[name] = map[string]string{"": one}
			continue
		}
		var forms map[string]string
		require.NoError(t, json.Unmarshal(text, &forms), name)
		texts[name] = forms
	}
	return texts
}

func TestThePageHasAllItsWordsInEveryLanguage(t *testing.T) {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	placeholders := func(text string) []string {
		found := placeholder.FindAllString(text, -1)
		slices.Sort(found)
		return found
	}
	english := words(t, "en")
	// The plural forms of each language in Unicode CLDR.
	for language, forms := range map[string][]string{
		"en": {"one", "other"}, "ru": {"few", "many", "one", "other"}, "uk": {"few", "many", "one", "other"},
		"es": {"many", "one", "other"}, "de": {"one", "other"},
	} {
		texts := words(t, language)
		require.ElementsMatch(t, slices.Collect(maps.Keys(english)), slices.Collect(maps.Keys(texts)), language)
		for name, text := range texts {
			if len(text) > 1 {
				require.Equal(t, forms, slices.Sorted(maps.Keys(text)), "%s: %s", language, name)
			}
			for form, says := range text {
				require.NotEmpty(t, strings.TrimSpace(says), "%s: %s", language, name)
				require.Equal(t, placeholders(english[name]["other"]+english[name][""]), placeholders(says), "%s: %s %s", language, name, form)
			}
		}
	}
}

func TestThePageUsesNoOtherWordsThanItHas(t *testing.T) {
	texts := words(t, "en")
	scripts, err := os.ReadDir("page")
	require.NoError(t, err)
	used := regexp.MustCompile(`\bt\("(\w+)"|data-(?:words|label)="(\w+)"`)
	for _, script := range scripts {
		if script.IsDir() {
			continue
		}
		text, err := os.ReadFile("page/" + script.Name())
		require.NoError(t, err)
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, texts, m[1]+m[2], script.Name())
		}
	}
}
