package catalog

import (
	"encoding/json"
	"slices"
	"strings"
)

// anyLanguage is the key of a text that is the same for all languages.
const anyLanguage = ""

// Text is one text in several languages: language code => words. A text under
// the empty code is the same for all. Treat a Text as read-only: copies share
// their words. The zero Text says nothing.
type Text map[string]string

// Plain is a text that is the same in all languages.
func Plain(s string) Text { return Text{anyLanguage: s} }

// In is the text in a language such as "ru" or "ru-RU": in exactly that one,
// else in its base, else in the first of the fallbacks that there is, else the
// text for all languages, else in the first language by code. Empty only where
// the text says nothing at all.
func (t Text) In(language string, fallback ...string) string {
	for _, code := range append([]string{language}, fallback...) {
		if s := t.exactly(code); s != "" {
			return s
		}
	}
	if s := t[anyLanguage]; s != "" {
		return s
	}
	for _, code := range t.Languages() {
		if s := t[code]; s != "" {
			return s
		}
	}
	return ""
}

// exactly is the text in a language or in its base, "" where there is none.
// Telegram writes codes in lower case or as "pt-BR".
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

// Languages lists the codes of t in order, without the text for all.
func (t Text) Languages() []string {
	codes := make([]string, 0, len(t))
	for code := range t {
		if code != anyLanguage {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// Empty reports whether t says nothing in any language.
func (t Text) Empty() bool {
	for _, s := range t {
		if s != "" {
			return false
		}
	}
	return true
}

// MarshalJSON writes a string where the text is the same for all languages,
// else an object of language codes.
func (t Text) MarshalJSON() ([]byte, error) {
	if plain, ok := t[anyLanguage]; ok && len(t) == 1 {
		return json.Marshal(plain)
	}
	return json.Marshal(map[string]string(t))
}

// UnmarshalJSON reads what MarshalJSON wrote.
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
