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
func Restore(ctx context.Context, from, path string) (Restored, error) {
	held, err := hold(path)
	switch {
	case err == nil:
		defer func() { _ = held.Close() }() // the lock goes with it; nothing was written
	case !errors.Is(err, fs.ErrNotExist):
		return Restored{}, advise(path, err)
	}
	temporary, err := writeBeside(path, func(w io.Writer) error { return copyFile(from, w) })
	if err != nil {
		return Restored{}, err
	}
	done, err := examineCopy(ctx, temporary)
	if err != nil {
		return Restored{}, errors.Join(fmt.Errorf("backup %s: %w", from, err), os.Remove(temporary))
	}
	if held != nil {
		if done.Aside, err = keepAside(path); err != nil {
			return Restored{}, errors.Join(err, os.Remove(temporary))
		}
	}
	if err := place(temporary, path, held != nil); err != nil {
		return Restored{}, err
	}
	return done, nil
}

// copyFile refuses what cannot be a database before it reads all of it.
func copyFile(from string, w io.Writer) (err error) {
	file, err := os.Open(from) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := readPages(file); err != nil {
		return fmt.Errorf("backup %s: %w", from, err)
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
		if b := t.bucket(audit); b != nil {
			if key, record := b.Cursor().Last(); key != nil {
				last, err := decodeAudit(toNumber(key), record)
				t.check(err)
				sum.Last = last.At
			}
		}
		return t.failed
	})
	return sum, err
}

// keepAside gives the database at path a second name, that of this second.
func keepAside(path string) (name string, err error) {
	name = path + ".before-restore-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Link(path, name); err == nil || errors.Is(err, fs.ErrExist) {
		return name, err
	}
	// A file system without links. A second name is wanted rather than another name, so that there is
	// no moment in which a shop that starts finds nothing and begins anew.
	copied, err := writeBeside(name, func(w io.Writer) error {
		file, err := os.Open(path) //nolint:gosec // the path is the owner's choice
		if err != nil {
			return err
		}
		_, err = io.Copy(w, file)
		return errors.Join(err, file.Close())
	})
	if err != nil {
		return "", err
	}
	return name, place(copied, name, false)
}
