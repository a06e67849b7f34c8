package app

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"shopbot/internal/docstest"
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
	docstest.RequirePart(t, metricsPage, metricsBegin, metricsEnd, table.String(), *update)
}
