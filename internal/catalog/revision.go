package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Revision is one state of the catalog. The newest one is the catalog in force.
type Revision struct {
	Number int64     `json:"number"` // from 1, without gaps
	At     time.Time `json:"at"`
	// By is the Telegram id of the person who made it; 0 for the catalog file and the command line.
	By     int64  `json:"by,omitempty"`
	Origin Origin `json:"origin"`
	// Undoes is the revision that this one takes back; 0 for none.
	Undoes int64 `json:"undoes,omitempty"`
	// Changes are what is different from the revision before.
	Changes []Change `json:"changes,omitempty"`
	// YAML is the whole catalog, as Draft.YAML writes it; nil in a list of revisions.
	YAML []byte `json:"yaml,omitempty"`
	// File is the hash of the catalog file that was last taken in.
	File string `json:"file,omitempty"`
	// Edited is the number of the newest revision up to this one that did not come from the catalog
	// file; 0 for none. A file that does not know of that revision would undo it.
	Edited int64 `json:"edited,omitempty"`
	// Refused is the hash of a catalog file that was refused since it states a later revision than
	// there was, such as one that a restored backup does not have. It stays refused once there is a
	// revision of that number, which is another one.
	Refused string `json:"refused,omitempty"`
}

// label is what messages call the revision's text.
func (r *Revision) label() string { return fmt.Sprintf("catalog revision %d", r.Number) }

// parse reads the catalog of the revision; files as in Parse.
func (r *Revision) parse(files fs.FS) (*Catalog, error) { return Parse(r.label(), r.YAML, files) }

// Origin is where a revision comes from. The words are stored on disk.
type Origin string

// The origins of revisions.
const (
	FromFile    Origin = "file"    // the file that SHOPBOT_CATALOG names
	FromChat    Origin = "chat"    // a change in the chat
	FromCommand Origin = "command" // shopbot catalog apply
	FromUndo    Origin = "undo"
)

// Store keeps revisions, and files that were sent in the chat. Each method is one durable
// transaction, except that of KeepFile.
type Store interface {
	// CatalogRevision reads a revision by its number; 0: the newest. Errors: ErrNoRevision.
	CatalogRevision(ctx context.Context, number int64) (Revision, error)
	// CatalogRevisions lists up to limit revisions without their YAML, newest first, those before
	// the given number (0: from the newest).
	CatalogRevisions(ctx context.Context, before int64, limit int) ([]Revision, error)
	// AddCatalogRevision stores the revision that follows the newest one, and an audit entry if it
	// is not the first. It deletes those beyond the KeptRevisions newest. ErrRevisionTaken if r.Number
	// is not the next.
	AddCatalogRevision(ctx context.Context, r Revision) error

	// KeepFile keeps a file under a name. Files are never deleted: an open order may need them. It
	// may take several transactions; before it returns nil there is no such file.
	KeepFile(ctx context.Context, name string, content []byte) error
	// KeptFile reads a file; fs.ErrNotExist if there is none.
	KeptFile(ctx context.Context, name string) ([]byte, error)
	// KeptFileSize is the size of a file in bytes; fs.ErrNotExist if there is none.
	KeptFileSize(ctx context.Context, name string) (int64, error)
}

// KeptRevisions is how many revisions a Store keeps.
const KeptRevisions = 100

var (
	// ErrNoRevision says that a Store has no revision of a number: it was never made, or KeptRevisions
	// newer ones were.
	ErrNoRevision = errors.New("no such revision of the catalog")
	// ErrRevisionTaken says that another revision was stored meanwhile.
	ErrRevisionTaken = errors.New("the catalog has changed meanwhile")
	// ErrNothingToUndo says that there is no revision before this one.
	ErrNothingToUndo = errors.New("there is no revision of the catalog before this one")
)

// ConflictError says that somebody changed the same thing after the revision that a change was made
// from. Nothing was changed.
type ConflictError struct {
	Newest Revision // the one in force
	// Changes are what was changed meanwhile, of what the change was about.
	Changes []Change
}

func (e *ConflictError) Error() string {
	said := fmt.Sprintf("the catalog has changed meanwhile: it is at revision %d", e.Newest.Number)
	if len(e.Changes) > 0 {
		said += "; " + e.Changes[0].String()
	}
	return said
}

// StaleFileError says that a catalog file does not know of changes that were made in the chat, so
// taking it in would undo them.
type StaleFileError struct {
	File string // as messages call it
	// Version tells one version of the file from another.
	Version string
	Stated  int64 // the revision that it says it was made from; 0 if it says none
	Newest  int64 // the revision in force
	// Changes are what the file would change.
	Changes []Change

	hash string
}

// Error names the remedies and lists what the file would change, a line each.
func (e *StaleFileError) Error() string {
	said := fmt.Sprintf("%s: it was not made from revision %d of the catalog, which is in force; "+
		"'shopbot catalog export FILE' writes that one to put your changes into, "+
		"or write 'revision: %d' at the top of yours to take it as it is", e.File, e.Newest, e.Newest)
	if e.Stated > e.Newest {
		said = fmt.Sprintf("%s: it says revision: %d, and the newest of this database is %d; "+
			"write 'revision: %d' to take it as it is", e.File, e.Stated, e.Newest, e.Newest)
	}
	said += ". It would change:"
	for i, c := range e.Changes {
		if i == maxFaults {
			return said + fmt.Sprintf("\n  and %d more", len(e.Changes)-maxFaults)
		}
		said += "\n  " + c.String()
	}
	return said
}
