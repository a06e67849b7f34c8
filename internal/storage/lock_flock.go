//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package storage

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// lock takes the lock that bbolt takes on a database; bbolt then finds that it has it already.
// ErrInUse where another process keeps it for longer than patience.
func lock(file *os.File, patience time.Duration) error {
	const again = 20 * time.Millisecond
	for begun := time.Now(); ; time.Sleep(again) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case time.Since(begun) > patience:
			return ErrInUse
		}
	}
}

// unlock gives up bbolt's lock, which closing does not do as long as the file is mapped.
func unlock(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
}
