package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// DB is a shop's database. It may be used from any number of goroutines.
type DB struct {
	bolt    *bbolt.DB
	file    *os.File // what bolt has open
	path    string
	queue   chan *step
	close   sync.Once
	closing chan struct{} // closed when no new steps are taken
	stopped chan struct{} // closed when the last step is done
	packer  packer
	cache   termsCache
	recent  recent
	queued  workQueue
	trouble trouble
	// flushed is the number of the last transaction that is certainly on disk.
	flushed atomic.Int64

	// broken is why nothing can be written any more. It belongs to the goroutine
	// that commits, and when that has stopped to Close.
	broken error
}

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	random     io.Reader
	migrations []migration
	mapAhead   int64
	openFile   openFile
}

// WithRandom takes a new shop's secret from r instead of the system.
func WithRandom(r io.Reader) Option { return func(s *settings) { s.random = r } }

// Open opens the database at path, or makes it. Claims that were left are released, since
// nobody else has the file.
//
// Errors, each with its remedy: ErrInUse, within a second, where another process has the
// file; ErrNotOurs and ErrDamaged, which leave the file as it is; ErrNewer; what
// the system says of the path.
func Open(ctx context.Context, path string, options ...Option) (*DB, error) {
	set := settings{random: rand.Reader, migrations: migrations(), mapAhead: mapAhead}
	for _, o := range options {
		o(&set)
	}
	bolt, file, err := openBolt(path, set)
	if err != nil {
		return nil, err
	}
	db := &DB{
		bolt: bolt, file: file, path: path, queue: make(chan *step, maxQueue),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	go db.commitForever()
	if err := db.prepare(ctx, set); err != nil {
		return nil, errors.Join(advise(path, err), db.Close())
	}
	return db, nil
}

func (db *DB) prepare(ctx context.Context, set settings) error {
	if err := db.migrate(ctx, set.migrations); err != nil {
		return err
	}
	if err := db.makeSecret(ctx, set.random); err != nil {
		return err
	}
	return db.queueWork(ctx)
}

// Close lets the steps under way come to an end, refuses new ones with ErrClosed and closes the
// file. Closing again does nothing. A database that turned out to be damaged may stay locked as long as
// the process lives.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		close(db.closing)
		<-db.stopped
		if err = db.broken; err != nil {
			return // bbolt never let go of its own lock, and would wait for it for ever
		}
		if err = db.bolt.Close(); err != nil { // waits for readers
			err = fmt.Errorf("close database %s: %w", db.path, err)
		}
	})
	return err
}

const secretBytes = 32

func secretName() []byte { return []byte("secret") }

func (db *DB) makeSecret(ctx context.Context, random io.Reader) error {
	had, err := db.Secret(ctx)
	if err != nil || len(had) == secretBytes {
		return err
	}
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return fmt.Errorf("draw the shop's secret: %w", err)
	}
	return db.write(ctx, func(t *tx) error {
		t.put(meta, secretName(), secret)
		return t.failed
	})
}

// Secret is 32 bytes made with the database and kept for its whole life, the
// key that this shop's order ids are derived with.
func (db *DB) Secret(ctx context.Context) (secret []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		secret = append([]byte(nil), t.get(meta, secretName())...)
		return t.failed
	})
	return secret, err
}
