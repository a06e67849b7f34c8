#!/usr/bin/env bash
# Expected: a message of one text, {"cart": "Your cart"}, can be localized with any PluralCount: its
#   only form is "other", which CLDR defines as the form for counts that have no form of their own.
#   Localize returns it, or an error and no text.
# Happens:  both. The text of "other" comes together with an error that the form one, few or many is
#   missing: in English for 1, in Russian for 1, 2 and 5. A message with the forms one and other
#   fails in Russian for 2 and 5 in the same way.
# Matters:  code that looks at the error first, as Go code does, drops a text that is right and shows
#   nothing or the message's id. It happens only for some counts, and in English only for 1.
# github.com/nicksnyder/go-i18n/v2 v2.7.0, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

func main() {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, name := range []string{"en.json", "ru.json"} {
		bundle.MustParseMessageFileBytes([]byte(`{"cart": "Your cart", "items": {"one": "One item", "other": "Some items"}}`), name)
	}
	fmt.Println("expected: the form other wherever a form is missing, and no error")
	changed := false
	for _, c := range []struct {
		language, id string
		count        any
		fails        bool
	}{
		{"en", "cart", 1, true}, {"en", "cart", 2, false}, {"en", "items", 2, false},
		{"ru", "cart", 1, true}, {"ru", "cart", 2, true}, {"ru", "cart", 5, true}, {"ru", "cart", "1.5", false},
		{"ru", "items", 1, false}, {"ru", "items", 2, true}, {"ru", "items", 5, true},
	} {
		text, err := i18n.NewLocalizer(bundle, c.language).Localize(&i18n.LocalizeConfig{MessageID: c.id, PluralCount: c.count})
		fmt.Printf("seen:     %s %s %v: %q, error: %v\n", c.language, c.id, c.count, text, err)
		changed = changed || (err != nil) != c.fails || text == ""
	}
	if changed {
		fmt.Println("CHANGED: missing forms are handled differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/nicksnyder/go-i18n/v2/i18n@v2.7.0
go list -m github.com/nicksnyder/go-i18n/v2
go run .
