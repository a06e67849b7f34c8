#!/usr/bin/env bash
# Expected: EncOptions.Time = TimeUnixMicro stores whole microseconds, so a time that was truncated
#   to microseconds comes back equal.
# Happens:  it stores seconds as a 64-bit float. The decoder turns the float into nanoseconds,
#   and today's times come back up to 250 nanoseconds off.
# Matters:  comparing a stored time with the one in memory fails, and an index key made from the
#   decoded time is not found again. TimeUnixMicro looks like the exact choice; TimeRFC3339Nano is.
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

func roundTrip(mode cbor.TimeMode, at time.Time) (encoded string, back time.Time) {
	enc, err := cbor.EncOptions{Time: mode}.EncMode()
	if err != nil {
		panic(err)
	}
	b, err := enc.Marshal(at)
	if err != nil {
		panic(err)
	}
	if err := cbor.Unmarshal(b, &back); err != nil {
		panic(err)
	}
	encoded, err = cbor.Diagnose(b)
	if err != nil {
		panic(err)
	}
	return encoded, back
}

func main() {
	start := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	const steps = 1000
	var off int
	var worst time.Duration
	for i := range steps {
		at := start.Add(time.Duration(i*997) * time.Microsecond)
		_, back := roundTrip(cbor.TimeUnixMicro, at)
		if d := back.Sub(at).Abs(); d > 0 {
			off++
			worst = max(worst, d)
		}
		if _, back := roundTrip(cbor.TimeRFC3339Nano, at); !back.Equal(at) {
			panic("TimeRFC3339Nano is not exact either")
		}
	}
	at := start.Add(123_456 * time.Microsecond)
	encoded, back := roundTrip(cbor.TimeUnixMicro, at)
	fmt.Println("expected: every time in whole microseconds comes back equal")
	fmt.Printf("seen:     %d of %d are off, by up to %s\n", off, steps, worst)
	fmt.Printf("          %s is stored as %s and read as %s\n",
		at.Format(time.RFC3339Nano), encoded, back.UTC().Format(time.RFC3339Nano))

	if off < steps/2 || worst == 0 || worst >= time.Microsecond {
		fmt.Println("CHANGED: TimeUnixMicro now behaves differently")
		os.Exit(1)
	}
}
EOF
go get github.com/fxamacker/cbor/v2@v2.10.0
go list -m github.com/fxamacker/cbor/v2
go run .
