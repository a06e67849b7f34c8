package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// anyLanguage is the key of a text that is the same for all languages.
const anyLanguage = ""

// Text is one text in several languages: language code => text. The empty code is for all
// languages. Treat a Text as read-only: copies share their map. The zero Text is empty.
type Text map[string]string

// Plain is a text that is the same in all languages.
func Plain(s string) Text { return Text{anyLanguage: s} }

// In is the text in a language such as "ru" or "ru-RU": in exactly that one, else in its base, else
// in the first fallback that has one, else the text for all languages, else in the first language
// by code. It is empty only if the whole Text is.
func (t Text) In(language string, fallback ...string) string {
	for _, code := range append([]string{language}, fallback...) {
		if s := t.exactly(code); s != "" {
			return s
		}
	}
	for _, code := range slices.Sorted(maps.Keys(t)) { // the one for all languages comes first
		if s := t[code]; s != "" {
			return s
		}
	}
	return ""
}

// exactly is the text in a language or in its base, or "". Telegram sends codes in lower case or as
// "pt-BR".
func (t Text) exactly(language string) string {
	code := strings.ToLower(strings.ReplaceAll(language, "_", "-"))
	if code == anyLanguage {
		return ""
	}
	if s := t[code]; s != "" {
		return s
	}
	base, _, _ := strings.Cut(code, "-")
	return t[base]
}

// MarshalJSON writes a string if the text is the same for all languages, else an object by language
// code.
func (t Text) MarshalJSON() ([]byte, error) {
	if plain, ok := t[anyLanguage]; ok && len(t) == 1 {
		return json.Marshal(plain)
	}
	return json.Marshal(map[string]string(t))
}

// UnmarshalJSON parses the output of MarshalJSON.
func (t *Text) UnmarshalJSON(data []byte) error {
	var plain string
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &plain); err != nil {
			return err
		}
		*t = Plain(plain)
		return nil
	}
	var words map[string]string
	if err := json.Unmarshal(data, &words); err != nil {
		return err
	}
	*t = words
	return nil
}
