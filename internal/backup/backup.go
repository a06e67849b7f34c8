// Package backup keeps copies of a shop's database in another place: a directory, an S3-compatible
// bucket, or the owners' chat. It makes them at intervals, verifies them, removes old ones, and
// finds them again. The one idea to keep in mind: a copy counts only once it was examined and read
// back from where it was put.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// Copier writes a consistent copy of the database.
type Copier func(ctx context.Context, to io.Writer) error

// Keeper makes the copies of one shop.
type Keeper struct {
	cfg        config.Config
	place      place
	recipients []age.Recipient // nil: copies are not encrypted
	copy       Copier
	// Log is told of each copy; nil: nothing is.
	Log *slog.Logger

	last atomic.Pointer[Made]
}

// Made is a copy that was made.
type Made struct {
	Name  string    `json:"name"`
	Place string    `json:"place"`
	At    time.Time `json:"at"`
	Bytes int64     `json:"bytes"`
}

// New returns the Keeper of a configuration, or nil if it asks for no backups. send is nil outside a
// running shop.
func New(cfg config.Config, copier Copier, send Sender) (*Keeper, error) {
	if cfg.BackupTo == "" {
		return nil, nil //nolint:nilnil // no backups
	}
	to, err := placeOf(cfg, cfg.BackupTo, send)
	if err != nil {
		return nil, err
	}
	return &Keeper{cfg: cfg, place: to, recipients: cfg.BackupRecipient.List(), copy: copier}, nil
}

// timeForm is how names of copies tell their time, which is UTC's.
const timeForm = "20060102T150405Z"

// base is what names of copies begin with: the name of the database.
func base(cfg config.Config) string {
	name := cfg.Database.FileName()
	return strings.TrimSuffix(name, filepath.Ext(name)) + "-"
}

// namesOf matches the names of a shop's copies.
func namesOf(cfg config.Config) *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(base(cfg)) + `\d{8}T\d{6}Z` + regexp.QuoteMeta(plainEnding) + `(\.zst\.age)?$`)
}

// Once makes a copy now, and removes the oldest if there are more than are kept. A copy that was made
// is returned also if the removal fails.
func (k *Keeper) Once(ctx context.Context) (made Made, err error) {
	made = Made{Place: k.place.String(), At: time.Now()}
	ending := plainEnding
	if len(k.recipients) > 0 {
		ending = sealedEnding
	}
	made.Name = base(k.cfg) + made.At.UTC().Format(timeForm) + ending
	if to, ok := k.place.(directory); ok && len(k.recipients) == 0 {
		made.Bytes, err = k.writePlain(ctx, to, made.Name)
	} else {
		made.Bytes, err = k.writeSealed(ctx, made.Name)
	}
	if err != nil {
		return Made{}, err
	}
	k.last.Store(&made)
	return made, k.rotate(ctx)
}

// writePlain writes the database itself into a directory.
func (k *Keeper) writePlain(ctx context.Context, to directory, name string) (size int64, err error) {
	h := sha256.New()
	file := filepath.Join(string(to), name)
	size, err = storage.WriteBackup(ctx, k.cfg.PrivateFiles(), file, false, func(w io.Writer) error {
		return k.copy(ctx, io.MultiWriter(w, h))
	})
	if err != nil {
		return 0, to.withHint(err)
	}
	return size, to.check(ctx, name, copied{size: size, sum: sumOf(h)})
}

// spoolKind begins the name of the directory in which a copy is prepared.
const spoolKind = ".shopbot-backup-"

// spoolsIn is the directory of spools: that of the database's file, or with PostgreSQL the system's
// for temporary files.
func spoolsIn(cfg config.Config) (string, error) {
	if cfg.Database.IsPostgres() {
		return os.TempDir(), nil
	}
	database, err := filepath.EvalSymlinks(cfg.Database.Path())
	return filepath.Dir(database), err
}

// writeSealed examines, compresses and encrypts a copy, and puts it in its place.
func (k *Keeper) writeSealed(ctx context.Context, name string) (size int64, err error) {
	dir, err := spoolsIn(k.cfg)
	if err != nil {
		return 0, err
	}
	spool, err := storage.MakeSpool(dir, spoolKind)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(spool)) }()
	plain, sealed := filepath.Join(spool, "copy"), filepath.Join(spool, "sealed")
	_, err = storage.WriteBackup(ctx, k.cfg.PrivateFiles(), plain, false, func(w io.Writer) error { return k.copy(ctx, w) })
	if err != nil {
		return 0, err
	}
	f, err := k.sealFile(sealed, plain)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.file.Close()) }()
	return f.size, k.place.put(ctx, name, f)
}

