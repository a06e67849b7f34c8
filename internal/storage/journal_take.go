package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// unmoved reads what the database file lacks and its journal has, and tells where the journal ends.
func (db *DB) unmovedJournal(ctx context.Context, schema uint32) (*layer, position, error) {
	if name := hasJournal(db.path); schema < withJournal {
		if name != "" {
			return nil, position{}, fmt.Errorf("%w %s is that of another database", errJournal, name)
		}
		return newLayer(), position{}, nil
	}
	var has position
	err := db.read(ctx, func(t *tx) error {
		has = decodePosition(t.get(meta, journalName()))
		return t.failed
	})
	if err != nil {
		return nil, has, err
	}
	secret, err := db.Secret(ctx)
	if err != nil {
		return nil, has, err
	}
	return readJournal(journalPaths(db.path), has, journalSeed(secret))
}

// takeJournal moves into the file what a shop that did not end well has left in the journal.
func (db *DB) takeJournal(ctx context.Context, schema uint32) error {
	found, end, err := db.unmovedJournal(ctx, schema)
	if err != nil {
		return err
	}
	db.journal.end = end
	if found.empty() {
		return nil
	}
	db.uneven = true
	return moveInto(db.bolt, found, end)
}

// moveClosed makes the file of a database that nobody has open whole by itself. Nothing else in it is changed, also if
// it is of an older layout.
func moveClosed(ctx context.Context, path string) (err error) {
	if hasJournal(path) == "" {
		return nil
	}
	bolt, file, err := openBolt(path, settings{mapAhead: mapAhead})
	if err != nil {
		return err
	}
	db := &DB{bolt: bolt, file: file, path: path, newest: newest{active: newLayer()}}
	var broken error
	func() {
		defer surviveDamage(&err, &broken)()
		var schema uint32
		if schema, err = db.schema(ctx); err == nil {
			err = db.takeJournal(ctx, schema)
		}
	}()
	if broken == nil {
		err = errors.Join(err, bolt.Close())
	}
	if err != nil {
		return advise(path, err)
	}
	return removeJournal(journalPaths(path))
}
