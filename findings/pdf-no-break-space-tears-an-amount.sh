#!/usr/bin/env bash
# Expected: an amount written with no-break spaces, "1 500,00 ₽", stays on one line of a receipt,
#   and fpdf.SplitText breaks lines where fpdf.MultiCell does.
# Happens:  SplitText breaks at every unicode.IsSpace, no-break spaces among them, and puts "1" at
#   the end of one line and "500,00 ₽" on the next. MultiCell and gopdf keep the amount whole.
# Matters:  a receipt with "Total 1" above "500,00 ₽" shows a wrong amount, and a box whose height
#   was computed with SplitText does not fit the text that MultiCell writes.
# github.com/go-pdf/fpdf v0.9.0, signintech/gopdf v0.33.0, 2026-11
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
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/go-pdf/fpdf"
	"github.com/signintech/gopdf"
)

func main() {
	font, err := os.ReadFile(filepath.Join(os.Args[1], "font", "DejaVuSansCondensed.ttf"))
	if err != nil {
		panic(err)
	}
	const nbsp = "\u00a0"
	amount := "1" + nbsp + "500,00" + nbsp + "₽"
	text := "Итого к оплате " + amount

	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes("sans", "", font)
	pdf.SetFont("sans", "", 12)
	torn := pdf.SplitText(text, pdf.GetStringWidth("Итого к оплате 1 500,")+3)
	if err := pdf.Error(); err != nil {
		panic(err)
	}

	pdf.SetCompression(false)
	pdf.AddPage()
	pdf.MultiCell(pdf.GetStringWidth("Итого к оплате 1 500,")+3, 6, text, "", "L", false)
	var page bytes.Buffer
	must(pdf.Output(&page))
	var inPDF []byte
	for _, unit := range utf16.Encode([]rune(amount)) {
		inPDF = append(inPDF, byte(unit>>8), byte(unit))
	}
	multiCellKeeps := bytes.Contains(page.Bytes(), append(append([]byte("("), inPDF...), ')'))

	var other gopdf.GoPdf
	other.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	must(other.AddTTFFontData("sans", font))
	must(other.SetFont("sans", "", 12))
	width, err := other.MeasureTextWidth("Итого к оплате 1 500,")
	must(err)
	whole, err := other.SplitTextWithWordWrap(text, width+8)
	must(err)

	fmt.Printf("expected: %q\n", []string{"Итого к оплате", amount})
	fmt.Printf("seen:     fpdf.SplitText:               %q\n", torn)
	fmt.Printf("          fpdf.MultiCell writes the amount on a line of its own: %t\n", multiCellKeeps)
	fmt.Printf("          gopdf.SplitTextWithWordWrap:  %q\n", whole)

	kept := len(whole) == 2 && whole[1] == amount
	if len(torn) != 2 || !strings.HasSuffix(torn[0], " 1") || !kept || !multiCellKeeps {
		fmt.Println("CHANGED: lines are broken elsewhere now")
		os.Exit(1)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
EOF
go get github.com/go-pdf/fpdf@v0.9.0 github.com/signintech/gopdf@v0.33.0
go list -m github.com/go-pdf/fpdf github.com/signintech/gopdf
go run . "$(go list -m -f '{{.Dir}}' github.com/go-pdf/fpdf)"
