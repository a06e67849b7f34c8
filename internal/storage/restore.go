package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Restored tells what Restore did.
type Restored struct {
	// Aside is where the database that was there is now; "" where there was none.
	Aside string
	// Orders is how many orders the backup holds.
	Orders int
	// Last is the time of the last movement of goods or money in the backup, or zero.
	Last time.Time
}

// UnsoundError says that a backup can be opened, and that not all it holds agrees.
type UnsoundError struct {
	// Breaches are the first few, in words.
	Breaches []string
	Count    int
}

func (e *UnsoundError) Error() string {
	return fmt.Sprintf("%d things in it do not agree, the first: %s", e.Count, e.Breaches[0])
}

// Restore puts a copy of the backup at from in the place of the database at path. The backup is only
// read. The copy is looked through first, every invariant of it, and brought to this program's
// layout; the database that is there, be it damaged or sound, is kept under another name. Until the last
// step, which is one rename, everything is as it was.
//
// Errors: ErrInUse where a shop has the database open; ErrNotOurs, ErrDamaged, ErrNewer and *UnsoundError
// about the backup.
func Restore(ctx context.Context, from, path string) (done Restored, err error) {
	held, err := hold(path)
	switch {
	case err == nil:
		defer func() { _ = held.Close() }() // the lock goes with it; nothing was written
	case !errors.Is(err, fs.ErrNotExist):
		return Restored{}, advise(path, err)
	}
	temporary, err := copyWhole(from, path)
	if err != nil {
		return Restored{}, err
	}
	if done, err = examineCopy(ctx, temporary); err != nil {
		return Restored{}, errors.Join(fmt.Errorf("backup %s: %w", from, err), os.Remove(temporary), removeJournal(journalPaths(temporary)))
	}
	if done.Aside, err = keepAside(path, held != nil); err != nil {
		return Restored{}, errors.Join(err, os.Remove(temporary))
	}
	// Nobody opens the file in its new place before the journal of the one before is gone, which is kept aside.
	lock, err := hold(temporary)
	if err != nil {
		return Restored{}, errors.Join(err, os.Remove(temporary))
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := place(temporary, path, held != nil); err != nil {
		return Restored{}, err
	}
	return done, removeJournal(journalPaths(path))
}

// copyWhole copies a backup, with its journal if there is one, to beside path.
func copyWhole(from, path string) (name string, err error) {
	name, err = writeBeside(path, func(w io.Writer) error { return copyFile(from, w, looksLikeDatabase) })
	if err != nil {
		return "", err
	}
	for i, journal := range journalPaths(from) {
		if _, err := os.Lstat(journal); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := copyJournal(journal, journalPaths(name)[i]); err != nil {
			return "", errors.Join(err, os.Remove(name), removeJournal(journalPaths(name)))
		}
	}
	return name, nil
}

func copyJournal(from, to string) error {
	copied, err := writeBeside(to, func(w io.Writer) error { return copyFile(from, w, nil) })
	if err != nil {
		return err
	}
	return place(copied, to, false)
}

// looksLikeDatabase refuses what cannot be a database before all of it is read.
func looksLikeDatabase(file *os.File) error {
	_, err := readPages(file)
	return err
}

// copyFile copies a file that look, unless it is nil, has nothing against.
func copyFile(from string, w io.Writer, look func(*os.File) error) (err error) {
	file, err := os.Open(from) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if look != nil {
		if err := look(file); err != nil {
			return fmt.Errorf("backup %s: %w", from, err)
		}
	}
	_, err = io.Copy(w, file)
	return err
}

// examineCopy opens a copy as a shop would, and walks all that it holds.
func examineCopy(ctx context.Context, path string) (done Restored, err error) {
	if err := inspect(ctx, path); err != nil {
		return Restored{}, err
	}
	db, err := Open(ctx, path)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unsound := &UnsoundError{}
	if err := db.Check(ctx, func(breach string) {
		if unsound.Count++; unsound.Count <= maxBreaches {
			unsound.Breaches = append(unsound.Breaches, breach)
		}
	}); err != nil {
		return Restored{}, err
	}
	if unsound.Count > 0 {
		return Restored{}, unsound
	}
	return db.summary(ctx)
}

// maxBreaches is how many a person would read.
const maxBreaches = 10

func (db *DB) summary(ctx context.Context) (sum Restored, err error) {
	err = db.read(ctx, func(t *tx) error {
		all, err := decodeCounters(t.get(statistics, statisticsKey(allTime, "")))
		if err != nil {
			return err
		}
		sum.Orders = all.Ordered
		if key, record := t.last(audit); key != nil {
			last, err := decodeAudit(toNumber(key), record)
			t.check(err)
			sum.Last = last.At
		}
		return t.failed
	})
	return sum, err
}

// keepAside gives the database at path, if there is one, and its journal a second name, that of this second.
func keepAside(path string, there bool) (name string, err error) {
	name = path + ".before-restore-" + time.Now().UTC().Format("20060102T150405Z")
	for i, journal := range journalPaths(path) {
		if err := secondName(journal, journalPaths(name)[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if !there {
		return "", nil
	}
	return name, secondName(path, name)
}

// secondName gives a file another name as well. A file that has that name stays, and the error is fs.ErrExist.
func secondName(path, name string) error {
	err := os.Link(path, name)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A file system without links. A second name is wanted rather than another name, so that there is
	// no moment in which a shop that starts finds nothing and begins anew.
	copied, err := writeBeside(name, func(w io.Writer) error { return copyFile(path, w, nil) })
	if err != nil {
		return err
	}
	return place(copied, name, false)
}
