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
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Load reads and checks the catalog file at path. Photos and goods are in its directory or below;
// if path is a link, in the directory of its target. An error joins all faults in the order of the
// file, each a Fault, or is that of the file itself, such as fs.ErrNotExist.
//
// No photo and no goods can be the catalog itself, one of the private files, or a shop's database,
// by whatever links they are named. That holds also when the catalog's files are opened later.
func Load(path string, private ...Private) (*Catalog, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("catalog %s: %w", path, err)
	}
	dir := directory{filepath.Dir(target), append([]Private{OneOf(target)}, private...)}
	return load(path, func(name string) (fs.File, error) { return dir.open(name) }, filepath.Base(target), dir)
}

// LoadFS is Load within a file system, such as an embedded one.
func LoadFS(fsys fs.FS, name string) (*Catalog, error) {
	files, err := fs.Sub(fsys, path.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return load(name, files.Open, path.Base(name), files)
}

func load(label string, open func(name string) (fs.File, error), name string, files fs.FS) (*Catalog, error) {
	data, err := read(open, name)
	if err != nil {
		return nil, fmt.Errorf("catalog %s: %w", label, err)
	}
	return Parse(label, data, files)
}

// read reads one byte more than allowed, so Parse notices a file that is too long.
func read(open func(name string) (fs.File, error), name string) (data []byte, err error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

// Source holds the current catalog of a file that may change. It is safe for concurrent use.
type Source struct {
	load    func() (*Catalog, error)
	stat    func() (fs.FileInfo, error)
	current atomic.Pointer[Catalog]

	reloading sync.Mutex
	loaded    stamp // of the last version read
	outcome   string
}

// stamp identifies a version of the catalog file, and of the photos and goods that it names.
type stamp struct{ file, named string }

// Open loads a catalog file as Load does, and remembers its path.
func Open(path string, private ...Private) (*Source, error) {
	return open(
		func() (*Catalog, error) { return Load(path, private...) },
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
	s.loaded.named = s.stamp().named // this version may name others
	return nil
}

// Watch checks the file, and the photos and goods that it names, at each interval, and reloads the
// catalog when one has changed, until ctx ends. It
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

// stamp looks at the catalog file, and at what the current catalog names. A file that cannot be
// read has a stamp too; reading it returns the reason.
func (s *Source) stamp() stamp {
	var named strings.Builder
	if current := s.Current(); current != nil {
		for _, name := range current.fileNames() {
			named.WriteString(stampOf(fs.Stat(current.files, name)))
		}
	}
	return stamp{stampOf(s.stat()), named.String()}
}

func stampOf(info fs.FileInfo, err error) string {
	if err != nil {
		return "unreadable\n"
	}
	return fmt.Sprintln(info.ModTime().UnixNano(), info.Size(), info.Mode())
}
