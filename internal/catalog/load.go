package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Load reads and checks the catalog file at path; photos and goods lie in its
// directory, or below. A link is followed first, so they lie beside what it
// points to. An error joins all faults in the order of the file, each a Fault,
// or is that of the file itself, such as fs.ErrNotExist.
func Load(path string) (*Catalog, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return load(path, directory(filepath.Dir(target)), filepath.Base(target))
}

// LoadFS is Load within a file system, such as an embedded one.
func LoadFS(fsys fs.FS, name string) (*Catalog, error) {
	files, err := fs.Sub(fsys, path.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return load(name, files, path.Base(name))
}

func load(label string, files fs.FS, name string) (*Catalog, error) {
	data, err := read(files, name)
	if err != nil {
		return nil, fmt.Errorf("catalog %s: %w", label, err)
	}
	return Parse(label, data, files)
}

// read takes one byte more than may be there, so that Parse sees a file that is too long.
func read(files fs.FS, name string) (data []byte, err error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

// directory is a file system of one directory that no name and no link leads
// out of. It keeps nothing open, so that it may live as long as a catalog.
type directory string

// Open opens a file below the directory.
func (d directory) Open(name string) (f fs.File, err error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return root.FS().Open(name)
}
