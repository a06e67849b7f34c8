#!/usr/bin/env bash
# Expected: SetSortMapKeys(true) makes the encoding of equal maps equal, whatever their types.
# Happens:  it sorts map[string]string, map[string]bool and map[string]any. Maps with another value
#   type, integer keys or a named string key type keep Go's random order, and nothing says so.
# Matters:  an idempotency key or a checksum made over an encoded order with quantities by product
#   differs between two runs of the same input: the "same" order is charged twice.
# github.com/vmihailenco/msgpack/v5 v5.4.1, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/vmihailenco/msgpack/v5"
)

type sku string

func encodings(m any) int {
	seen := map[string]bool{}
	for range 200 {
		var buf bytes.Buffer
		enc := msgpack.NewEncoder(&buf)
		enc.SetSortMapKeys(true)
		if err := enc.Encode(m); err != nil {
			panic(err)
		}
		seen[buf.String()] = true
	}
	return len(seen)
}

func main() {
	text := encodings(map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"})
	values := encodings(map[string]any{"a": 1, "b": 2, "c": 3, "d": 4})
	numbers := encodings(map[string]int{"a": 1, "b": 2, "c": 3, "d": 4})
	ids := encodings(map[int64]string{1: "a", 2: "b", 3: "c", 4: "d"})
	named := encodings(map[sku]string{"a": "1", "b": "2", "c": "3", "d": "4"})

	fmt.Println("expected: with sorted keys, 200 encodings of one map are 1 byte string")
	fmt.Printf("seen:     map[string]string %d, map[string]any %d; but map[string]int %d, map[int64]string %d, "+
		"map[sku]string %d\n", text, values, numbers, ids, named)

	if text != 1 || values != 1 || numbers == 1 || ids == 1 || named == 1 {
		fmt.Println("CHANGED: SetSortMapKeys sorts other maps now")
		os.Exit(1)
	}
}
EOF
go get github.com/vmihailenco/msgpack/v5@v5.4.1
go list -m github.com/vmihailenco/msgpack/v5
go run .
