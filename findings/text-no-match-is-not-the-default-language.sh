#!/usr/bin/env bash
# Expected: language.NewMatcher says that "the first element is used as the default value in case no
#   match is found", so the index from Match can be used as it is.
# Happens:  a Ukrainian reader of a site in English and Russian is given index 1, Russian, with the
#   confidence No, which means that there is no match. French gives index 0 with the same confidence.
# Matters:  a site or a bot that takes the index and leaves the confidence greets Ukrainians in
#   Russian rather than in its default language. Take the default yourself if the confidence is No.
# golang.org/x/text v0.43.0, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOT'
package main

import (
	"fmt"
	"os"

	"golang.org/x/text/language"
)

func main() {
	m := language.NewMatcher([]language.Tag{language.English, language.Russian})
	fmt.Println("expected: without a match, index 0 for every language")
	changed := false
	for _, c := range []struct {
		accept string
		index  int
	}{{"fr", 0}, {"pl", 0}, {"uk", 1}, {"uk-UA", 1}} {
		tags, _, err := language.ParseAcceptLanguage(c.accept)
		if err != nil {
			panic(err)
		}
		tag, index, confidence := m.Match(tags...)
		fmt.Printf("seen:     %-6s index %d (%v), confidence %v\n", c.accept, index, tag, confidence)
		changed = changed || index != c.index || confidence != language.No
	}
	if changed {
		fmt.Println("CHANGED: Match gives other answers now")
		os.Exit(1)
	}
}
EOT
go get golang.org/x/text@v0.43.0
go list -m golang.org/x/text
go run .
