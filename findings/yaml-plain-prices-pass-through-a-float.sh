#!/usr/bin/env bash
# Expected: a string field gets the characters of the file, as plain YAML scalars are text until a
#   type is asked for, and as go.yaml.in/yaml/v3 does it.
# Happens:  a plain number is parsed first and printed again: 0010 is "8" (octal), 1.10 is "1.1",
#   +79991234567 loses its plus, 1234567.5 is "1.2345675e+06", the 19th decimal is gone.
# Matters:  an article number changes into another article's number, a support phone cannot be
#   called, and a large price is refused by a decimal type. Quote them, or read the syntax tree.
# github.com/goccy/go-yaml v1.19.2, go.yaml.in/yaml/v3 v3.0.6, quagmt/udecimal v1.10.1, 2026-11
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

	"github.com/goccy/go-yaml"
	"github.com/quagmt/udecimal"
	yamlv3 "go.yaml.in/yaml/v3"
)

func main() {
	cases := []struct{ plain, seen string }{
		{"0010", "8"},
		{"1.10", "1.1"},
		{"+79991234567", "79991234567"},
		{"1_000", "1000"},
		{"1234567.5", "1.2345675e+06"},
		{"0.1000000000000000001", "0.1"},
	}
	fmt.Println("expected: each plain number reaches a string field as it is written")
	changed := false
	for _, c := range cases {
		var product struct{ Value string }
		if err := yaml.Unmarshal([]byte("value: "+c.plain), &product); err != nil {
			panic(err)
		}
		var quoted struct{ Value string }
		if err := yaml.Unmarshal([]byte(`value: "`+c.plain+`"`), &quoted); err != nil {
			panic(err)
		}
		var other struct{ Value string }
		if err := yamlv3.Unmarshal([]byte("value: "+c.plain), &other); err != nil {
			panic(err)
		}
		fmt.Printf("seen:     %-21s becomes %-15q in quotes %q, with yaml/v3 %q\n",
			c.plain, product.Value, quoted.Value, other.Value)
		changed = changed || product.Value != c.seen || quoted.Value != c.plain || other.Value != c.plain
	}
	_, err := udecimal.Parse("1.2345675e+06")
	fmt.Println("          udecimal on the large price:", err)
	if changed || err == nil {
		fmt.Println("CHANGED: plain numbers reach a string differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/goccy/go-yaml@v1.19.2 github.com/quagmt/udecimal@v1.10.1 go.yaml.in/yaml/v3@v3.0.6
go list -m github.com/goccy/go-yaml github.com/quagmt/udecimal go.yaml.in/yaml/v3
go run .
