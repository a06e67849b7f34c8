package bot

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARowIsSplitWhereAPhoneWouldCutALabel(t *testing.T) {
	labels := func(rows [][]button) (texts [][]string) {
		for _, r := range rows {
			var row []string
			for _, b := range r {
				row = append(row, b.Text)
			}
			texts = append(texts, row)
		}
		return texts
	}
	of := func(texts ...string) (r []button) {
		for _, text := range texts {
			r = append(r, button{Text: text})
		}
		return r
	}

	require.Equal(t, [][]string{
		{"Open", "Refund"},
		{"Replace"},
		{"Write to the buyer"},
		{"No limit", "1"},
		{"10", "100"},
		{"A year of it · 24.00 USD", "✖️"},
		{"📋 Copy 1", "📋 Copy 2", "📋 Copy 3"},
	}, labels(phoneRows([][]button{
		of("Open", "Refund"), of("Replace", "Write to the buyer"), of("No limit", "1", "10", "100"), nil,
		of("A year of it · 24.00 USD", "✖️"), of("📋 Copy 1", "📋 Copy 2", "📋 Copy 3"),
	})))
}
