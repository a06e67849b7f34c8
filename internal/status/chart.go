package status

import (
	"fmt"

	"shopbot/internal/money"
)

// The size of a chart in its own units; the page stretches it.
const (
	chartWidth, chartHeight = 600, 120
	barGap                  = 4
)

// Chart is a row of bars, the last of which is today.
type Chart struct {
	Title, Most, First, Last string
	Width, Height            int
	Bars                     []Bar
}

// Bar is one bar with what it stands for.
type Bar struct {
	X, Y, W, H float64
	Label      string
}

// charts draws orders and revenue of each day.
func (s *Status) charts() []Chart {
	return []Chart{
		s.chart("Paid orders", func(d Day) float64 { return float64(d.Orders) }, func(d Day) string { return fmt.Sprint(d.Orders) }),
		s.chart("Revenue", func(d Day) float64 { return d.Height }, func(d Day) string { return d.Revenue + " " + s.Currency }),
	}
}

func (s *Status) chart(title string, value func(Day) float64, words func(Day) string) Chart {
	c := Chart{Title: title, Width: chartWidth, Height: chartHeight}
	if len(s.Days) == 0 {
		return c
	}
	most := s.Days[0]
	for _, d := range s.Days {
		if value(d) > value(most) {
			most = d
		}
	}
	c.First, c.Last = s.Days[0].Day, s.Days[len(s.Days)-1].Day
	if value(most) > 0 {
		c.Most = "most: " + words(most) + " on " + most.Day
	}
	step := float64(chartWidth) / float64(len(s.Days))
	for i, d := range s.Days {
		bar := Bar{X: float64(i) * step, W: step - barGap, H: 1, Label: d.Day + ": " + words(d)}
		if value(d) > 0 {
			bar.H = max(3, value(d)/value(most)*chartHeight)
		}
		bar.Y = chartHeight - bar.H
		c.Bars = append(c.Bars, bar)
	}
	return c
}

// sum adds up the latest days. Its Revenue has the currency.
func (s *Status) sum(days int) (total Day) {
	currency := money.Currency(s.Currency)
	revenue := money.Zero(currency)
	for _, d := range s.Days[max(0, len(s.Days)-days):] {
		total.Orders += d.Orders
		if amount, err := money.Parse(d.Revenue, currency); err == nil {
			revenue, _ = revenue.Add(amount) // of one currency
		}
	}
	total.Revenue = revenue.Fixed(2) + " " + s.Currency
	return total
}
