package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// withSnapshot calls use with a file that holds what a transaction of another engine sees. The file
// is gone afterwards.
func (db *DB) withSnapshot(ctx context.Context, t *tx, use func(path string) error) (err error) {
	dir, err := MakeSpool("", "shopbot-snapshot-")
	if err != nil {
		return fmt.Errorf("snapshot of database %s: %w", db.Name(), err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "shop.db")
	if err := db.writeSnapshot(ctx, t, path); err != nil {
		return fmt.Errorf("snapshot of database %s: %w", db.Name(), err)
	}
	return use(path)
}

// writeSnapshot makes a file of what a transaction sees. It is not flushed to disk.
func (db *DB) writeSnapshot(ctx context.Context, t *tx, path string) (err error) {
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bolt.Close()) }()
	s := snapshot{bolt: bolt}
	defer func() { err = errors.Join(err, s.end(err == nil)) }()
	for _, b := range Buckets() {
		t.scan(b, nil, nil, func(key, value []byte) bool {
			t.check(s.put(b, key, value))
			t.check(db.usable(ctx))
			return t.failed == nil
		})
		t.check(s.setSequence(b, t.sequence(b)))
		if t.failed != nil {
			return t.failed
		}
	}
	return nil
}

// snapshot is a file that is being filled, a few megabytes a transaction.
type snapshot struct {
	bolt  *bbolt.DB
	tx    *bbolt.Tx
	bytes int
}

func (s *snapshot) bucket(b *Bucket) (in *bbolt.Bucket, err error) {
	if s.tx == nil {
		if s.tx, err = s.bolt.Begin(true); err != nil {
			return nil, err
		}
	}
	return s.tx.CreateBucketIfNotExists(b.bytes)
}

func (s *snapshot) put(b *Bucket, key, value []byte) error {
	in, err := s.bucket(b)
	if err != nil {
		return err
	}
	in.FillPercent = fillAppended // keys come in their order
	if err := in.Put(key, value); err != nil {
		return err
	}
	if s.bytes += len(key) + len(value); s.bytes < compactCommit {
		return nil
	}
	return s.end(true)
}

func (s *snapshot) setSequence(b *Bucket, n int64) error {
	in, err := s.bucket(b)
	if err != nil {
		return err
	}
	return in.SetSequence(uint64(n)) //nolint:gosec // a count
}

// end commits the transaction under way, or rolls it back.
func (s *snapshot) end(commit bool) error {
	t := s.tx
	if s.tx, s.bytes = nil, 0; t == nil {
		return nil
	}
	if !commit {
		return t.Rollback()
	}
	return t.Commit()
}

// copySnapshot writes a snapshot to w.
func (db *DB) copySnapshot(ctx context.Context, t *tx, w io.Writer) error {
	return db.withSnapshot(ctx, t, func(path string) error {
		return copyFile(path, writerFunc(func(p []byte) (int, error) {
			if err := db.usable(ctx); err != nil {
				return 0, err
			}
			return w.Write(p)
		}))
	})
}

// checkSnapshot is Check of a snapshot: its walk reads entries one by one, which takes long where
// each has to come from a server.
func (db *DB) checkSnapshot(ctx context.Context, t *tx, report func(breach string)) error {
	return db.withSnapshot(ctx, t, func(path string) error {
		_, err := Examine(ctx, path, report)
		return withoutHint(err)
	})
}

// checkSound is Check with an error for breaches.
func (db *DB) checkSound(ctx context.Context) error {
	unsound := &UnsoundError{}
	err := db.Check(ctx, unsound.add)
	if err == nil && unsound.Count > 0 {
		return unsound
	}
	return err
}
