//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package storage

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockFile takes the lock that bbolt takes on a database. flock is per open file, so it keeps out
// also this process. ErrInUse if somebody else keeps it for longer than wait.
func lockFile(file *os.File, wait time.Duration) error {
	const again = 20 * time.Millisecond
	for begun := time.Now(); ; time.Sleep(again) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case time.Since(begun) > wait:
			return ErrInUse
		}
	}
}

// unlockFile gives up bbolt's lock, which closing does not do as long as the file is mapped.
func unlockFile(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
}

// inheritOwner gives a new file that root makes for path the owner of what it replaces, or else of
// its directory, so that a command which an administrator runs does not lock the shop's own user
// out.
func inheritOwner(file *os.File, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		info, err = os.Stat(filepath.Dir(path))
	}
	if owner, ok := ownerOf(info); err == nil && ok {
		return file.Chown(int(owner.Uid), int(owner.Gid))
	}
	return err
}

// OwnerID is the user id of a file's owner. known is false where the system has none.
func OwnerID(info os.FileInfo) (id int, known bool) {
	owner, known := ownerOf(info)
	if !known {
		return 0, false
	}
	return int(owner.Uid), true
}

func ownerOf(info os.FileInfo) (*syscall.Stat_t, bool) {
	if info == nil {
		return nil, false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return owner, ok
}
