#!/usr/bin/env bash
# Expected: a record that is encoded and decoded again comes back as it was, also into a variable
#   that held another record before.
# Happens:  a zero time.Time is written as null. null sets pointers, slices and maps to nil, but
#   leaves a time.Time (and every other plain value) as it is, and Unmarshal returns nil.
# Matters:  a loop that reads orders into one variable shows an unpaid order with the payment time
#   of the order before it. Declare the variable inside the loop, or store integers.
# github.com/fxamacker/cbor/v2 v2.10.0, 2026-11
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
	"time"

	"github.com/fxamacker/cbor/v2"
)

type order struct {
	ID     int
	PaidAt time.Time
	Items  []string
}

func main() {
	paid := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	stored := make([][]byte, 0, 2)
	for _, o := range []order{{ID: 1, PaidAt: paid, Items: []string{"tea"}}, {ID: 2}} {
		b, err := cbor.Marshal(o)
		if err != nil {
			panic(err)
		}
		stored = append(stored, b)
	}
	text, err := cbor.Diagnose(stored[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("stored order 2:", text)

	var reused order
	for _, b := range stored {
		if err := cbor.Unmarshal(b, &reused); err != nil {
			panic(err)
		}
	}
	var fresh order
	if err := cbor.Unmarshal(stored[1], &fresh); err != nil {
		panic(err)
	}
	fmt.Println("expected: order 2 has a zero PaidAt and no items in both variables")
	fmt.Printf("seen:     fresh variable: PaidAt zero %t; reused variable: PaidAt %s, items %v\n",
		fresh.PaidAt.IsZero(), reused.PaidAt.UTC().Format(time.RFC3339), reused.Items)

	if !(fresh.PaidAt.IsZero() && reused.ID == 2 && reused.PaidAt.Equal(paid) && reused.Items == nil) {
		fmt.Println("CHANGED: the reused variable no longer keeps the time of the record before")
		os.Exit(1)
	}
}
EOF
go get github.com/fxamacker/cbor/v2@v2.10.0
go list -m github.com/fxamacker/cbor/v2
go run .
