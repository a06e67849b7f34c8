package main

import (
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the binary of the tests be the handler that the shop is compared with.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == baselineCommand {
		log.Fatal(serveBaseline(os.Args[2]))
	}
	os.Exit(m.Run())
}

// The figures of so short a run are worth nothing. What counts is that a real shop sells to the
// people of this program.
func TestEveryFigureIsMeasured(t *testing.T) {
	var out strings.Builder
	require.NoError(t, measure(t.Context(), plan{
		programs: []string{""}, rounds: 1, what: "sales,payments,memory,size", selling: 1500 * time.Millisecond,
		bursts: []burst{{1, 20}, {8, 100}}, keys: 1000, sizes: []int{100, 20},
	}, t.TempDir(), &out))
	t.Log(out.String())
	for _, row := range []string{
		"whole sales a second", "processor time of the shop", "payments acknowledged a second over 8", "a lone payment",
		"into a closed shop", "into a running shop", "in the owner's chat",
	} {
		require.Regexp(t, row+`[^|]*\| [^ |]`, out.String())
	}
}

func TestRatiosAreThoseOfTheRounds(t *testing.T) {
	figures := newTable("this", "other")
	for round, this := range []float64{10, 40, 3} {
		figures.put("speed", 0, this)
		figures.put("speed", 1, []float64{20, 10, 1}[round])
	}
	var out strings.Builder
	figures.write(&out)
	require.Contains(t, out.String(), "| speed | 10 | 10 (3.00) |\n")
}
