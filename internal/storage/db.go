package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"go.etcd.io/bbolt"
)

// DB is a shop's database. It may be used from any number of goroutines.
type DB struct {
	bolt    *bbolt.DB
	file    *os.File // what bolt has open
	path    string
	log     *slog.Logger
	queue   chan *step
	close   sync.Once
	closing chan struct{} // closed when no new steps are taken
	stopped chan struct{} // closed when the last step is done
	packer  packer
	cache   termsCache
	recent  recent
	queued  workQueue
	trouble trouble
	layers  layers
	calls   chan func() // see call

	// The rest belongs to the goroutine that commits, and when that has stopped to Close.

	journal journal
	pace    pace
	mover   mover
	arena   arena
	open    *commit // nil where nobody waits
	flight  flight
	kept    *batch // the last one, if the next one may go on with its transaction
	fronts  queueFronts
	broken  error // why nothing can be written any more
	// unclosed is why the journal is still there.
	unclosed error

	// unsettled says that what can be read of the file may not be on disk. It belongs to whoever writes to it.
	unsettled bool
}

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	random     io.Reader
	migrations []migration
	mapAhead   int64
	openFile   openFile
	flush      func(*os.File) error
	pace       pace
	log        *slog.Logger
}

func usualSettings() settings {
	return settings{
		random: rand.Reader, migrations: migrations(), mapAhead: mapAhead, openFile: os.OpenFile, flush: flush,
		pace: usualPace(), log: slog.New(slog.DiscardHandler),
	}
}

// WithRandom takes a new shop's secret from r instead of the system.
func WithRandom(r io.Reader) Option { return func(s *settings) { s.random = r } }

// WithLog has log hear when the file can be written to no longer, and when it can again. Without it nobody hears.
func WithLog(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// Open opens the database at path, or makes it. Claims that were left are released, since
// nobody else has the file.
//
// Errors, each with its remedy: ErrInUse, within a second, where another process has the
// file; ErrNotOurs and ErrDamaged, which leave the file as it is; ErrNewer; what
// the system says of the path.
func Open(ctx context.Context, path string, options ...Option) (*DB, error) {
	set := usualSettings()
	for _, o := range options {
		o(&set)
	}
	bolt, file, err := openBolt(path, set)
	if err != nil {
		return nil, err
	}
	db := &DB{
		bolt: bolt, file: file, path: path, log: set.log, queue: make(chan *step, maxQueue), calls: make(chan func()),
		closing: make(chan struct{}), stopped: make(chan struct{}), mover: newMover(), pace: set.pace,
		journal: journal{paths: journalPaths(path), open: set.openFile, flush: set.flush, at: journalBlock},
		flight:  flight{landed: make(chan error, 1)}, fronts: queueFronts{},
	}
	db.layers.begin(nil)
	if err := db.prepare(ctx, set); err != nil {
		if db.broken == nil { // else bbolt would wait for itself for ever
			err = errors.Join(err, bolt.Close())
		}
		return nil, advise(path, err)
	}
	go db.commitForever()
	if err := db.queueWork(ctx); err != nil {
		return nil, errors.Join(advise(path, err), db.Close())
	}
	return db, nil
}

// prepare brings the file up to date, while nobody else uses it.
func (db *DB) prepare(ctx context.Context, set settings) (err error) {
	defer surviveDamage(&err, &db.broken)()
	has, err := db.schema(ctx)
	switch newest := newestOf(set.migrations); {
	case err != nil:
		return err
	case has > newest:
		return newerThan(has, newest)
	}
	if err := db.takeJournal(has); err != nil {
		return err
	}
	if err := db.migrate(has, set.migrations); err != nil {
		return err
	}
	secret, err := db.makeSecret(ctx, set.random)
	if err != nil {
		return err
	}
	db.journal.seed = journalSeed(secret)
	return db.read(ctx, func(t *tx) error {
		for _, b := range buckets() {
			t.bucket(b) // is there
		}
		return t.failed
	})
}

// Close lets the steps under way come to an end, refuses new ones with ErrClosed, moves the journal into the file and
// closes that: it is whole then by itself. Where the disk does not allow it, the journal stays and is moved at the next start; the
// error says so. Closing again does nothing. A database that turned out to be damaged may stay locked as long as
// the process lives.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		close(db.closing)
		<-db.stopped
		if err = db.unclosed; db.broken != nil {
			return // bbolt never let go of its own lock, and would wait for it for ever
		}
		if closed := db.bolt.Close(); closed != nil { // waits for readers
			err = errors.Join(err, fmt.Errorf("close database %s: %w", db.path, closed))
		}
	})
	return err
}

const secretBytes = 32

func secretName() []byte { return []byte("secret") }

func (db *DB) makeSecret(ctx context.Context, random io.Reader) (secret []byte, err error) {
	secret, err = db.Secret(ctx)
	if err != nil || len(secret) == secretBytes {
		return secret, err
	}
	secret = make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("draw the shop's secret: %w", err)
	}
	return secret, db.direct(func(t *tx) error {
		t.put(meta, secretName(), secret)
		return t.failed
	})
}

// direct runs do in a transaction of the file itself, while nobody else uses the database.
func (db *DB) direct(do func(*tx) error) error {
	return db.bolt.Update(func(file *bbolt.Tx) error {
		t := &tx{batch: newBatch(file, newLayer(), nil, &db.cache)}
		t.arena, t.book = &arena{}, newLedger() // and no frame
		if err := t.run(do); err != nil {
			return err
		}
		if err := t.writeLedger(); err != nil {
			return err
		}
		return t.over.moveInto(file)
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