func (k *Keeper) sealFile(to, from string) (f copied, err error) {
	plain, err := os.Open(from) //nolint:gosec // we made it
	if err != nil {
		return f, err
	}
	defer func() { _ = plain.Close() }() // only read

	if f.file, err = os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil { //nolint:gosec // in a directory that we made
		return f, err
	}
	h := sha256.New()
	if err = seal(io.MultiWriter(f.file, h), plain, k.recipients); err == nil {
		f.size, err = f.file.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		return f, errors.Join(err, f.file.Close())
	}
	f.sum = sumOf(h)
	return f, os.Remove(from) // room on the disk
}

// rotate removes the oldest copies of this shop beyond those that are kept. Nothing else is touched.
func (k *Keeper) rotate(ctx context.Context) error {
	names, err := k.List(ctx)
	if err != nil {
		return err
	}
	for _, name := range names[:max(len(names)-int(k.cfg.BackupKeep), 0)] {
		if err := k.place.remove(ctx, name); err != nil {
			return fmt.Errorf("remove the old backup %s: %w", name, err)
		}
	}
	return nil
}

// List names the copies of this shop that there are, the oldest first.
func (k *Keeper) List(ctx context.Context) ([]string, error) { return list(ctx, k.cfg, k.place) }

func list(ctx context.Context, cfg config.Config, in place) ([]string, error) {
	names, err := in.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	ours := namesOf(cfg)
	names = slices.DeleteFunc(names, func(name string) bool { return !ours.MatchString(name) })
	slices.Sort(names) // by time: the names differ in nothing before it
	return names, nil
}

// Last returns the latest known copy, or false before the first one.
func (k *Keeper) Last() (Made, bool) {
	if made := k.last.Load(); made != nil {
		return *made, true
	}
	return Made{}, false
}

// Notes keeps small values under names. *storage.DB is one.
type Notes interface {
	Note(ctx context.Context, name string) ([]byte, error)
	SetNote(ctx context.Context, name string, value []byte) error
}

const lastNote = "backup"

// Times of scheduled backups.
const (
	startDelay = time.Minute      // so that a start is quick
	retryAfter = 10 * time.Minute // after one that failed
)

// Run makes a copy at each interval until ctx ends. report is called with how each went.
func (k *Keeper) Run(ctx context.Context, notes Notes, report func(error)) error {
	k.loadLast(ctx, notes)
	wait := max(k.untilDue(), startDelay)
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		made, err := k.Once(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was not finished because the shop stops
		}
		if made.Name != "" {
			k.Log.InfoContext(ctx, "backup made", "name", made.Name, "place", made.Place, "bytes", made.Bytes)
			k.saveLast(ctx, notes, made)
		}
		if err != nil {
			k.Log.ErrorContext(ctx, "backup failed", "place", k.place.String(), "error", err)
		}
		report(err)
		if wait = time.Duration(k.cfg.BackupEvery); err != nil {
			wait = min(wait, retryAfter)
		}
	}
}

// untilDue is how long the next copy may wait. A last copy in the future was made while the clock was
// ahead.
func (k *Keeper) untilDue() time.Duration {
	last, some := k.Last()
	if !some || last.At.After(time.Now()) {
		return 0
	}
	return time.Until(last.At.Add(time.Duration(k.cfg.BackupEvery)))
}

func (k *Keeper) loadLast(ctx context.Context, notes Notes) {
	value, err := notes.Note(ctx, lastNote)
	var last Made
	if err == nil && value != nil {
		err = json.Unmarshal(value, &last)
	}
	switch {
	case err != nil:
		k.Log.WarnContext(ctx, "read when the last backup was made failed", "error", err)
	case value != nil && last.Place == k.place.String(): // another place has none yet
		k.last.Store(&last)
	}
}

func (k *Keeper) saveLast(ctx context.Context, notes Notes, made Made) {
	value, err := json.Marshal(made)
	if err == nil {
		err = notes.SetNote(ctx, lastNote, value)
	}
	if err != nil {
		k.Log.WarnContext(ctx, "note when the last backup was made failed", "error", err)
	}
}
