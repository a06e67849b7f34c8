// Package storage keeps a shop on disk, in one bbolt file.
//
// It knows the domain's records and rules, and nothing of chats or payment
// services. The one idea to keep in mind: each method is one business step, done
// whole or not at all, and on disk when it returns; steps that arrive together share
// a commit. Everything that follows from a record (indexes, counters, stock) is
// written where the record is written and nowhere else.
//
// The buckets are drawn in buckets.go.
package storage

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Errors of opening.
var (
	// ErrInUse says that another process has the file open.
	ErrInUse = errors.New("in use by another process")
	// ErrClosed says that the database is closed, or closing.
	ErrClosed = errors.New("database closed")
)

// schema is the number of the layout that this program writes.
const schema = 1

// DB is a shop's database. It may be used from any number of goroutines.
type DB struct {
	bolt    *bbolt.DB
	path    string
	steps   chan *step
	closing chan struct{}
	closed  chan struct{}
}

// Option changes how a database is opened.
type Option func(*settings)

type settings struct{ random io.Reader }

// WithRandom takes the shop's secret from r instead of the system.
func WithRandom(r io.Reader) Option { return func(s *settings) { s.random = r } }

const (
	lockWait = 500 * time.Millisecond
	// mapAhead is address space, not memory: with it the file can grow while a backup reads it.
	mapAhead = 16 << 30
)

// Open opens the database at path, or makes it. ErrInUse where another process
// has it; any other error says what is wrong with the file.
func Open(ctx context.Context, path string, options ...Option) (*DB, error) {
	set := settings{random: rand.Reader}
	for _, o := range options {
		o(&set)
	}
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapAhead,
	})
	if err != nil {
		return nil, openError(path, err)
	}
	db := &DB{
		bolt: file, path: path,
		steps: make(chan *step, maxQueue), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	go db.commitForever()
	if err := errors.Join(db.prepare(ctx, set.random), db.releaseClaims(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), db.Close())
	}
	return db, nil
}

func openError(path string, err error) error {
	switch {
	case errors.Is(err, bbolt.ErrTimeout):
		return fmt.Errorf("database %s: %w: stop the other shopbot first, or name another file by SHOPBOT_DATABASE", path, ErrInUse)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("database %s: make the directory %s first: %w", path, filepath.Dir(path), err)
	case errors.Is(err, bbolt.ErrInvalid), errors.Is(err, bbolt.ErrVersionMismatch), errors.Is(err, bbolt.ErrChecksum):
		return fmt.Errorf("database %s is damaged or not a shopbot database, and was left as it is; restore a backup: %w", path, err)
	}
	return fmt.Errorf("database %s: %w", path, err)
}

// Close lets the steps under way finish, refuses new ones and closes the file.
func (db *DB) Close() error {
	close(db.closing)
	<-db.closed
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("close database %s: %w", db.path, err)
	}
	return nil
}

// prepare makes the buckets of a new database and the secret that order ids are derived with.
func (db *DB) prepare(ctx context.Context, random io.Reader) error {
	return db.write(ctx, func(t *tx) error {
		for _, name := range buckets() {
			if _, err := t.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		switch found := t.get(meta, []byte("schema")); {
		case found == nil:
			t.put(meta, []byte("schema"), binary.BigEndian.AppendUint32(nil, schema))
		case binary.BigEndian.Uint32(found) > schema:
			return fmt.Errorf("written by a newer shopbot (schema %d, this one knows %d): run the newer program", binary.BigEndian.Uint32(found), schema)
		}
		if t.get(meta, []byte("secret")) == nil {
			secret := make([]byte, 32)
			if _, err := io.ReadFull(random, secret); err != nil {
				return err
			}
			t.put(meta, []byte("secret"), secret)
		}
		return t.failed
	})
}

// Secret is the key that this shop's order ids are derived with.
func (db *DB) Secret(ctx context.Context) (secret []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		secret = append(secret, t.get(meta, []byte("secret"))...)
		return nil
	})
	return secret, err
}

// Backup writes a consistent copy of the database while it is in use.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	return db.read(ctx, func(t *tx) error {
		_, err := t.WriteTo(w)
		return err
	})
}
