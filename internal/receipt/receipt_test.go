package receipt_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/receipt"
)

func sample() receipt.Receipt {
	return receipt.Receipt{
		Shop: "Pixel Goods", Title: "Квитанция · Receipt",
		Facts: []receipt.Row{
			{Label: "Order", Value: "1P8M2QX7KD93HWA"},
			{Label: "Дата", Value: "23.11.2026 12:00 MSK"},
		},
		Lines: []receipt.Row{
			{Label: "Steam card, 10 USD", Detail: "2 × 10.50 USD", Value: "21.00 USD"},
			{Label: "Їжак та ґава: путівник для тих, хто купує вперше, і ще трохи", Detail: "1 × 1 500,00 ₽", Value: "1\u00a0500,00\u00a0₽"},
		},
		Totals: []receipt.Row{
			{Label: "Coupon SPRING", Value: "−2.10 USD"},
			{Label: "Total", Value: "18.90 USD", Strong: true},
		},
		Money: []receipt.Row{{Label: "Paid", Value: "18.92 USDT", Detail: "1 USDT ≈ 0.999 USD"}},
		Page:  func(page, pages int) string { return fmt.Sprintf("%d of %d", page, pages) },
		Made:  time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
}

func draw(t *testing.T, r receipt.Receipt) []byte {
	t.Helper()
	pdf, err := r.PDF()
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	// go test -artifacts keeps it to be looked at.
	require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), "receipt.pdf"), pdf, 0o600))
	return pdf
}

// read is the text of a PDF as Poppler's pdftotext reads it, a page each.
func read(t *testing.T, pdf []byte) []string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext of poppler-utils is not installed")
	}
	cmd := exec.CommandContext(t.Context(), tool, "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	text, err := cmd.Output()
	require.NoError(t, err, complaints.String())
	require.Empty(t, complaints.String(), "a sound PDF")
	return strings.Split(strings.TrimRight(string(text), "\f"), "\f")
}

func TestAReceiptSaysTheSameAsTextAndAsPDF(t *testing.T) {
	r := sample()
	require.Equal(t, strings.TrimSpace(`
Pixel Goods
Квитанция · Receipt

Order: 1P8M2QX7KD93HWA
Дата: 23.11.2026 12:00 MSK

Steam card, 10 USD: 21.00 USD (2 × 10.50 USD)
Їжак та ґава: путівник для тих, хто купує вперше, і ще трохи: 1`+"\u00a0500,00\u00a0₽"+` (1 × 1 500,00 ₽)

Coupon SPRING: −2.10 USD
Total: 18.90 USD

Paid: 18.92 USDT (1 USDT ≈ 0.999 USD)`), r.Text())

	pages := read(t, draw(t, r))
	require.Len(t, pages, 1)
	words := strings.Join(strings.Fields(pages[0]), " ")
	for _, part := range []string{
		"Pixel Goods", "Квитанция · Receipt", "1P8M2QX7KD93HWA", "23.11.2026 12:00 MSK", "Steam card, 10 USD", "2 × 10.50 USD",
		"21.00 USD", "Їжак та ґава: путівник для тих,", "Coupon SPRING", "−2.10 USD", "Total", "18.90 USD", "18.92 USDT", "1 USDT ≈ 0.999 USD",
	} {
		require.Contains(t, words, part)
	}
	require.Contains(t, strings.ReplaceAll(pages[0], "\u00a0", " "), "1 500,00 ₽", "an amount stays on one line")
	require.NotContains(t, words, "1 of 1")
}

func TestTheSameReceiptIsTheSamePDF(t *testing.T) {
	first := draw(t, sample())
	require.Equal(t, first, draw(t, sample()))
}

func TestManyLinesTakeSeveralPagesAndLoseNothing(t *testing.T) {
	r := sample()
	r.Lines = nil
	for i := range 90 {
		r.Lines = append(r.Lines, receipt.Row{
			Label: fmt.Sprintf("Product %03d with a title as long as a catalog allows it, to the end", i), Value: fmt.Sprintf("%d.50 USD", i), Detail: "1 × 1.00 USD",
		})
	}
	pages := read(t, draw(t, r))
	require.Greater(t, len(pages), 3)
	all := strings.Join(pages, "")
	for i := range 90 {
		require.Contains(t, all, fmt.Sprintf("Product %03d", i))
		require.Contains(t, all, fmt.Sprintf(" %d.50 USD", i))
	}
	require.Contains(t, pages[len(pages)-1], "18.92 USDT")
	for i, page := range pages {
		require.Contains(t, page, fmt.Sprintf("%d of %d", i+1, len(pages)))
	}
}

// Whatever a title holds, there is a receipt, and its amounts can be read.
func TestNoTitleKeepsAReceiptFromBeingWritten(t *testing.T) {
	for name, title := range map[string]string{
		"long word":  strings.Repeat("W", 64),
		"wide":       strings.Repeat("Щ", 64),
		"arabic":     "بطاقة ستيم ١٠ دولارات",
		"hebrew":     "כרטיס סטים \u202e10\u202c",
		"chinese":    "充值卡一百元",
		"emoji":      strings.Repeat("🎮👨‍👩‍👧", 20),
		"marks":      "Z" + strings.Repeat("\u0335", 60),
		"decomposed": "и\u0306ога",
		"newlines":   "one\ntwo\r\nthree\x00\x1b[31m",
		"empty":      "",
		"blanks":     "\u3164\u200b \u00a0",
		"broken":     "a\xff\xfeb",
		"escapes":    `(\)<</Length 5>> endobj %`,
	} {
		t.Run(name, func(t *testing.T) {
			r := sample()
			r.Shop, r.Title = title, title
			r.Lines = []receipt.Row{{Label: title, Value: "21.00 USD", Detail: title}, {Label: "x", Value: title, Strong: true}}
			pages := read(t, draw(t, r))
			require.Len(t, pages, 1)
			require.Contains(t, pages[0], "21.00 USD")
			require.Contains(t, pages[0], "18.92 USDT")
			switch name {
			case "decomposed":
				require.Contains(t, pages[0], "йога")
			case "escapes":
				require.Contains(t, pages[0], title)
			}
		})
	}
}
