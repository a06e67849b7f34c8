package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	berrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrNotOurs says that the file is something else than a shop's database.
	ErrNotOurs = errors.New("not a shopbot database")
	// ErrNewer says that a later program has changed the layout of the database.
	ErrNewer = errors.New("written by a newer shopbot")
)

// migration brings a database from the schema before to its own. It runs once,
// in one transaction with the note that it did.
type migration struct {
	to  uint32
	run func(*tx) error
}

// migrations lists all of them, the oldest first. One that was released is never changed.
func migrations() []migration {
	return []migration{
		{to: 1, run: func(t *tx) error { return t.makeBuckets(firstBuckets()...) }},
		{to: 2, run: (*tx).beginAudit},
		{to: 3, run: (*tx).thinIndexes},
		{to: 4, run: (*tx).dropWork},
		{to: 5, run: (*tx).beginJournal},
		{to: 6, run: (*tx).splitResting},
	}
}

func schemaName() []byte { return []byte("schema") }

func newestOf(list []migration) uint32 { return list[len(list)-1].to }

// migrate brings a database of the schema that it has up to the last of the migrations.
func (db *DB) migrate(has uint32, list []migration) error {
	for _, m := range list {
		if m.to <= has {
			continue
		}
		err := db.direct(func(t *tx) error {
			if err := m.run(t); err != nil {
				return err
			}
			t.put(meta, schemaName(), binary.BigEndian.AppendUint32(nil, m.to))
			return t.failed
		})
		if err != nil {
			return fmt.Errorf("change its layout to schema %d: %w", m.to, err)
		}
	}
	return nil
}

func newerThan(has, newest uint32) error {
	return fmt.Errorf("%w: it has schema %d and this program knows %d: run the newer program", ErrNewer, has, newest)
}

// firstTransaction is what bbolt begins a new file with.
const firstTransaction = 1

// schema is the number of the database's layout, 0 for a new file.
func (db *DB) schema(ctx context.Context) (has uint32, err error) {
	err = db.read(ctx, func(t *tx) error {
		if first, _ := t.file.Cursor().First(); first == nil {
			if t.file.ID() > firstTransaction {
				return fmt.Errorf("%w: it was written to, and holds nothing", ErrDamaged)
			}
			return nil
		}
		b := t.file.Bucket(meta.name)
		if b == nil || len(b.Get(schemaName())) != 4 {
			return ErrNotOurs
		}
		has = binary.BigEndian.Uint32(bytes.Clone(b.Get(schemaName())))
		return nil
	})
	return has, err
}

func (t *tx) makeBuckets(names ...[]byte) error {
	t.wrote = true
	for _, name := range names {
		if _, err := t.file.CreateBucket(name); err != nil && !errors.Is(err, berrors.ErrBucketExists) {
			return fmt.Errorf("bucket %q: %w", name, err)
		}
	}
	return nil
}

func (t *tx) dropBucket(name []byte) error {
	t.wrote = true
	if err := t.file.DeleteBucket(name); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
		return fmt.Errorf("bucket %q: %w", name, err)
	}
	return nil
}
