#!/usr/bin/env bash
# Expected: a number that does not fit the field is an error, as in encoding/json and in cbor.
# Happens:  it is cut to the width of the field and Unmarshal returns nil: 70000 into uint16 is
#   4464, -1 into uint64 is 18446744073709551615, 2^63 into int64 is negative.
# Matters:  a field that was narrowed, or records of a service with wider types, turn a stock of
#   70,000 into 4,464 and a correction of -1 into an enormous credit, without a line in the log.
# github.com/vmihailenco/msgpack/v5 v5.4.1, 2026-11
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

	"github.com/vmihailenco/msgpack/v5"
)

func read[T any](wide any) (got T, errMsgpack, errJSON error) {
	b, err := msgpack.Marshal(wide)
	if err != nil {
		panic(err)
	}
	errMsgpack = msgpack.Unmarshal(b, &got)
	j, err := json.Marshal(wide)
	if err != nil {
		panic(err)
	}
	var fromJSON T
	errJSON = json.Unmarshal(j, &fromJSON)
	return got, errMsgpack, errJSON
}

func main() {
	stock, err1, json1 := read[uint16](70000)
	credit, err2, json2 := read[uint64](-1)
	id, err3, json3 := read[int64](uint64(1) << 63)

	fmt.Println("expected: an error each time, as encoding/json returns:", json1)
	fmt.Printf("seen:     70000 into uint16: %d, error %v\n", stock, err1)
	fmt.Printf("          -1 into uint64:    %d, error %v\n", credit, err2)
	fmt.Printf("          2^63 into int64:   %d, error %v\n", id, err3)

	silent := err1 == nil && err2 == nil && err3 == nil && stock == 4464 && credit == 1<<64-1 && id == -1<<63
	if !silent || json1 == nil || json2 == nil || json3 == nil {
		fmt.Println("CHANGED: integers no longer wrap in silence")
		os.Exit(1)
	}
}
EOF
go get github.com/vmihailenco/msgpack/v5@v5.4.1
go list -m github.com/vmihailenco/msgpack/v5
go run .
