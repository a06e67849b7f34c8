package main

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlushesLeaveTheProcessorsToOthers(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	processors := runtime.NumCPU()

	for _, c := range []struct {
		why           string
		chosen        string
		places, wants int
	}{
		{"the whole machine is the shop's", "", processors, processors + flushers},
		{"it was chosen", "1", processors, processors},
		{"it is not what the machine has, for whatever reason", "", processors + 1, processors + 1},
	} {
		t.Setenv("GOMAXPROCS", c.chosen)
		runtime.GOMAXPROCS(c.places)
		runBesideFlushes()
		require.Equal(t, c.wants, runtime.GOMAXPROCS(0), c.why)
	}
}
