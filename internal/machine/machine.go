// Package machine tells what a shop's machine is able to do: how much room and what kind of disk there
// is, how fast it flushes, and whether the machine sleeps.
package machine

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"time"
)

// Kind is the kind of a file system, as far as it matters to a database.
type Kind string

// The kinds of file systems.
const (
	Plain   Kind = ""        // a disk, or a kind that this package does not know
	Memory  Kind = "memory"  // gone when the machine restarts
	Layer   Kind = "layer"   // that of a container, gone with it
	Network Kind = "network" // another machine's
)

// Disk is the file system that a directory is on.
type Disk struct {
	Free uint64 // bytes that this user may fill
	Kind Kind
}

// DiskOf returns the file system of a directory.
func DiskOf(directory string) (Disk, error) { return diskOf(directory) }

// FlushTime is how long a small write into the directory takes until it is on disk: the median of
// some, which take two seconds at most. It leaves nothing behind.
func FlushTime(directory string) (median time.Duration, err error) {
	file, err := os.CreateTemp(directory, ".shopbot-check-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	page := make([]byte, 4096)
	var took []time.Duration
	const flushes, most = 9, 2 * time.Second
	for begin := time.Now(); len(took) < flushes && time.Since(begin) < most; {
		start := time.Now()
		if _, err := file.Write(page); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start))
	}
	slices.SortFunc(took, cmp.Compare[time.Duration])
	return took[len(took)/2], nil
}
