//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package storage

import (
	"os"
	"time"
)

// lockFile leaves it to bbolt to lock the file.
func lockFile(*os.File, time.Duration) error { return nil }

// unlockFile has nothing to do here: the lock ends with the process at the latest.
func unlockFile(*os.File) {}

// inheritOwner has nothing to do here.
func inheritOwner(*os.File, string) error { return nil }

// OwnerID is the user id of a file's owner. known is false where the system has none.
func OwnerID(os.FileInfo) (id int, known bool) { return 0, false }
