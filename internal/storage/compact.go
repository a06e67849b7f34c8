package storage

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// compactCommit is how many bytes each transaction of a compaction copies.
const compactCommit = 16 << 20

// Compact writes the database at path anew without its free pages, and returns its size in bytes
// before and after. The new file is examined, and has to hold as much as the old one; the last step
// is one rename, before which nothing changes.
//
// Errors: ErrInUse if a shop has the database open; those of Examine.
func Compact(ctx context.Context, path string) (before, after int64, err error) {
	return compact(ctx, usualDisk(), path)
}

func compact(ctx context.Context, d disk, path string) (before, after int64, err error) {
	err = look(path, d, func(db *DB) error {
		target, err := resolve(path)
		if err != nil {
			return err
		}
		whole, err := db.Census(ctx)
		if err != nil {
			return err
		}
		temporary, err := d.writeBeside(target, func(to *os.File) error { return compactInto(to, db.file.bolt) })
		if err != nil {
			return err
		}
		found, err := examineSound(ctx, temporary)
		if err == nil && found != whole {
			err = errors.New("the new file does not hold all that the old one does")
		}
		if err == nil {
			before, after, err = sizes(target, temporary)
		}
		if err == nil {
			err = d.publish(temporary, target, true)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("compact: %w", err), removeIfThere(temporary))
		}
		return nil
	})
	return before, after, err
}

func compactInto(to *os.File, from *bbolt.DB) error {
	unlockFile(to) // bbolt locks it
	bolt, err := bbolt.Open(to.Name(), 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistMapType, PageSize: from.Info().PageSize, NoSync: true, // writeBeside syncs
	})
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(bolt, from, compactCommit), bolt.Close())
}

func sizes(a, b string) (ofA, ofB int64, err error) {
	first, err := os.Stat(a)
	if err != nil {
		return 0, 0, err
	}
	second, err := os.Stat(b)
	if err != nil {
		return 0, 0, err
	}
	return first.Size(), second.Size(), nil
}

func removeIfThere(name string) error {
	if err := os.Remove(name); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
