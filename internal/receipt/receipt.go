// Package receipt writes the receipt of an order, as text and as a PDF.
//
// It knows no orders and no languages: everything is text that somebody else has written already.
// The same receipt is the same PDF, to the byte.
package receipt

import (
	"strings"
	"time"
)

// Receipt is what a receipt says, from top to bottom. Parts that are empty are left out.
type Receipt struct {
	Shop  string
	Title string // such as "Receipt"
	// Facts are about the order as a whole, such as its number and its date.
	Facts []Row
	// Lines are what was bought.
	Lines []Row
	// Totals are discounts and what is left to pay.
	Totals []Row
	// Money is what was paid and what went back.
	Money []Row
	// Page writes the number of a page, if there are several; nil for no numbers.
	Page func(page, pages int) string
	// Made is the date in the properties of the PDF.
	Made time.Time
}

// Row is a line of a receipt. In the PDF its value stands at the right edge.
type Row struct {
	Label  string
	Value  string // may be empty
	Detail string // below the label; may be empty
	Strong bool   // the row is what people look for
}

// groups are the rows of a receipt as they stand together.
func (r Receipt) groups() [][]Row { return [][]Row{r.Facts, r.Lines, r.Totals, r.Money} }

// Text is the receipt as plain text.
func (r Receipt) Text() string {
	var text strings.Builder
	text.WriteString(r.Shop + "\n" + r.Title + "\n")
	for _, group := range r.groups() {
		if len(group) > 0 {
			text.WriteString("\n")
		}
		for _, row := range group {
			text.WriteString(row.text() + "\n")
		}
	}
	return strings.TrimRight(text.String(), "\n")
}

func (row Row) text() string {
	said := row.Label
	if row.Value != "" {
		said += ": " + row.Value
	}
	if row.Detail != "" {
		said += " (" + row.Detail + ")"
	}
	return said
}
