package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// DB is a shop's database. It may be used from any number of goroutines. It implements shop.Store
// and shop.Forms.
type DB struct {
	bolt    *bbolt.DB
	file    *os.File    // what bolt has open
	info    os.FileInfo // of file when it was opened
	path    string
	disk    disk
	log     *slog.Logger
	queue   chan *step
	close   sync.Once
	closing chan struct{} // closed when no new steps are taken
	stopped chan struct{} // closed when the last step is done
	work    *workQueue
	trouble lastError                             // of the last commit
	zone    atomic.Pointer[func() *time.Location] // see SetZone
	// broken is set once bbolt has panicked: every later read and write fails with it.
	broken lastError

	// flushPending says that the last commit can be read but may not be on disk. Only the
	// committing goroutine uses it.
	flushPending bool

	rescue    sync.Mutex // held while a copy is written
	rescued   string     // the copy, see Rescue
	rescuedAt int64      // Commits at that time
}

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	random   io.Reader
	mapAhead int64
	disk     disk
	log      *slog.Logger
	upgrades []upgrade
}

func usualSettings() settings {
	return settings{random: rand.Reader, mapAhead: mapAhead, disk: usualDisk(), log: slog.New(slog.DiscardHandler), upgrades: upgrades()}
}

// WithRandom takes a new shop's secret from r instead of the system.
func WithRandom(r io.Reader) Option { return func(s *settings) { s.random = r } }

// WithLog logs to log, above all the records that cannot be decoded. Without it nothing is logged.
func WithLog(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// Open opens the database at path, or makes it. A path that is a symbolic link is followed, also if
// the file it points to does not exist yet.
//
// Errors, each with its remedy: ErrInUse, after a second, if another process has the file;
// ErrNotOurs, ErrDamaged and ErrOtherVersion, which leave the file as it is; what the system says
// of the path.
func Open(ctx context.Context, path string, options ...Option) (*DB, error) {
	set := usualSettings()
	for _, o := range options {
		o(&set)
	}
	db, err := openDB(path, set)
	if err != nil {
		return nil, withHint(path, err)
	}
	if err := db.loadWork(ctx); err != nil {
		return nil, errors.Join(withHint(path, err), db.bolt.Close())
	}
	go db.commitLoop()
	return db, nil
}

func openDB(path string, set settings) (*DB, error) {
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := makeIfMissing(target, set); err != nil {
		return nil, err
	}
	bolt, file, err := openBolt(target, false, set)
	if errors.Is(err, ErrOtherVersion) {
		if err := upgradeFile(target, set); err != nil {
			return nil, err
		}
		bolt, file, err = openBolt(target, false, set)
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	db := &DB{
		bolt: bolt, file: file, info: info, path: path, disk: set.disk, log: set.log, queue: make(chan *step, maxQueue),
		closing: make(chan struct{}), stopped: make(chan struct{}), work: newWorkQueue(),
	}
	db.SetZone(func() *time.Location { return time.UTC })
	return db, nil
}

// SetZone sets where each commit asks for the zone whose days the statistics count in. What was
// counted stays where it is. Without it the days are UTC's.
func (db *DB) SetZone(zone func() *time.Location) { db.zone.Store(&zone) }

// Path is the path that the database was opened by.
func (db *DB) Path() string { return db.path }

// Close lets the steps under way end, refuses new ones with ErrClosed, and closes the file. If the
// file is lost (ErrLost), Close first writes a copy as Rescue does, and logs it. Closing again does
// nothing. A database that turned out to be damaged stays locked as long as the process lives.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		db.rescueAtClose()
		close(db.closing)
		<-db.stopped
		if err = db.broken.err(); err != nil {
			return // bbolt has kept its own locks, and Close would never return
		}
		if closed := db.bolt.Close(); closed != nil { // waits for readers
			err = fmt.Errorf("close database %s: %w", db.path, closed)
		}
	})
	return err
}

const secretBytes = 32

func secretName() []byte { return []byte("secret") }

// Secret is 32 bytes that were made with the database and stay the same for its whole life: the key
// that this shop's order ids are derived with.
func (db *DB) Secret(ctx context.Context) (secret []byte, err error) {
	err = db.read(ctx, func(t *tx) error {
		secret = bytes.Clone(t.get(bucketMeta, secretName()))
		return t.failed
	})
	return secret, err
}

// Commits counts the commits since the file was made. 0 if it cannot be read now.
func (db *DB) Commits() int64 {
	var n int64
	_ = db.bolt.View(func(tx *bbolt.Tx) error { // a closed database counts as 0
		n = int64(tx.ID())
		return nil
	})
	return n
}
