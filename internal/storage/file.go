package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrInUse says that another process has the file open.
var ErrInUse = errors.New("in use by another process")

const (
	// lockWait is how long another process may still take to let go of the file.
	lockWait = 300 * time.Millisecond
	// mapAhead is address space, not memory: with it the file can grow while a backup reads it.
	mapAhead = 16 << 30
)

type openFile = func(path string, flag int, mode os.FileMode) (*os.File, error)

// openBolt opens or makes the file itself.
func openBolt(path string, set settings) (*bbolt.DB, error) {
	_, err := os.Stat(path) //nolint:gosec // the path is the owner's choice
	fresh := errors.Is(err, fs.ErrNotExist)
	file, err := openMapped(path, set)
	if err != nil {
		return nil, advise(path, err)
	}
	if fresh {
		err = syncDirectory(filepath.Dir(path))
	}
	if err == nil {
		err = checkLength(file)
	}
	if err != nil {
		return nil, errors.Join(advise(path, err), file.Close())
	}
	return file, nil
}

// openMapped maps less where the system does not give so much address space.
func openMapped(path string, set settings) (*bbolt.DB, error) {
	ahead := set.mapAhead
	if runtime.GOOS == "windows" || ahead > int64(int(ahead)) { // where a map is a file of that size, or does not fit into a pointer
		ahead = 0
	}
	for {
		file, err := openOnce(path, set.openFile, int(ahead))
		if !errors.Is(err, syscall.ENOMEM) || ahead == 0 {
			return file, err
		}
		ahead = ahead >> 3 &^ (1<<20 - 1)
	}
}

func openOnce(path string, open openFile, ahead int) (db *bbolt.DB, err error) {
	if open == nil {
		open = os.OpenFile
	}
	var opened *os.File
	defer func() {
		if errors.Is(err, ErrDamaged) && opened != nil { // bbolt panicked and left it open, locked and mapped
			unlock(opened)
			_ = opened.Close()
		}
	}()
	defer surviveDamage(path, &err)()
	return bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistMapType, InitialMmapSize: ahead,
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			file, err := open(path, flag, mode)
			opened = file
			return file, err
		},
	})
}

// checkLength finds a file that was cut off, before anybody reads what is not there.
func checkLength(file *bbolt.DB) error {
	return file.View(func(t *bbolt.Tx) error {
		info, err := os.Stat(file.Path()) //nolint:gosec // the path is the owner's choice
		if err != nil {
			return err
		}
		if info.Size() < t.Size() {
			return fmt.Errorf("%w: %d bytes long and should be %d", ErrDamaged, info.Size(), t.Size())
		}
		return nil
	})
}

// syncDirectory makes a new file's name survive a power cut, as its contents do.
func syncDirectory(path string) error {
	directory, err := os.Open(path) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	err = directory.Sync()
	if runtime.GOOS == "windows" {
		err = nil // has no such thing
	}
	return errors.Join(err, directory.Close())
}

// advise says what is wrong with a file, and what its owner can do.
func advise(path string, err error) error {
	remedy := ""
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		err, remedy = ErrInUse, "stop the other shopbot, or name another file"
	case errors.Is(err, fs.ErrNotExist):
		remedy = "make the directory " + filepath.Dir(path) + " first"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = "let this user read and write the file and its directory"
	case errors.Is(err, syscall.EISDIR):
		remedy = "name a file in it"
	case errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrInvalid):
		err, remedy = errors.Join(ErrNotOurs, err), "name another file, or restore a backup if it was one"
	case errors.Is(err, berrors.ErrChecksum), errors.Is(err, ErrDamaged):
		if !errors.Is(err, ErrDamaged) {
			err = errors.Join(ErrDamaged, err)
		}
		remedy = "restore a backup"
	}
	if remedy == "" {
		return fmt.Errorf("database %s: %w", path, err)
	}
	return fmt.Errorf("database %s: %w: %s", path, err, remedy)
}
