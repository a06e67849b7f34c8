// Package chart draws the picture that goes with a shop's statistics.
package chart

import (
	"fmt"
	"slices"

	"github.com/go-analyze/charts"
)

// Bars is a picture of one sum over time: a headline with its total above one bar for each day,
// hour or month.
type Bars struct {
	Shop   string // above everything
	Title  string // of the headline, such as "Revenue, last 7 days"
	Total  string // the headline: an amount as people read it
	Change string // beside it, how it compares with the time before; may be empty
	// Fell says that Change tells of less than before.
	Fell bool
	// Labels are below the bars, and Values above zero or zero. Both are of one length, at least 1
	// and at most MaxBars. Values are only drawn: nothing is computed from them.
	Labels []string
	Values []float64
	// Format writes a value at the axis.
	Format func(float64) string
}

// MaxBars is how many bars are still wide enough to tell apart on a phone.
const MaxBars = 31

// The size of the picture in pixels, and its room at the edges. Telegram shows it about 350 points
// wide on a phone, where the smallest letters are as tall as those of a message's time.
const (
	width, height = 1000, 720
	edge          = 48
	headRoom      = 262
)

// The colours are read on a dark and on a light page alike: the picture brings its own background.
var (
	background = charts.ColorFromHex("#1b2733")
	faint      = charts.ColorFromHex("#2c3b4a")
	quiet      = charts.ColorFromHex("#9fb2c4")
	strong     = charts.ColorFromHex("#ffffff")
	bar        = charts.ColorFromHex("#4ea4f6")
	good       = charts.ColorFromHex("#5fd38d")
	bad        = charts.ColorFromHex("#ff8a80")
)

// PNG draws the picture. An error is a mistake of the caller: lengths that differ, or too many
// bars.
func (b Bars) PNG() ([]byte, error) {
	if n := len(b.Values); n == 0 || n > MaxBars || n != len(b.Labels) {
		return nil, fmt.Errorf("draw %d values with %d labels: want 1 to %d of each", n, len(b.Labels), MaxBars)
	}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: width, Height: height})
	p.FilledRect(0, 0, width, height, background, background, 0)
	b.headline(p)
	plot := p.Child(charts.PainterBoxOption(charts.NewBox(edge-20, headRoom, width-edge, height-20)))
	if err := plot.BarChart(b.plot()); err != nil {
		return nil, fmt.Errorf("draw bars: %w", err)
	}
	return p.Bytes()
}

func (b Bars) headline(p *charts.Painter) {
	font := charts.GetFont(charts.FontFamilyNotoSans)
	heavy := charts.GetFont(charts.FontFamilyNotoSansBold)
	style := func(size float64, c charts.Color) charts.FontStyle {
		return charts.FontStyle{FontSize: size, FontColor: c, Font: font}
	}
	fit := func(text string, s charts.FontStyle) charts.FontStyle {
		for s.FontSize > 12 && p.MeasureText(text, 0, s).Width() > width-2*edge {
			s.FontSize--
		}
		return s
	}
	p.Text(b.Shop, edge, 68, 0, fit(b.Shop, style(24, quiet)))
	p.Text(b.Title, edge, 112, 0, fit(b.Title, style(24, quiet)))
	big := style(58, strong)
	big.Font = heavy
	big = fit(b.Total, big)
	p.Text(b.Total, edge, 196, 0, big)
	if b.Change == "" {
		return
	}
	colour := good
	if b.Fell {
		colour = bad
	}
	change := style(26, colour)
	w, room := p.MeasureText(b.Change, 0, change).Width(), p.MeasureText(b.Total, 0, big).Width()
	if edge+room+30+w <= width-edge {
		p.Text(b.Change, edge+room+30, 192, 0, change)
		return
	}
	p.Text(b.Change, edge, 244, 0, fit(b.Change, change))
}

func (b Bars) plot() charts.BarChartOption {
	font := charts.FontStyle{FontSize: 20, FontColor: quiet, Font: charts.GetFont(charts.FontFamilyNotoSans)}
	theme := charts.GetTheme(charts.ThemeDark).WithBackgroundColor(background).WithSeriesColors([]charts.Color{bar}).
		WithAxisSplitLineColor(faint)
	opt := charts.NewBarChartOptionWithData([][]float64{b.Values})
	opt.Theme = theme
	opt.Padding = charts.NewBoxEqual(10)
	opt.Legend.Show = new(false)
	opt.CategoryAxis.Labels = b.thinned()
	opt.CategoryAxis.LabelFontStyle = font
	opt.CategoryAxis.LabelCount = len(b.Labels)
	opt.ValueAxis[0].LabelFontStyle = font
	opt.ValueAxis[0].Min = new(0.0) // else the lowest bar is not to be seen
	opt.ValueAxis[0].LabelCountAdjustment = -6
	if slices.Max(b.Values) == 0 {
		opt.ValueAxis[0].Max = new(1.0)
	}
	opt.ValueAxis[0].SplitLineShow = new(true)
	opt.ValueFormatter = b.Format
	return opt
}

// labels is how many labels find room below the bars.
const labels = 7

// thinned leaves out labels so that the others can be read, counted from the last one, which is the
// newest.
func (b Bars) thinned() []string {
	shown := slices.Clone(b.Labels)
	step := (len(shown) + labels - 1) / labels
	for i := range shown {
		if (len(shown)-1-i)%step != 0 {
			shown[i] = ""
		}
	}
	return shown
}
