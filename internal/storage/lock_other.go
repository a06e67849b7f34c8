//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package storage

import (
	"os"
	"time"
)

// lock leaves it to bbolt to lock the file.
func lock(*os.File, time.Duration) error { return nil }

// unlock has nothing to do here: the lock ends with the process at the latest.
func unlock(*os.File) {}
