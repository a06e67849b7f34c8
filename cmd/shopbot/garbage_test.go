package main

import (
	"math"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGarbageHasRoomThatDoesNotGrowWithoutEnd(t *testing.T) {
	for live, percent := range map[uint64]int{
		0: 400, 4 << 20: 400, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 1 << 30: 100, math.MaxUint64: 100,
	} {
		require.Equal(t, percent, garbagePercent(live), live)
	}
}

func TestThePercentageFollowsWhatIsInUse(t *testing.T) {
	before := debug.SetGCPercent(garbageMost)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	afterCollecting()
	held := make([]byte, 80<<20)
	require.Eventually(t, func() bool {
		runtime.GC()
		percent := []runtimemetrics.Sample{{Name: "/gc/gogc:percent"}}
		runtimemetrics.Read(percent)
		return percent[0].Value.Uint64() == garbageAtLeast
	}, 10*time.Second, time.Millisecond)
	runtime.KeepAlive(held)
}
