package main

import (
	"context"
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

func TestEveryFigureIsMeasured(t *testing.T) {
	var out strings.Builder
	p := plan{
		programs: []string{""}, rounds: 1, what: "sales,payments,memory,size", selling: time.Second,
		bursts: []burst{{1, 20}, {8, 100}}, keys: 1000, sizes: []int{100, 20},
	}
	require.NoError(t, measure(t.Context(), p, t.TempDir(), &out))
	t.Log(out.String())
}

var _ = context.Background
