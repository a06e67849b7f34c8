package storage

import (
	"errors"
	"os"
	"syscall"
)

// flush has the disk keep what was written to f. It leaves out what only says when that was (fdatasync, man-pages).
func flush(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
