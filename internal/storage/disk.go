package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"
)

// disk holds the system calls that decide whether a file survives a power cut. Tests record their
// order, and make them fail.
type disk struct {
	commit   func(*bbolt.Tx) error
	openFile func(path string, flag int, mode os.FileMode) (*os.File, error)
	sync     func(*os.File) error // of a file or a directory
	rename   func(from, to string) error
	link     func(from, to string) error
}

func usualDisk() disk {
	return disk{commit: (*bbolt.Tx).Commit, openFile: os.OpenFile, sync: (*os.File).Sync, rename: os.Rename, link: os.Link}
}

// writeBeside writes and syncs a new file in the directory of path, and returns its name. The file
// is locked meanwhile, which RemoveLeftovers sees.
func (d disk) writeBeside(path string, write func(*os.File) error) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return "", err
	}
	err = lockFile(file, 0)
	if err == nil {
		err = inheritOwner(file, path)
	}
	if err == nil {
		err = write(file)
	}
	if err == nil {
		err = d.sync(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// publish gives a file its final name, atomically and durably. Unless replace is set, a file that
// has the name stays, and the error is fs.ErrExist.
func (d disk) publish(temporary, path string, replace bool) error {
	move := d.rename
	if !replace {
		move = d.renameNew
	}
	if err := move(temporary, path); err != nil {
		return err
	}
	return d.syncDirectory(filepath.Dir(path))
}

// renameNew is a rename that never takes the place of another file.
func (d disk) renameNew(from, to string) error {
	err := d.link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := os.Lstat(to); err == nil { // a file system without links
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	return d.rename(from, to)
}

// syncDirectory makes the names in a directory survive a power cut.
func (d disk) syncDirectory(path string) error {
	if runtime.GOOS == "windows" { // cannot sync a directory
		return nil
	}
	directory, err := os.Open(path) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	return errors.Join(d.sync(directory), directory.Close())
}
