package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Source holds the catalog in force: the newest revision in the database. The catalog file is an
// input: when it has changed it becomes the next revision, unless it does not know of changes that
// were made elsewhere. A Source is safe for concurrent use.
type Source struct {
	file    Input
	store   Store
	follows bool // see Follow
	current atomic.Pointer[Catalog]

	mu      sync.Mutex // held while the catalog changes
	newest  Revision   // that Current is; the zero Revision before the first
	loaded  stamp      // of the last version of the file that was read
	trouble error      // why it was not taken in
}

// stamp identifies a version of the catalog file, and of the photos and goods that the catalog
// names.
type stamp struct{ file, named string }

// Open puts the newest revision in force, and takes the catalog file in if it has changed. Without
// a revision the file is the first one, and its faults are the error.
//
// With a revision, a file that is missing or does not know of changes made elsewhere is left alone:
// Trouble tells.
func Open(ctx context.Context, file Input, store Store) (*Source, error) {
	s := &Source{file: file, store: store}
	err := s.Reload(ctx)
	if s.Current() == nil || !tolerable(err) {
		return nil, err
	}
	return s, nil
}

// Follow puts the newest revision in force, and each one that follows it, for a process that leaves
// the catalog file to another one. ErrNoRevision if there is none yet.
func Follow(ctx context.Context, file Input, store Store) (*Source, error) {
	s := &Source{file: file, store: store, follows: true}
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// tolerable reports whether a shop may open with its newest revision in spite of this.
func tolerable(err error) bool {
	_, stale := errors.AsType[*StaleFileError](err)
	return err == nil || stale || errors.Is(err, fs.ErrNotExist)
}

// Current is the catalog in force. It never blocks.
func (s *Source) Current() *Catalog { return s.current.Load() }

// Reload reads the file again. If it is not taken in, Reload returns why, such as its faults or a
// *StaleFileError, and the catalog in force stays.
func (s *Source) Reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follows {
		return s.catchUp(ctx)
	}
	return s.reload(ctx, s.stamp())
}

// reload takes the stamp from before the file is read, so a change in between is noticed.
func (s *Source) reload(ctx context.Context, now stamp) error {
	replaced := now.named != s.loaded.named
	s.loaded = now
	s.trouble = s.takeFile(ctx, replaced)
	s.loaded.named = s.stamp().named // this version may name others
	return s.trouble
}

