package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// hasJournal names a file of a journal that lies beside a database; "" where there is none.
func hasJournal(path string) string {
	for _, p := range journalPaths(path) {
		if _, err := os.Lstat(p); err == nil {
			return filepath.Base(p)
		}
	}
	return ""
}

// takeJournal moves into the file what a shop that did not end well has left in the journal, which is there no longer then.
func (db *DB) takeJournal(schema uint32) error {
	m, secret, err := db.mark(schema)
	if err != nil {
		return err
	}
	db.journal.end, db.mover.has = m.has, m.has
	if !m.open && hasJournal(db.path) == "" {
		return nil
	}
	// Whoever was here before may have failed to flush what the file says now, and with that in mind a journal is removed.
	db.unsettled = true
	if err := db.settle(); err != nil {
		return err
	}
	if !m.open {
		return db.putAside(m.has, secret)
	}
	found, end, err := readJournal(db.journal.paths, m.has, journalSeed(secret))
	if err != nil {
		return err
	}
	db.journal.end, db.mover.has = end, end
	if err := moveInto(db.bolt, found, mark{end, false}); err != nil {
		return err
	}
	if err := db.leaveJournal(); err != nil {
		return err
	}
	return removeJournal(db.journal.paths)
}

// putAside clears the way of files that are not of the database that lies beside them. What is in the file
// already is removed, as it was about to be; all else gets another name.
func (db *DB) putAside(has position, secret []byte) error {
	for i, path := range db.journal.paths {
		content, err := os.ReadFile(path) //nolint:gosec // beside the database
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if isMoved(content, i, has, journalSeed(secret)) {
			err = os.Remove(path)
		} else {
			aside := path + ".aside-" + time.Now().UTC().Format("20060102T150405Z")
			db.log.Warn("a journal that does not belong to the database is put aside", "file", aside)
			err = os.Rename(path, aside)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isMoved reports whether all that a file of the journal holds is in the database file.
func isMoved(content []byte, number int, has position, seed uint64) bool {
	if !bytes.HasPrefix(content, firstBlock(number, seed)) {
		return false
	}
	for content = content[journalBlock:]; len(content) >= journalBlock; content = content[journalBlock:] {
		if frame := wholeFrame(content, seed); frame != nil && binary.BigEndian.Uint64(frame[8:]) > has.number {
			return false
		}
	}
	return true
}

// moveClosed makes the file of a database that nobody has open whole by itself. Nothing else in it is changed, also if
// it is of an older layout.
func moveClosed(ctx context.Context, path string) (err error) {
	if hasJournal(path) == "" {
		return nil
	}
	bolt, file, err := openBolt(path, usualSettings())
	if err != nil {
		return err
	}
	db := lookingAt(bolt, path)
	db.file, db.journal.paths = file, journalPaths(path)
	err = db.moveLeft(ctx)
	if db.broken == nil { // else bbolt would wait for itself for ever
		err = errors.Join(err, bolt.Close())
	}
	if err != nil {
		return advise(path, err)
	}
	return nil
}

func (db *DB) moveLeft(ctx context.Context) (err error) {
	defer surviveDamage(&err, &db.broken)()
	has, err := db.schema(ctx)
	if err != nil {
		return err
	}
	if newest := newestOf(migrations()); has > newest {
		return newerThan(has, newest) // whose journal we cannot read
	}
	if m, _, err := db.mark(has); err != nil || !m.open {
		return err
	}
	return db.takeJournal(has)
}
