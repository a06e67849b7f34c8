package catalog

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Source holds the current catalog of a file that may change. Its methods may
// be called from anywhere at the same time.
type Source struct {
	load    func() (*Catalog, error)
	stat    func() (fs.FileInfo, error)
	current atomic.Pointer[Catalog]

	reloading sync.Mutex
	loaded    stamp // of the file that was read last
	outcome   string
}

// stamp tells one version of a file from the next.
type stamp struct {
	changed time.Time
	size    int64
}

// Open loads a catalog file as Load does, and remembers where it is.
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

// Current is the catalog as it was last read without a fault. It never waits.
func (s *Source) Current() *Catalog { return s.current.Load() }

// Reload reads the file again. A file with faults is refused with all of them,
// and the old catalog stays.
func (s *Source) Reload() error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	return s.reload(s.stamp())
}

// reload wants the stamp from before the file is read: a change in between is
// then seen as one.
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

// Watch reloads the file when it has changed, looking every so often, until ctx
// ends. A change is taken up once the file has stayed the same for one look, so
// that it is not read half written. A faulty file is tried again at each look,
// since what was missing may have been put beside it. report hears each new
// outcome: nil for a catalog that was taken up, else the faults.
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
			s.look(now, report)
		}
		seen = now
	}
}

func (s *Source) look(now stamp, report func(error)) {
	s.reloading.Lock()
	before, changed := s.outcome, now != s.loaded
	if !changed && before == "" {
		s.reloading.Unlock()
		return
	}
	err := s.reload(now)
	news := changed || s.outcome != before
	s.reloading.Unlock()
	if news {
		report(err)
	}
}

// stamp is the zero stamp for a file that cannot be seen; reading it will say why.
func (s *Source) stamp() stamp {
	info, err := s.stat()
	if err != nil {
		return stamp{}
	}
	return stamp{changed: info.ModTime(), size: info.Size()}
}
