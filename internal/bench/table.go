package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// table collects the figures of all rounds. Further columns are shown beside the first, with the ratio.
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

// write prints the medians, and the medians of the ratios of single rounds, in Markdown.
func (t *table) write(w io.Writer) {
	fmt.Fprintf(w, "| | %s |\n|---|%s\n", strings.Join(t.heads, " | "), strings.Repeat("--:|", len(t.heads)))
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s |", r.name)
		for i, cell := range r.cells {
			if len(cell) == 0 {
				fmt.Fprint(w, " |")
				continue
			}
			fmt.Fprintf(w, " %s", format(median(cell)))
			if i > 0 {
				ratios := make([]float64, len(cell))
				for j := range cell {
					ratios[j] = t.ratio(r.cells[0][j], cell[j])
				}
				fmt.Fprintf(w, " (%.2f)", median(ratios))
			}
			fmt.Fprint(w, " |")
		}
		fmt.Fprintln(w)
	}
}

func format(v float64) string {
	digits := 2
	for size := v; size >= 10 && digits > 0; size /= 10 {
		digits--
	}
	return fmt.Sprintf("%.*f", digits, v)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
