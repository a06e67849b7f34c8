package catalog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

var (
	// errNotFile says that a name leads to something that is no regular file.
	errNotFile = errors.New("not a regular file")
	// errPrivate says that a name leads to a file of the shop itself.
	errPrivate = errors.New("a file of the shop itself")
)

// directory is a file system of one directory, which no name or link can escape. It keeps nothing
// open, so it may live as long as a catalog. It opens regular files only, and none of the shop's
// own, by whatever name or link.
type directory struct {
	path    string
	private []Private
}

// Private reports whether a file is the shop's own, so that it is never given to a buyer.
type Private func(f *os.File, info fs.FileInfo) bool

// OneOf is the files at these paths, by whatever other name or link.
func OneOf(paths ...string) Private {
	return func(_ *os.File, info fs.FileInfo) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			own, err := os.Stat(path)
			return err == nil && os.SameFile(own, info)
		})
	}
}

// maxSettings is how long a file of settings can be.
const maxSettings = 1 << 20

// Containing is the files of up to 1 MiB that have one of these texts in them: copies of an env
// file, and one that the shop was given through its environment.
func Containing(secrets ...string) Private {
	return func(f *os.File, info fs.FileInfo) bool {
		if info.Size() > maxSettings {
			return false
		}
		content, err := io.ReadAll(io.NewSectionReader(f, 0, maxSettings))
		return err != nil || slices.ContainsFunc(secrets, func(secret string) bool {
			return secret != "" && bytes.Contains(content, []byte(secret))
		})
	}
}

// Open opens a file below the directory.
func (d directory) Open(name string) (fs.File, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	if err := d.refusePrivate(f); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: err}, f.Close())
	}
	return f, nil
}

// Stat describes what a name leads to. It may be anything, in or out of the directory.
func (d directory) Stat(name string) (fs.FileInfo, error) {
	return os.Stat(filepath.Join(d.path, filepath.FromSlash(name)))
}

// open is Open, the shop's own files included. It looks at the file before it opens it, since
// opening a FIFO waits for a writer, and opening a device may do anything.
func (d directory) open(name string) (_ *os.File, err error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	local := filepath.FromSlash(name)
	info, err := root.Stat(local)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotFile}
	}
	f, err := root.OpenFile(local, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be a FIFO by now
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNotFile}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// refusePrivate returns errPrivate if a file is one of the private ones, or a database: this
// shop's, another's, or a backup.
func (d directory) refusePrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if isDatabase(f) || slices.ContainsFunc(d.private, func(is Private) bool { return is(f, info) }) {
		return errPrivate
	}
	return nil
}

// isDatabase reports whether a file begins as bbolt's do: a page header of 16 bytes, then a magic
// number in the machine's byte order (bbolt's internal/common/meta.go).
func isDatabase(f io.ReaderAt) bool {
	const header, magic = 16, 0xED0CDAED
	head := make([]byte, header+4)
	if _, err := f.ReadAt(head, 0); err != nil {
		return false
	}
	found := head[header:]
	return binary.LittleEndian.Uint32(found) == magic || binary.BigEndian.Uint32(found) == magic
}
