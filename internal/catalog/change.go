package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// CatalogRevision is the revision in force.
func (s *Source) CatalogRevision(ctx context.Context) (Revision, error) {
	return s.store.CatalogRevision(ctx, 0)
}

// CatalogHistory lists up to limit revisions without their YAML, newest first, those before the
// given number (0: from the newest).
func (s *Source) CatalogHistory(ctx context.Context, before int64, limit int) ([]Revision, error) {
	return s.store.CatalogRevisions(ctx, before, limit)
}

// ChangeCatalog makes the next revision by an edit of the person by, who saw revision base; it is
// durable when ChangeCatalog returns. An edit that changes nothing makes no revision: the one in
// force is returned. So is it where the same edit was made before, which may be repeated.
//
// If the catalog has changed since base, the edit is made all the same, unless something that it
// changes was changed meanwhile: then the error is a *ConflictError. edit is pure, and may be called
// twice; what it returns is returned as it is. The faults of what it made are those of Parse, each a
// Fault.
func (s *Source) ChangeCatalog(ctx context.Context, by, base int64, edit func(*Draft) error) (Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(ctx); err != nil {
		return Revision{}, err
	}
	current := s.Current()
	if base != current.Revision {
		done, err := s.compare(ctx, base, edit)
		if err != nil || done {
			return s.newest, err
		}
	}
	c, err := edited(current, edit)
	if err != nil {
		return Revision{}, err
	}
	changes := Diff(current, c)
	if len(changes) == 0 {
		return s.newest, nil
	}
	return s.add(ctx, c, Revision{By: by, Origin: FromChat, Changes: changes})
}

// edited is a catalog after an edit, checked as a file is.
func edited(c *Catalog, edit func(*Draft) error) (*Catalog, error) {
	draft := c.Draft()
	if err := edit(draft); err != nil {
		return nil, err
	}
	return Parse("catalog", draft.YAML(), c.files)
}

// catchUp puts the newest revision of the store in force, which another process, or a write that
// seemed to fail, may have stored.
func (s *Source) catchUp(ctx context.Context) error {
	newest, err := s.store.CatalogRevision(ctx, 0)
	if err != nil || newest.Number == s.newest.Number {
		return err
	}
	_, dir, _ := s.file.read() // the directory is there also if the file is not
	return s.adopt(newest.label(), newest.YAML, overlay{dir, s.store}, newest)
}

// compare finds out what an edit of an older revision means now. It reports done if the current
// catalog has all that the edit was to make, and returns a *ConflictError if somebody else changed
// something of it.
func (s *Source) compare(ctx context.Context, base int64, edit func(*Draft) error) (done bool, err error) {
	old, err := s.store.CatalogRevision(ctx, base)
	if errors.Is(err, ErrNoRevision) {
		return false, &ConflictError{Newest: s.newest}
	}
	if err != nil {
		return false, err
	}
	before, err := old.Catalog()
	if err != nil {
		return false, err
	}
	want, err := edited(before, edit)
	if err != nil {
		return false, err
	}
	current := s.Current()
	theirs := Diff(before, current)
	var touched []Change
	done = true
	for _, mine := range Diff(before, want) {
		if current.has(mine, want) {
			continue
		}
		done = false
		for _, other := range theirs {
			if mine.same(other) {
				touched = append(touched, other)
			}
		}
	}
	if len(touched) > 0 {
		return false, &ConflictError{Newest: s.newest, Changes: touched}
	}
	return done, nil
}

// has reports whether the catalog is, in what a change to want is about, as want is.
func (c *Catalog) has(change Change, want *Catalog) bool {
	for _, d := range Diff(c, want) {
		if d.same(change) && (d.Act != Moved || change.Act == Moved) {
			return false
		}
	}
	return true
}

// UndoCatalog takes the newest revision back, as a revision that follows it and that is durable when
// UndoCatalog returns. revision is the newest that the person by saw: a *ConflictError if it is not
// the newest any more. Undoing it again returns the revision that did it. ErrNothingToUndo for the
// first.
func (s *Source) UndoCatalog(ctx context.Context, by, revision int64) (Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(ctx); err != nil {
		return Revision{}, err
	}
	switch {
	case s.newest.Undoes == revision && revision != 0:
		return s.newest, nil
	case s.newest.Number != revision:
		return Revision{}, &ConflictError{Newest: s.newest}
	}
	before, err := s.store.CatalogRevision(ctx, revision-1)
	if revision == 1 || errors.Is(err, ErrNoRevision) {
		return Revision{}, ErrNothingToUndo
	}
	if err != nil {
		return Revision{}, err
	}
	c, err := before.parse(s.Current().files)
	if err != nil {
		return Revision{}, err
	}
	return s.add(ctx, c, Revision{By: by, Origin: FromUndo, Undoes: revision, Changes: Diff(s.Current(), c)})
}

