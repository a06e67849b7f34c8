package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.etcd.io/bbolt"
)

// upgrade changes the layout of one schema into that of the next. It runs in one transaction, which
// also writes the new number.
type upgrade struct {
	from, to string
	apply    func(*bbolt.Tx) error
}

// upgrades lists all upgrades. There has been one schema so far.
func upgrades() []upgrade { return nil }

// upgradeMark is in the name of the copy that is kept of a database before its layout changes.
const upgradeMark = ".before-schema-"

// upgradeFile brings a database of an older layout up to date. A copy of the file as it was is kept
// beside it, whole and on disk before anything changes. Each step is one transaction, so a file that
// a crash left in between is brought up to date by the next start.
func upgradeFile(path string, set settings) error {
	for _, u := range set.upgrades {
		if err := u.run(path, set); err != nil {
			return fmt.Errorf("change its layout from schema %s to %s: %w", u.from, u.to, err)
		}
	}
	return nil
}

// run does nothing to a file of another schema than u.from.
func (u upgrade) run(path string, set settings) (err error) {
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType, OpenFile: set.disk.openFile})
	if err != nil {
		return asOurs(err)
	}
	defer func() { err = errors.Join(err, bolt.Close()) }()
	defer recoverCorruption(&err)()
	found := ""
	err = bolt.View(func(tx *bbolt.Tx) error {
		if meta := tx.Bucket(bucketMeta.bytes); meta != nil {
			found = string(meta.Get(schemaName()))
		}
		return nil
	})
	if err != nil || found != u.from {
		return err
	}
	kept := path + upgradeMark + u.to + "-" + time.Now().UTC().Format("20060102T150405Z")
	copied, err := set.disk.writeBeside(kept, func(to *os.File) error {
		return bolt.View(func(tx *bbolt.Tx) error { return copyTo(tx, to, func() error { return nil }) })
	})
	if err != nil {
		return err
	}
	if err := set.disk.publish(copied, kept, false); err != nil && !errors.Is(err, fs.ErrExist) {
		return errors.Join(err, os.Remove(copied))
	}
	set.log.Warn("database of an older version, its layout is changed", "schema", found, "to", u.to, "copy", kept)
	return bolt.Update(func(tx *bbolt.Tx) error {
		if err := u.apply(tx); err != nil {
			return err
		}
		return tx.Bucket(bucketMeta.bytes).Put(schemaName(), []byte(u.to))
	})
}
