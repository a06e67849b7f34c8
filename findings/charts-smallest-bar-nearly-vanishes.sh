#!/usr/bin/env bash
# Expected: bars begin at zero, since the eye compares their lengths: sales of 100, 101 and 105 are
#   three bars of nearly one height.
# Happens:  the value axis begins at the smallest value. The bars are 1, 54 and 278 pixels high: the
#   smallest looks like a day without sales, the largest like five times the middle one.
# Matters:  the owner of a shop decides on such a picture. Set ValueAxis[0].Min to 0.
# github.com/go-analyze/charts v0.6.4, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/go-analyze/charts"
)

// A bar is a path with the fill colour of the first series, going right, up, left and back down.
var bar = regexp.MustCompile(`<path d="M \d+ \d+\nL \d+ (\d+)\nL \d+ (\d+)\n[^"]*" ` +
	`style="stroke:none;fill:rgb\(84,112,198\)"`)

func heights(fromZero bool) (px []int) {
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 600, Height: 400})
	opt := charts.NewBarChartOptionWithData([][]float64{{100, 101, 105}})
	opt.CategoryAxis.Labels = []string{"Mon", "Tue", "Wed"}
	if fromZero {
		opt.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0)}}
	}
	if err := p.BarChart(opt); err != nil {
		panic(err)
	}
	svg, err := p.Bytes()
	if err != nil {
		panic(err)
	}
	for _, m := range bar.FindAllSubmatch(svg, -1) {
		top, err := strconv.Atoi(string(m[1]))
		if err != nil {
			panic(err)
		}
		bottom, err := strconv.Atoi(string(m[2]))
		if err != nil {
			panic(err)
		}
		px = append(px, max(top-bottom, bottom-top))
	}
	return px
}

func main() {
	byDefault, fromZero := heights(false), heights(true)
	fmt.Println("expected: heights in pixels about as 100 : 101 : 105")
	fmt.Println("seen:     by default", byDefault, "with Min 0", fromZero)
	if len(byDefault) != 3 || len(fromZero) != 3 || byDefault[0] > 5 || byDefault[2] < 4*byDefault[1] ||
		fromZero[0]*100 < fromZero[2]*90 {
		fmt.Println("CHANGED: the axis of bar charts begins elsewhere now")
		os.Exit(1)
	}
}
EOF
go get github.com/go-analyze/charts@v0.6.4
go list -m github.com/go-analyze/charts
go run .
