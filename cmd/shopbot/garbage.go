package main

import (
	"os"
	"runtime/debug"
)

// garbagePercent is how much garbage may come together before it is collected, in percent of what is in
// use: that is a few megabytes, and with Go's own 100 a burst of payments spends an eighth of its time on collecting.
const garbagePercent = 400

// collectRarely applies to the whole process, unless whoever starts it has chosen (GOGC, pkg.go.dev/runtime).
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
