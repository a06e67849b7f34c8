package export_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/export"
	"shopbot/internal/shop"
)

// oneBuyer is a source of one person and nothing else.
type oneBuyer struct {
	export.Source

	person shop.Person
}

func (s oneBuyer) People(context.Context, int64, int) ([]shop.Person, error) {
	return []shop.Person{s.person}, nil
}

func (s oneBuyer) OrdersOf(context.Context, int64, shop.OrderID, int) ([]shop.Order, error) {
	return nil, nil
}

var plainNumber = regexp.MustCompile(`^-?[0-9]+([.,][0-9]+)?$`)

func FuzzCellsComeBackAndAreNoFormulas(f *testing.F) {
	for _, seed := range []string{"=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1", "Al\r\nice", "a\rb", `"`, ";", ",", `\.`, "'", "\ufeff=1", "", " =1", "\xff", "\x00"} {
		f.Add(seed, ";", ",", true)
		f.Add(seed, ",", ".", false)
	}
	f.Fuzz(func(t *testing.T, text, separator, decimal string, bom bool) {
		if !slices.Contains([]string{",", ";", "\t"}, separator) || !slices.Contains([]string{",", "."}, decimal) {
			return
		}
		from := oneBuyer{person: shop.Person{ID: -7, Name: text, Username: text}}
		r := export.Request{What: export.Buyers, Format: export.Format{BOM: bom, Separator: separator, Decimal: decimal}}
		written := write(t, from, r)
		require.Equal(t, bom, strings.HasPrefix(written, "\ufeff"))
		rows := readCSV(t, written, rune(separator[0]))
		require.Len(t, rows, 2)
		for _, cell := range slices.Concat(rows...) {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
				require.Regexp(t, plainNumber, cell, "only our own numbers may begin so")
			}
		}
		lines := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
		require.Contains(t, []string{lines, "'" + lines}, rows[1][1])

		r.Format = export.Format{JSON: true}
		var row map[string]any
		require.NoError(t, json.Unmarshal([]byte(write(t, from, r)), &row))
		if text != "" {
			require.Equal(t, string([]rune(text)), row["name"], "bytes that are no UTF-8 are replaced, each")
		}
	})
}
