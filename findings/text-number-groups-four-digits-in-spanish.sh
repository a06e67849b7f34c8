#!/usr/bin/env bash
# Expected: golang.org/x/text writes numbers as CLDR, which it is made from, says for the language:
#   in Spanish and Polish a number of four digits has no group separator, "1500,5" and "25.000,5"
#   (minimumGroupingDigits is 2 there, as the Spanish academy wants it).
# Happens:  1500.5 is "1.500,5" in Spanish and "1 500,5" in Polish: minimumGroupingDigits is not
#   among the data that x/text takes over, and no option sets it. German, where it is 1, is right.
# Matters:  every price from 1,000 to 9,999 looks foreign to its readers, and there is no error.
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
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

func main() {
	fmt.Println(`expected: es 1500,5 and 25.000,5; pl 1500,5 and 25 000,5; de 1.500,5 and 25.000,5`)
	changed := false
	for _, c := range []struct{ language, four, five string }{
		{"es", "1.500,5", "25.000,5"}, {"pl", "1\u00a0500,5", "25\u00a0000,5"}, {"de", "1.500,5", "25.000,5"},
	} {
		p := message.NewPrinter(language.Make(c.language))
		four, five := p.Sprint(number.Decimal(1500.5)), p.Sprint(number.Decimal(25000.5))
		fmt.Printf("seen:     %s %s and %s\n", c.language, four, five)
		changed = changed || four != c.four || five != c.five
	}
	if changed {
		fmt.Println("CHANGED: numbers of four digits are grouped differently now")
		os.Exit(1)
	}
}
EOT
go get golang.org/x/text@v0.43.0
go list -m golang.org/x/text
go run .
