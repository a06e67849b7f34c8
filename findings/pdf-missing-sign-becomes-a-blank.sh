#!/usr/bin/env bash
# Expected: gopdf returns an error for a character that the font does not have, or draws the font's
#   box for it, as PDF readers and browsers do.
# Happens:  it writes a blank and returns no error: the PDF is the same as that of a text with a blank
#   in that place, to the byte. The callback OnGlyphNotFound is "just for debugging".
# Matters:  a font of letters often lacks "−" (U+2212) and "₽". A receipt says "2.10" for a discount of
#   "−2.10" and "1500" for "1500₽", and no test that looks for errors sees it.
#   TtfOption.OnGlyphNotFoundSubstitute can return "?".
# signintech/gopdf v0.33.0, golang.org/x/image v0.36.0 (the Go font), 2026-11
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
	"time"

	"github.com/signintech/gopdf"
	"golang.org/x/image/font/gofont/goregular"
)

func draw(text string) []byte {
	var pdf gopdf.GoPdf
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA5})
	must(pdf.AddTTFFontData("go", goregular.TTF))
	must(pdf.SetFont("go", "", 12))
	pdf.SetInfo(gopdf.PdfInfo{CreationDate: time.Unix(0, 0)})
	pdf.AddPage()
	must(pdf.Cell(nil, text))
	content, err := pdf.GetBytesPdfReturnErr()
	must(err)
	return content
}

func main() {
	lost := bytes.Equal(draw("1500₽"), draw("1500 "))
	kept := !bytes.Equal(draw("1500€"), draw("1500 "))
	fmt.Println("expected: an error, or another PDF than that of \"1500 \"")
	fmt.Printf("seen:     no error; \"1500₽\" is drawn as \"1500 \": %t; \"1500€\" keeps its sign: %t\n", lost, kept)
	if !lost || !kept {
		fmt.Println("CHANGED: a missing sign is not a blank any more, or the font has it")
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go get github.com/signintech/gopdf@v0.33.0 golang.org/x/image@v0.36.0
go list -m github.com/signintech/gopdf golang.org/x/image
go run .
