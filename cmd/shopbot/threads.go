package main

import (
	"os"
	"runtime"
)

// flushers are the threads that wait for the disk at any time: that of a commit and that of a checkpoint.
const flushers = 2

// runBesideFlushes has Go use all processors while some of its threads wait for the disk. A thread in a system call keeps
// its place among the GOMAXPROCS ones until Go's monitor takes it away, and has to wait for another one when it comes
// back: in a burst on two processors 0.13 ms after each flush, and over 1 ms after one of a hundred; with two places
// more 0.01 ms.
//
// It applies to the whole process, unless whoever starts it has chosen (GOMAXPROCS, pkg.go.dev/runtime), or Go has found
// a container's limit that is lower than what the machine has, beyond which the system would stop the process for
// a while. A limit that is changed later is not followed, as Go does it by itself where nobody has chosen.
func runBesideFlushes() {
	if places := runtime.GOMAXPROCS(0); os.Getenv("GOMAXPROCS") == "" && places == runtime.NumCPU() {
		runtime.GOMAXPROCS(places + flushers)
	}
}
