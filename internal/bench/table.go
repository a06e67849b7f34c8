package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unit is how a figure is written.
type unit int

const (
	perSecond unit = iota
	seconds
	bytesOf
	number
)

// figure is one number of the table.
type figure struct {
	unit  unit
	value float64
}

func rate(v float64) figure          { return figure{perSecond, v} }
func lasting(d time.Duration) figure { return figure{seconds, d.Seconds()} }
func room(v float64) figure          { return figure{bytesOf, v} }
func count(v float64) figure         { return figure{number, v} }
func (m figure) String() string      { return m.unit.format(m.value) }
func (r result) figures() []figure   { return append([]figure{rate(r.rate())}, r.quantiles()...) }

func (r result) quantiles() []figure {
	return []figure{lasting(r.quantile(0.5)), lasting(r.quantile(0.99))}
}

// row has some figures for each column, the same ones in all; a column may be empty.
type row struct {
	name    string
	against string // the row whose first figure that of this one is shown as a share of; "" for none
	cells   map[int][]figure
}

// table collects figures as they are measured.
type table struct {
	columns []string
	rows    []*row
}

// put notes figures of a column. Rows stand in the order in which they are first noted.
func (t *table) put(column int, name string, figures ...figure) {
	t.compare(column, name, "", figures...)
}

// compare is put, and names the row to compare with.
func (t *table) compare(column int, name, against string, figures ...figure) {
	r := t.find(name)
	if r == nil {
		r = &row{name: name, against: against, cells: map[int][]figure{}}
		t.rows = append(t.rows, r)
	}
	r.cells[column] = figures
}

func (t *table) find(name string) *row {
	i := slices.IndexFunc(t.rows, func(r *row) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return t.rows[i]
}

// write prints the table in Markdown. The last column but one is how many times the
// last size costs what the first does; the last is the share of another row.
func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "| | %s | cost, last : first | share |\n", strings.Join(t.columns, " | "))
	fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" --: |", len(t.columns)+1)+" --- |")
	for _, r := range t.rows {
		cells := make([]string, len(t.columns))
		for i := range cells {
			cells[i] = joined(r.cells[i], figure.String)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", r.name, strings.Join(cells, " | "), r.growth(len(cells)-1), t.share(r))
	}
}

func joined[T any](list []T, text func(T) string) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = text(v)
	}
	return strings.Join(words, " · ")
}

// growth is above 1 where the last column is worse than the first.
func (r *row) growth(last int) string {
	first, end := r.cells[0], r.cells[last]
	if last == 0 || len(first) != len(end) {
		return ""
	}
	ratios := make([]float64, len(first))
	for i := range first {
		ratios[i] = end[i].value / first[i].value
		if first[i].unit == perSecond {
			ratios[i] = 1 / ratios[i]
		}
	}
	return joined(ratios, ratio)
}

// ratio is nothing where one of the two figures was none.
func ratio(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func (t *table) share(r *row) string {
	other := t.find(r.against)
	if other == nil {
		return ""
	}
	var shares []float64
	for i := range t.columns {
		if mine, its := r.cells[i], other.cells[i]; len(mine) > 0 && len(its) > 0 {
			shares = append(shares, mine[0].value/its[0].value)
		}
	}
	return joined(shares, ratio) + " of " + other.name
}

func (u unit) format(v float64) string {
	switch u {
	case perSecond:
		return thousands(v) + "/s"
	case seconds:
		return duration(v)
	case bytesOf:
		return size(v)
	case number:
	}
	return thousands(v)
}

// thousands writes 1234567 as 1,234,567, and small numbers with a decimal.
func thousands(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func duration(seconds float64) string {
	switch {
	case seconds >= 1:
		return strconv.FormatFloat(seconds, 'f', 2, 64) + " s"
	case seconds >= 1e-3:
		return strconv.FormatFloat(seconds*1e3, 'g', 3, 64) + " ms"
	}
	return strconv.FormatFloat(seconds*1e6, 'f', 0, 64) + " µs"
}

func size(bytes float64) string {
	switch {
	case bytes >= 1<<20:
		return strconv.FormatFloat(bytes/(1<<20), 'f', 1, 64) + " MiB"
	case bytes >= 10<<10:
		return strconv.FormatFloat(bytes/(1<<10), 'f', 0, 64) + " KiB"
	}
	return thousands(bytes) + " B"
}
