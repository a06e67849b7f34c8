package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// bars of n days, the i-th with the value i.
func bars(n int) Bars {
	b := Bars{
		Shop: "Pixel Goods", Title: "Выручка за 30 дней", Total: "1 234,50 USD", Change: "▲ 12 %",
		Format: func(f float64) string { return fmt.Sprintf("%.0f", f) },
	}
	for i := range n {
		b.Labels = append(b.Labels, fmt.Sprintf("%d.11.", i+1))
		b.Values = append(b.Values, float64(i))
	}
	return b
}

func TestThePictureHasABarForEachValue(t *testing.T) {
	for _, n := range []int{1, 7, 12, 24, 31} {
		picture, err := bars(n).PNG()
		require.NoError(t, err)
		decoded, err := png.Decode(bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, width, decoded.Bounds().Dx())
		require.Less(t, len(picture), 200<<10, "a phone loads it at once")

		// Just above the axis, each value but zero has a run of its colour.
		wide, runs, in := decoded.Bounds().Dx(), 0, false
		r0, g0, b0, _ := bar.RGBA()
		for x := range wide {
			r, g, b, _ := decoded.At(x, 652).RGBA()
			is := r == r0 && g == g0 && b == b0
			if is && !in {
				runs++
			}
			in = is
		}
		require.Equal(t, n-1, runs, "%d values, the first of them zero", n)
	}
}

func TestAPictureWithoutSalesIsDrawnToo(t *testing.T) {
	b := bars(7)
	b.Values = make([]float64, 7)
	_, err := b.PNG()
	require.NoError(t, err)
}

func TestTooManyBarsAreRefused(t *testing.T) {
	for _, b := range []Bars{bars(0), bars(MaxBars + 1), {Labels: []string{"a"}, Values: []float64{1, 2}}} {
		_, err := b.PNG()
		require.ErrorContains(t, err, "want 1 to 31 of each")
	}
}

func TestLabelsAreThinnedFromTheNewestOn(t *testing.T) {
	shown := bars(31).thinned()
	require.Equal(t, "31.11.", shown[30])
	require.Equal(t, "26.11.", shown[25])
	require.Empty(t, shown[29])
}
