package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Load reads and checks the catalog file at path. Photos and goods are in its directory or below;
// if path is a link, in the directory of its target. An error joins all faults in the order of the
// file, each a Fault, or is that of the file itself, such as fs.ErrNotExist.
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

// read reads one byte more than allowed, so Parse notices a file that is too long.
func read(files fs.FS, name string) (data []byte, err error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

// directory is a file system of one directory, which no name or link can escape. It keeps nothing
// open, so it may live as long as a catalog.
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

// Source holds the current catalog of a file that may change. It is safe for concurrent use.
type Source struct {
	load    func() (*Catalog, error)
	stat    func() (fs.FileInfo, error)
	current atomic.Pointer[Catalog]

	reloading sync.Mutex
	loaded    stamp // of the last file read
	outcome   string
}

// stamp identifies a version of a file.
type stamp struct {
	changed time.Time
	size    int64
}

// Open loads a catalog file as Load does, and remembers its path.
func Open(path string) (*Source, error) {
	return open(
		func() (*Catalog, error) { return Load(path) },
		func() (fs.FileInfo, error) { return os.Stat(path) },
	)
}

// OpenFS is Open within a file system.
func OpenFS(fsys fs.FS, name string) (*Source, error) {
	return open(
		func() (*Catalog, error) { return LoadFS(fsys, name) },
		func() (fs.FileInfo, error) { return fs.Stat(fsys, name) },
	)
}

func open(load func() (*Catalog, error), stat func() (fs.FileInfo, error)) (*Source, error) {
	s := &Source{load: load, stat: stat}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Current is the last catalog without faults. It never blocks.
func (s *Source) Current() *Catalog { return s.current.Load() }

// Reload reads the file again. If it has faults, Reload returns them all and keeps the old catalog.
func (s *Source) Reload() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	return s.reload(s.stamp())
}

// reload takes the stamp from before the file is read, so a change in between is noticed.
func (s *Source) reload(now stamp) error {
	s.loaded, s.outcome = now, ""
	c, err := s.load()
	if err != nil {
		s.outcome = err.Error()
		return err
	}
	s.current.Store(c)
	return nil
}

// Watch checks the file at each interval and reloads it when it has changed, until ctx ends. It
// waits until the file is unchanged for one interval, so it does not read a half-written file. A
// faulty file is tried again at each interval, since a missing photo may have been added. Watch
// calls report with each new result: nil for a new catalog, else the faults.
func (s *Source) Watch(ctx context.Context, every time.Duration, report func(error)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	seen := s.stamp()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		now := s.stamp()
		if now == seen {
			s.check(now, report)
		}
		seen = now
	}
}

func (s *Source) check(now stamp, report func(error)) {
	s.reloading.Lock()
	before, changed := s.outcome, now != s.loaded
	if !changed && before == "" {
		s.reloading.Unlock()
		return
	}
	err := s.reload(now)
	isNew := changed || s.outcome != before
	s.reloading.Unlock()
	if isNew {
		report(err)
	}
}

// stamp is the zero stamp if the file cannot be read; reading it returns the reason.
func (s *Source) stamp() stamp {
	info, err := s.stat()
	if err != nil {
		return stamp{}
	}
	return stamp{changed: info.ModTime(), size: info.Size()}
}
