#!/usr/bin/env bash
# Expected: a decimal type, which has MarshalText and MarshalJSON, is stored as text such as "19.9".
# Happens:  MarshalBinary wins. The record holds bytes in the private layout of the decimal library,
#   and another decimal library cannot read them. TextMarshaler = TextString alone changes nothing:
#   BinaryMarshaler = None must be set too, and the decoder needs TextUnmarshaler, or it refuses.
# Matters:  amounts in stored orders cannot be read by eye or by any other program, and changing the
#   decimal library loses every stored price. Settle the three options before the first record.
# github.com/fxamacker/cbor/v2 v2.10.0, quagmt/udecimal v1.10.1, shopspring/decimal v1.6.0, 2026-11
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

	"github.com/fxamacker/cbor/v2"
	"github.com/quagmt/udecimal"
	"github.com/shopspring/decimal"
)

func encode(opts cbor.EncOptions, v any) (b []byte, text string) {
	enc, err := opts.EncMode()
	if err != nil {
		panic(err)
	}
	if b, err = enc.Marshal(v); err != nil {
		panic(err)
	}
	if text, err = cbor.Diagnose(b); err != nil {
		panic(err)
	}
	return b, text
}

func main() {
	price := udecimal.MustParse("19.90")
	plain, plainText := encode(cbor.EncOptions{}, price)
	_, halfText := encode(cbor.EncOptions{TextMarshaler: cbor.TextMarshalerTextString}, price)
	full, fullText := encode(cbor.EncOptions{
		TextMarshaler:   cbor.TextMarshalerTextString,
		BinaryMarshaler: cbor.BinaryMarshalerNone,
	}, price)
	other, otherText := encode(cbor.EncOptions{}, decimal.RequireFromString("19.90"))

	var u udecimal.Decimal
	var d decimal.Decimal
	errToShopspring := cbor.Unmarshal(plain, &d)
	errToUdecimal := cbor.Unmarshal(other, &u)
	errDefaultDecoder := cbor.Unmarshal(full, &u)
	dec, err := cbor.DecOptions{TextUnmarshaler: cbor.TextUnmarshalerTextString}.DecMode()
	if err != nil {
		panic(err)
	}
	errTextDecoder := dec.Unmarshal(full, &u)

	fmt.Println(`expected: 19.90 is stored as the text "19.9"`)
	fmt.Println("seen:     default options, udecimal:  ", plainText)
	fmt.Println("          default options, shopspring:", otherText)
	fmt.Println("          TextMarshaler alone:        ", halfText)
	fmt.Println("          and no BinaryMarshaler:     ", fullText)
	fmt.Println("          udecimal bytes into shopspring:", errToShopspring)
	fmt.Println("          shopspring bytes into udecimal:", errToUdecimal)
	fmt.Println("          the text with a default decoder:", errDefaultDecoder)

	if plainText == fullText || halfText != plainText || fullText != `"19.9"` ||
		errToShopspring == nil || errToUdecimal == nil || errDefaultDecoder == nil ||
		errTextDecoder != nil || u.String() != "19.9" {
		fmt.Println("CHANGED: decimals are stored differently now")
		os.Exit(1)
	}
}
EOF
go get github.com/fxamacker/cbor/v2@v2.10.0 github.com/quagmt/udecimal@v1.10.1 github.com/shopspring/decimal@v1.6.0
go list -m github.com/fxamacker/cbor/v2 github.com/quagmt/udecimal github.com/shopspring/decimal
go run .
