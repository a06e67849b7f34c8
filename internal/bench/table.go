package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// table collects the figures of all rounds. Further columns are shown with their ratio to the first.
type table struct {
	heads []string
	rows  []*row
	ratio func(first, other float64) float64
}

// row holds, for each column, a figure of each round.
type row struct {
	name  string
	cells [][]float64
}

// put adds the figure of one more round, in the unit that name says.
func (t *table) put(name string, column int, value float64) {
	i := slices.IndexFunc(t.rows, func(r *row) bool { return r.name == name })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, &row{name, make([][]float64, len(t.heads))})
	}
	t.rows[i].cells[column] = append(t.rows[i].cells[column], value)
}

// write prints the medians, and the medians of the ratios of each round, in Markdown.
func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "\n| | %s |\n|---|%s\n", strings.Join(t.heads, " | "), strings.Repeat("--:|", len(t.heads)))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for i, cell := range r.cells {
			var ratios []float64
			for round := range min(len(cell), len(r.cells[0])) {
				ratios = append(ratios, t.ratio(r.cells[0][round], cell[round]))
			}
			switch {
			case len(ratios) == 0:
			case i == 0:
				fmt.Fprint(w, " ", format(median(cell)))
			default:
				fmt.Fprintf(w, " %s (%.2f)", format(median(cell)), median(ratios))
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
}

func format(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