// takeFile puts the newest revision in force, and makes the file the next one if it has changed.
// replaced says that a photo or a file of goods has changed.
func (s *Source) takeFile(ctx context.Context, replaced bool) error {
	newest, err := s.store.CatalogRevision(ctx, 0)
	if err != nil && !errors.Is(err, ErrNoRevision) {
		return err
	}
	data, dir, unread := s.file.read()
	files, hash := overlay{dir, s.store}, hashOf(data)
	unchanged := unread == nil && newest.File == hash
	if unchanged && newest.Origin == FromFile {
		return s.adopt(s.file.name, data, files, newest) // so that faults have their place in the file
	}
	if c := s.Current(); newest.Number > 0 && (unchanged || replaced || c == nil || c.Revision != newest.Number) {
		if err := s.adopt(newest.label(), newest.YAML, files, newest); unchanged || err != nil && unread != nil {
			return err
		}
	}
	if unread != nil {
		return s.file.wrap(unread)
	}
	c, err := parseFile(s.file.name, data, files) // it may mend what is wrong with the newest revision
	if err != nil {
		return err
	}
	return s.take(ctx, c, Revision{Origin: FromFile, File: hash})
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// version is a hash for people to read.
func version(hash string) string { return hash[:8] }

// adopt puts a revision in force that is in the store.
func (s *Source) adopt(label string, yaml []byte, files fs.FS, r Revision) error {
	s.newest = r
	c, err := s.file.checked(Parse(label, yaml, files))
	if err != nil {
		return err
	}
	c.Revision = r.Number
	s.current.Store(c)
	return nil
}

// parseFile is Parse for a file of an owner. Its catalog is also right as Draft.YAML writes it.
func parseFile(name string, data []byte, files fs.FS) (*Catalog, error) {
	c, err := Parse(name, data, files)
	if err != nil {
		return nil, err
	}
	again, err := Parse(name+" as it is kept", c.Draft().YAML(), nil) // longer without aliases
	if err != nil {
		return nil, err
	}
	if lost := Diff(c, again); len(lost) > 0 {
		return nil, fmt.Errorf("%s: cannot be kept as it is: %s", name, lost[0])
	}
	return c, nil
}

// take makes a catalog from a file the next revision, or returns a *StaleFileError.
func (s *Source) take(ctx context.Context, c *Catalog, r Revision) error {
	if s.newest.Number > 0 {
		before, err := s.newest.Catalog()
		if err != nil {
			return err
		}
		r.Changes = Diff(before, c)
		if len(r.Changes) > 0 && !s.knows(c.stated, r.Origin, r.File) {
			return &StaleFileError{File: s.file.name, Version: version(r.File), hash: r.File, Stated: c.stated, Newest: s.newest.Number, Changes: r.Changes}
		}
	}
	_, err := s.add(ctx, c, r)
	return err
}

// knows reports whether a file that says it was made from a revision knows of all that it would
// undo. The catalog file may be changed again and again while nothing else changes the catalog; any
// other file was made from one revision. A file that named a revision before there was one of that
// number was made from a database that is lost.
func (s *Source) knows(stated int64, origin Origin, file string) bool {
	switch {
	case origin == FromFile && file == s.newest.Refused:
		return false
	case stated == 0:
		return s.newest.Edited == 0
	case origin == FromFile:
		return stated >= s.newest.Edited && stated <= s.newest.Number
	}
	return stated == s.newest.Number
}

// add stores a catalog as the next revision and puts it in force.
func (s *Source) add(ctx context.Context, c *Catalog, r Revision) (Revision, error) {
	if _, err := s.file.checked(c, nil); err != nil {
		return Revision{}, err
	}
	r.Number, r.At, r.Edited = s.newest.Number+1, time.Now().Truncate(time.Millisecond), s.newest.Edited
	if r.YAML = c.Draft().YAML(); r.File == "" {
		r.File = s.newest.File
	}
	if r.Origin != FromFile {
		r.Edited, r.Refused = r.Number, s.newest.Refused
		if stale, ok := errors.AsType[*StaleFileError](s.trouble); ok && stale.Stated > s.newest.Number {
			r.Refused = stale.hash
		}
	}
	if err := s.store.AddCatalogRevision(ctx, r); err != nil {
		return Revision{}, fmt.Errorf("store revision %d of the catalog: %w", r.Number, err)
	}
	c.Revision, s.newest = r.Number, r
	s.current.Store(c)
	return r, nil
}

// Trouble is why the catalog file was not taken in when it was read last; nil if it was.
func (s *Source) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// Watch checks the file, and the photos and goods that the catalog names, at each interval, and
// reads them again when one has changed, until ctx ends. It waits until the file is unchanged for
// one interval, so it does not read a half-written file. A faulty file is tried again at each
// interval, since a missing photo may have been added. Watch calls report with each new result: nil
// for a new catalog, else why the file was not taken in. It also puts revisions in force that another
// process has made.
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
			s.check(ctx, now, report)
		}
		seen = now
	}
}

func (s *Source) check(ctx context.Context, now stamp, report func(error)) {
	s.mu.Lock()
	before, changed, number := s.trouble, now != s.loaded, s.newest.Number
	var err error
	isNew := false
	if s.follows || !changed && before == nil {
		err = s.catchUp(ctx)
		isNew = s.newest.Number != number
	} else {
		err = s.reload(ctx, now)
		isNew = changed || !sameTrouble(before, err)
	}
	s.mu.Unlock()
	if isNew {
		report(err)
	}
}

// sameTrouble reports whether two results of reading the same file are one to its owner. What a file
// would change is another with each change in the chat.
func sameTrouble(a, b error) bool {
	x, stale := errors.AsType[*StaleFileError](a)
	y, still := errors.AsType[*StaleFileError](b)
	if stale && still {
		return x.Version == y.Version
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
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
	return stamp{stampOf(s.file.stat()), named.String()}
}

func stampOf(info fs.FileInfo, err error) string {
	if err != nil {
		return "unreadable\n"
	}
	return fmt.Sprintln(info.ModTime().UnixNano(), info.Size(), info.Mode())
}
