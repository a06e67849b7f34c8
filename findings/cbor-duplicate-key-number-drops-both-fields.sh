#!/usr/bin/env bash
# Expected: two fields with the same key number are an error of Marshal, as a key number that is not
#   a number is, or the second one wins; and go vet points at it, as it does for json tags.
# Happens:  both fields are left out of the record, and both stay zero when it is read. Marshal,
#   Unmarshal and go vet say nothing.
# Matters:  keyasint is the compact layout for stored orders, and its numbers are copied by hand.
#   After one copied line every new order is stored without amount and currency.
# github.com/fxamacker/cbor/v2 v2.10.0, go vet of Go 1.26, 2026-11
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
	"os/exec"

	"github.com/fxamacker/cbor/v2"
)

type order struct {
	ID       int    `cbor:"1,keyasint"`
	Amount   string `cbor:"2,keyasint"`
	Currency string `cbor:"2,keyasint"`
}

type notANumber struct {
	ID int `cbor:"one,keyasint"`
}

func main() {
	b, errWrite := cbor.Marshal(order{ID: 7, Amount: "19.90", Currency: "USDT"})
	text, err := cbor.Diagnose(b)
	if err != nil {
		panic(err)
	}
	var back order
	errRead := cbor.Unmarshal(b, &back)
	_, errNumber := cbor.Marshal(notANumber{})
	vet, errVet := exec.Command("go", "vet", ".").CombinedOutput()

	fmt.Println("expected: an error, as for a key that is not a number:", errNumber)
	fmt.Printf("seen:     stored %s, error %v; read %+v, error %v; go vet: error %v %s\n",
		text, errWrite, back, errRead, errVet, vet)

	if errWrite != nil || errRead != nil || errNumber == nil || errVet != nil || back != (order{ID: 7}) ||
		text != "{1: 7}" {
		fmt.Println("CHANGED: a duplicate key number is noticed or stored now")
		os.Exit(1)
	}
}
EOF
go get github.com/fxamacker/cbor/v2@v2.10.0
go list -m github.com/fxamacker/cbor/v2
go run .
