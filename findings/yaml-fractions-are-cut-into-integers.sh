#!/usr/bin/env bash
# Expected: 19.99 for an integer field is an error, as in encoding/json, and a quoted integer is
#   either an error or that integer.
# Happens:  19.99 becomes 19 without an error, and the quoted integer goes through a float64, so
#   above 2^53 it comes back as a neighbour. The same integer without quotes is exact.
# Matters:  a price in whole coins loses its cents, and "9007199254740993", quoted to be safe, as a
#   payment id belongs to somebody else. yaml.Strict() does not help with either.
# github.com/goccy/go-yaml v1.19.2, 2026-11
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

	"github.com/goccy/go-yaml"
)

type product struct {
	Price int64
}

func main() {
	read := func(text string) (int64, error) {
		var p product
		err := yaml.UnmarshalWithOptions([]byte(text), &p, yaml.Strict())
		return p.Price, err
	}
	cut, errCut := read("price: 19.99")
	quoted, errQuoted := read(`price: "9007199254740993"`)
	plain, errPlain := read("price: 9007199254740993")
	errJSON := json.Unmarshal([]byte(`{"Price":19.99}`), &product{})

	fmt.Println("expected: errors as from encoding/json:", errJSON)
	fmt.Printf("seen:     19.99 becomes %d, error %v\n", cut, errCut)
	fmt.Printf("          \"9007199254740993\" in quotes becomes %d, error %v\n", quoted, errQuoted)
	fmt.Printf("          9007199254740993 without quotes becomes %d, error %v\n", plain, errPlain)

	if errJSON == nil || errCut != nil || cut != 19 || errQuoted != nil || quoted == 9007199254740993 ||
		errPlain != nil || plain != 9007199254740993 {
		fmt.Println("CHANGED: fractions or quoted integers are decoded differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/goccy/go-yaml@v1.19.2
go list -m github.com/goccy/go-yaml
go run .
