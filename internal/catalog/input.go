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

// Input is a catalog file in its directory, which also has the photos and the goods.
type Input struct {
	name string // as messages call it
	// read reads the file, and finds its directory. The directory is there also if the file is not.
	read func() (data []byte, files fs.FS, err error)
	stat func() (fs.FileInfo, error)
	// check refuses a catalog that the shop cannot sell; nil: none.
	check func(*Catalog) error
}

// Checked is the same input for a shop that puts a catalog in force only if check returns nil,
// wherever the catalog comes from.
func (in Input) Checked(check func(*Catalog) error) Input {
	in.check = check
	return in
}

// checked is a catalog with its error, or that of the check.
func (in Input) checked(c *Catalog, err error) (*Catalog, error) {
	if err == nil && in.check != nil {
		err = in.check(c)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// FileAt is the catalog file at path. Photos and goods are in its directory or below; if path is a
// link, in the directory of its target.
//
// No photo and no goods can be the catalog itself, one of the private files, or a shop's database,
// by whatever links they are named. That holds also when the catalog's files are opened later.
func FileAt(name string, private ...Private) Input {
	return Input{
		name: name,
		stat: func() (fs.FileInfo, error) { return os.Stat(name) },
		read: func() ([]byte, fs.FS, error) {
			target, err := filepath.EvalSymlinks(name)
			if err != nil {
				return nil, directory{filepath.Dir(name), private}, err
			}
			dir := directory{filepath.Dir(target), append([]Private{OneOf(target)}, private...)}
			data, err := read(func(name string) (fs.File, error) { return dir.open(name) }, filepath.Base(target))
			return data, dir, err
		},
	}
}

// FileIn is a catalog file within a file system, such as an embedded one.
func FileIn(fsys fs.FS, name string) Input {
	return Input{
		name: name,
		stat: func() (fs.FileInfo, error) { return fs.Stat(fsys, name) },
		read: func() ([]byte, fs.FS, error) {
			files, err := fs.Sub(fsys, path.Dir(name))
			if err != nil {
				return nil, nil, err
			}
			data, err := read(files.Open, path.Base(name))
			return data, files, err
		},
	}
}

// read reads one byte more than allowed, so Parse notices a file that is too long.
func read(open func(name string) (fs.File, error), name string) (data []byte, err error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}

// Load reads and checks the catalog file alone, without what was changed in the chat. An error
// joins all faults in the order of the file, each a Fault, or is that of the file itself, such as
// fs.ErrNotExist.
func (in Input) Load() (*Catalog, error) {
	data, files, err := in.read()
	if err != nil {
		return nil, in.wrap(err)
	}
	return in.checked(Parse(in.name, data, files))
}

func (in Input) wrap(err error) error { return fmt.Errorf("catalog %s: %w", in.name, err) }

// Load reads and checks the catalog file at path, see FileAt and Input.Load.
func Load(path string, private ...Private) (*Catalog, error) { return FileAt(path, private...).Load() }