// KeepFile keeps a picture or a file of goods that was sent in the chat, and returns the name that a
// product can have for it. called is what the sender calls the file, such as "guide.pdf". Whether it is
// a picture that Telegram takes is checked when a catalog names it.
func (s *Source) KeepFile(ctx context.Context, content []byte, called string) (name string, err error) {
	switch {
	case len(content) == 0:
		return "", errors.New("the file is empty")
	case len(content) > maxFileSize:
		return "", fmt.Errorf("the file is over %d MB", maxFileSize>>20)
	}
	name = uploadName(content, called)
	if err := s.store.KeepFile(ctx, name, content); err != nil {
		return "", fmt.Errorf("keep file %s: %w", name, err)
	}
	return name, nil
}

// Proposal is what applying a file would do.
type Proposal struct {
	Base    int64    `json:"base"` // the revision in force, for ApplyFile
	Changes []Change `json:"changes,omitempty"`
}

// PreviewFile tells what the file of an owner would change. Errors are the faults of the file, and a
// *StaleFileError if it was not made from the revision in force. name is what messages call it.
// Photos and goods are beside the catalog file, wherever the file is.
func (s *Source) PreviewFile(ctx context.Context, name string, data []byte) (Proposal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.read(ctx, name, data)
	return Proposal{Base: s.newest.Number, Changes: r.Changes}, err
}

// ApplyFile makes the file of an owner the next revision. base is that of its Proposal: a
// *ConflictError if the catalog has changed since. Other errors are those of PreviewFile. A file that
// changes nothing makes no revision: the one in force is returned.
func (s *Source) ApplyFile(ctx context.Context, by, base int64, name string, data []byte) (Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, r, err := s.read(ctx, name, data)
	switch {
	case err != nil:
		return Revision{}, err
	case len(r.Changes) == 0:
		return s.newest, nil
	case base != s.newest.Number:
		return Revision{}, &ConflictError{Newest: s.newest}
	}
	r.By = by
	return s.add(ctx, c, r)
}

// read checks the file of an owner and returns its catalog, and the revision that it would be.
func (s *Source) read(ctx context.Context, name string, data []byte) (*Catalog, Revision, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, Revision{}, err
	}
	c, err := parseFile(name, data, s.Current().files)
	if err != nil {
		return nil, Revision{}, err
	}
	r := Revision{Origin: FromCommand, Changes: Diff(s.Current(), c)}
	if there, _, err := s.file.read(); err == nil && bytes.Equal(there, data) { // it is the catalog file
		r.Origin, r.File = FromFile, hashOf(data)
	}
	if len(r.Changes) > 0 && !s.knows(c.stated, r.Origin, r.File) {
		return nil, r, &StaleFileError{File: name, Version: version(hashOf(data)), Stated: c.stated, Newest: s.newest.Number, Changes: r.Changes}
	}
	return c, r, nil
}

// KeptFile reads a file that was sent in the chat; fs.ErrNotExist if there is none.
func (s *Source) KeptFile(_ context.Context, name string) ([]byte, error) {
	if !isUpload(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return s.Current().ReadFile(name) // an export may have put it beside the catalog file
}

// Uploads lists the names of files sent in the chat that the catalog uses.
func (c *Catalog) Uploads() (names []string) {
	for _, name := range c.fileNames() {
		if isUpload(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Export is a revision as a file for an owner: it states the revision that it was made from.
func (r *Revision) Export() []byte {
	return fmt.Appendf(nil, "# Revision %d of the catalog, of %s UTC. You may change this file and put it in the place of\n"+
		"# your catalog file. The shop refuses it if the catalog was changed in another way since this revision.\n"+
		"revision: %d\n\n%s", r.Number, r.At.UTC().Format(time.DateTime), r.Number, r.YAML)
}

// TookIn reports whether a text is that of the catalog file which was last taken in.
func (r *Revision) TookIn(file []byte) bool { return r.File == hashOf(file) }

// Catalog reads the revision without looking for its photos and goods.
func (r *Revision) Catalog() (*Catalog, error) {
	c, err := r.parse(nil)
	if err != nil {
		return nil, err
	}
	c.Revision = r.Number
	return c, nil
}
