package app

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

const (
	metricsPage  = "../../docs/metrics.md"
	metricsBegin = "<!-- metrics: go test ./internal/app -run TestTheReferenceOfMetrics -update -->\n"
	metricsEnd   = "<!-- end of metrics -->\n"
)

func TestTheReferenceOfMetricsIsTheCodes(t *testing.T) {
	m := newMetrics()
	m.watch(&program{})
	var table strings.Builder
	table.WriteString("| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n")
	for _, one := range m.list {
		labels := "–"
		if len(one.labels) > 0 {
			labels = "`" + strings.Join(one.labels, "`, `") + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", one.name, one.kind, labels, one.help)
	}
	page, err := os.ReadFile(metricsPage)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), metricsBegin)
	require.True(t, found)
	listed, after, found := strings.Cut(rest, metricsEnd)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(metricsPage, []byte(before+metricsBegin+table.String()+metricsEnd+after), 0o644)) //nolint:gosec // a page for all
		return
	}
	require.Equal(t, table.String(), listed, "run this test with -update")
}
