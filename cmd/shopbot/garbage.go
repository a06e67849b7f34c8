package main

import (
	"os"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
)

// Garbage is collected when so much of it has come together as is in use, as Go does it by itself, or garbageRoom where
// that is more, but at most garbageMost percent. A shop uses a few megabytes, and with nothing but Go's 100 percent a burst
// of payments spends an eighth of its time on collecting; with 400 percent always, a shop that uses much would
// take five times as much memory.
const (
	garbageRoom    = 64 << 20
	garbageMost    = 400
	garbageAtLeast = 100
)

// collectRarely applies to the whole process, unless whoever starts it has chosen (GOGC, pkg.go.dev/runtime).
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbageMost)
		afterCollecting()
	}
}

// afterCollecting has the percentage follow what is in use, anew each time that garbage has been collected.
func afterCollecting() {
	runtime.AddCleanup(new([64]byte), func(int) {
		live := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
		runtimemetrics.Read(live)
		debug.SetGCPercent(garbagePercent(live[0].Value.Uint64()))
		afterCollecting()
	}, 0)
}

// garbagePercent is how much garbage there may be for so many bytes in use, in percent of them.
func garbagePercent(live uint64) int {
	return int(min(garbageMost, max(garbageAtLeast, garbageRoom*100/max(live, 1))))
}
