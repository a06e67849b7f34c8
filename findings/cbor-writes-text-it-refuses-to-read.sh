#!/usr/bin/env bash
# Expected: what Marshal writes without an error, Unmarshal with the same options reads.
# Happens:  Marshal does not look at strings; Unmarshal refuses a string that is not valid UTF-8,
#   and with it the whole record. encoding/json repairs such a string when it writes.
# Matters:  a Cyrillic product name cut to 32 bytes may end in half a letter. The order is stored,
#   acknowledged and cannot be loaded with these options. Cut at letters before storing.
# github.com/fxamacker/cbor/v2 v2.10.0, 2026-11
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

	"github.com/fxamacker/cbor/v2"
)

type order struct {
	ID    int
	Title string
}

func main() {
	name := "1 набор китайского чая"
	o := order{ID: 7, Title: name[:32]}

	b, errWrite := cbor.Marshal(o)
	var back order
	errRead := cbor.Unmarshal(b, &back)

	j, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	errJSON := json.Unmarshal(j, &back)

	fmt.Println("expected: either Marshal returns an error, or Unmarshal reads the record")
	fmt.Printf("seen:     Marshal: %v, Unmarshal: %v; encoding/json reads its own record: %v\n",
		errWrite, errRead, errJSON)

	if errWrite != nil || errRead == nil || errJSON != nil {
		fmt.Println("CHANGED: cbor no longer writes what it refuses to read")
		os.Exit(1)
	}
}
EOF
go get github.com/fxamacker/cbor/v2@v2.10.0
go list -m github.com/fxamacker/cbor/v2
go run .
