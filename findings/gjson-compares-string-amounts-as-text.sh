#!/usr/bin/env bash
# Expected: #(amount>20)# with a number in the query compares numbers, also when the amounts are
#   JSON strings such as "9.5", or matches nothing.
# Happens:  for a string value the right side becomes text as well. "9.5" is greater than 20,
#   "100.00" is not, and "9.5" does not equal 9.50. With JSON numbers the same query is right.
# Matters:  Crypto Pay sends every amount as a string. A filter for large payments finds the small
#   ones and misses the large ones, in silence. Compare decimals in Go.
# github.com/tidwall/gjson v1.20.3, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/tidwall/gjson"
)

func main() {
	asText := `{"items":[{"id":1,"amount":"9.5"},{"id":2,"amount":"100.00"},{"id":3,"amount":"25"}]}`
	asNumbers := `{"items":[{"id":1,"amount":9.5},{"id":2,"amount":100.00},{"id":3,"amount":25}]}`
	get := func(doc, query string) string { return gjson.Get(doc, "items.#("+query+")#.id").Raw }

	numbers, text := get(asNumbers, "amount>20"), get(asText, "amount>20")
	equalNumbers, equalText := get(asNumbers, "amount==9.50"), get(asText, "amount==9.50")

	fmt.Println("expected: amount>20 finds [2,3] and amount==9.50 finds [1]")
	fmt.Println("seen:     amounts as JSON numbers:", numbers, equalNumbers)
	fmt.Println("          amounts as JSON strings:", text, equalText)

	if numbers != "[2,3]" || equalNumbers != "[1]" || text != "[1,3]" || equalText != "[]" {
		fmt.Println("CHANGED: queries compare string amounts differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/tidwall/gjson@v1.20.3
go list -m github.com/tidwall/gjson
go run .
