#!/usr/bin/env bash
# Expected: == on a decimal struct either compares values or never works, so that a first test shows
#   which; and since String drops trailing zeros, 1.50 and 1.5 look like one value.
# Happens:  == is true for equal zeros and for values that were parsed from the same text, and
#   false for 1.50 and 1.5, for 0.1 * 10 and 1, and for two equal values over 128 bits.
# Matters:  `if paid == price` passes a test with "19.90" on both sides and fails when the payment
#   says "19.9". A map keyed by price holds "1.5" twice. Use Equal, and String as a map key.
# github.com/quagmt/udecimal v1.10.1, 2026-11
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

	"github.com/quagmt/udecimal"
)

func main() {
	d := udecimal.MustParse
	huge := "340282366920938463463374607431768211456" // 2^128
	pairs := []struct {
		name   string
		a, b   udecimal.Decimal
		wantEq bool
	}{
		{"19.90 and 19.90", d("19.90"), d("19.90"), true},
		{"0 and 0.00", d("0"), d("0.00"), true},
		{"2.50 - 2.50 and 0", d("2.50").Sub(d("2.50")), d("0"), true},
		{"1.50 and 1.5", d("1.50"), d("1.5"), false},
		{"0.1 * 10 and 1", d("0.1").Mul(d("10")), d("1"), false},
		{"2^128 and 2^128", d(huge), d(huge), false},
	}
	fmt.Println("expected: == and Equal agree, or == is false for each pair")
	changed := false
	for _, p := range pairs {
		fmt.Printf("seen:     %-18s Equal %-5t == %-5t printed as %s and %s\n",
			p.name, p.a.Equal(p.b), p.a == p.b, p.a, p.b)
		changed = changed || !p.a.Equal(p.b) || (p.a == p.b) != p.wantEq || p.a.String() != p.b.String()
	}
	byPrice := map[udecimal.Decimal]int{d("1.5"): 1, d("1.50"): 1}
	fmt.Println("          a map keyed by 1.5 and 1.50 prints as", byPrice)
	if changed || len(byPrice) != 2 {
		fmt.Println("CHANGED: == on udecimal.Decimal gives other answers now")
		os.Exit(1)
	}
}
EOF
go get github.com/quagmt/udecimal@v1.10.1
go list -m github.com/quagmt/udecimal
go run .
