package main

import (
	"fmt"
	"io"
	"strings"

	"shopbot/internal/shop"
)

// suspicionWords say what a rule means, and what to do. wholeList has the rules for whole lists.
//
//nolint:gochecknoglobals,exhaustive // a constant table; the other rules are in the other one
var suspicionWords = map[shop.SuspicionRule]string{
	shop.SuspectHeader:     "names a column, and would be sold as a key",
	shop.SuspectChat:       "looks like something that somebody said",
	shop.SuspectFormatting: "has a bullet, a number, quotes or markup around it",
	shop.SuspectShort:      "is shorter than the others by far",
	shop.SuspectShape:      "has fewer parts than the others",
	shop.SuspectBlocks: "has several lines and would be sold as one key; if that is right, say so in the catalog by " +
		`stock: {separator: "---"}`,
	shop.SuspectTexts: "is a text of several lines and would be sold whole, as one file; if each line is a key, take files: true out of the catalog",
}

//nolint:gochecknoglobals,exhaustive // a constant table; the other rules are in the other one
var wholeList = map[shop.SuspicionRule]string{
	shop.SuspectJSON: "the list is JSON: each line would be sold whole, with its braces; write the keys alone, one a line",
	shop.SuspectCSV:  "the list is a table with a header: each line would be sold whole, the header too; save the column with the keys alone",
}

// printPreview writes for a person what loading a list would do.
func printPreview(out io.Writer, p *shop.StockPreview) {
	_, _ = fmt.Fprintf(out, "%s in the list for %s:\n", plural(p.Units, "key"), p.SKU) // a person sees if it fails
	for _, part := range []struct {
		n    int
		what string
	}{
		{p.New, "new"},
		{p.Duplicates, "repeated in the list, for sale already, or sold: skipped"},
		{p.Gone, "removed or refunded before: skipped without --again"},
		{p.Elsewhere, "of another product"},
	} {
		if part.n > 0 {
			_, _ = fmt.Fprintf(out, "  %7d  %s\n", part.n, part.what)
		}
	}
	switch {
	case len(p.Files) > 0:
		for _, file := range p.Files {
			_, _ = fmt.Fprintf(out, "     file  %s\n", file)
		}
		if more := p.Units - len(p.Files); more > 0 {
			_, _ = fmt.Fprintf(out, "and %d more\n", more)
		}
	default:
		_, _ = fmt.Fprintf(out, "    first  %s\n     last  %s\n", oneLine(p.First), oneLine(p.Last))
	}
	for _, u := range p.Found {
		_, _ = fmt.Fprintf(out, "line %d, %s, %s\n", u.Line, oneLine(u.Unit), placeWords(u.Place))
	}
	for _, s := range p.Suspicions {
		if said := wholeList[s.Rule]; said != "" {
			_, _ = fmt.Fprintln(out, said)
			continue
		}
		for _, u := range s.Examples {
			_, _ = fmt.Fprintf(out, "line %d, %s, %s\n", u.Line, oneLine(u.Unit), suspicionWords[s.Rule])
		}
		if more := s.Count - len(s.Examples); more > 0 {
			_, _ = fmt.Fprintf(out, "and %d more like these\n", more)
		}
	}
}

// placeWords says where a unit is.
func placeWords(p shop.UnitPlace) string {
	said := ""
	switch p.Where {
	case shop.UnitForSale:
		said = fmt.Sprintf("is for sale since batch %d", p.Batch)
	case shop.UnitSold:
		said = "is sold to order " + string(p.Order)
	case shop.UnitReturned:
		said = "was sold to order " + string(p.Order) + ", which was refunded"
	case shop.UnitRemoved:
		said = "was removed on " + utc(p.At)
	case shop.UnitBurned:
		said = "did not work and was replaced in order " + string(p.Order)
	default:
		return "is in the list before"
	}
	return said + " (" + p.SKU + ")"
}

// oneLine quotes a unit for a table, cut if it is long.
func oneLine(unit string) string {
	const most = 60
	unit = shop.PlainUnit(unit)
	if r := []rune(unit); len(r) > most {
		unit = string(r[:most-1]) + "…"
	}
	return fmt.Sprintf("%q", strings.ReplaceAll(unit, "\n", " ⏎ "))
}
