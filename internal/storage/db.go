package storage

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// DB is a shop's database. It may be used from any number of goroutines. It implements shop.Store
// and shop.Forms.
type DB struct {
	engine  Engine
	file    *boltFile // the engine, if it is a file
	log     *slog.Logger
	queue   chan *step
	close   sync.Once
	closing chan struct{}                         // closed when no new steps are taken
	stopped chan struct{}                         // closed when the last step is done
	trouble lastError                             // of the last commit
	forMove bool                                  // see ForMove
	zone    atomic.Pointer[func() *time.Location] // see SetZone
}

// Option changes how a database is opened.
type Option func(*settings)

type settings struct {
	mapAhead int64
	disk     disk
	log      *slog.Logger
	upgrades []upgrade
	forMove  bool // see ForMove
}

func usualSettings() settings {
	return settings{mapAhead: mapAhead, disk: usualDisk(), log: slog.New(slog.DiscardHandler), upgrades: upgrades()}
}

// settingsOf are the usual settings, changed by options.
func settingsOf(options []Option) settings {
	set := usualSettings()
	for _, change := range options {
		change(&set)
	}
	return set
}

// WithLog logs to log, above all the records that cannot be decoded. Without it nothing is logged.
func WithLog(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// LogOf is the logger among options.
func LogOf(options ...Option) *slog.Logger { return settingsOf(options).log }

// Open opens the database at path, or makes it. A path that is a symbolic link is followed, also if
// the file it points to does not exist yet.
//
// Errors, each with its remedy: ErrInUse, after a second, if another process has the file;
// ErrNotOurs, ErrDamaged and ErrOtherVersion, which leave the file as it is; ErrMoved and ErrHalfMoved;
// what the system says of the path.
func Open(ctx context.Context, path string, options ...Option) (*DB, error) {
	set := settingsOf(options)
	file, err := openFile(path, set)
	if err != nil {
		return nil, withHint(path, err)
	}
	db := newDB(file, set.log)
	db.file, db.forMove = file, set.forMove
	err = db.loadWork(ctx)
	if err == nil && !set.forMove {
		err = db.refuseMoved(ctx)
	}
	if err != nil {
		return nil, errors.Join(withHint(path, err), file.Close())
	}
	go db.commitLoop() //nolint:contextcheck // a commit is of no step alone
	return db, nil
}

// New is a database on an engine that package storage does not open itself. It makes a new shop where
// there are no entries. Close closes the engine, which stays open if New returns an error.
//
// Errors: ErrNotOurs, ErrOtherVersion, ErrDamaged, ErrMoved, ErrHalfMoved; those of the engine.
func New(ctx context.Context, engine Engine, options ...Option) (*DB, error) {
	set := settingsOf(options)
	db := newDB(engine, set.log)
	db.forMove = set.forMove
	go db.commitLoop() //nolint:contextcheck // a commit is of no step alone
	err := db.write(ctx, (*tx).makeShop)
	if err == nil && !set.forMove {
		err = db.refuseMoved(ctx)
	}
	if err != nil {
		close(db.closing)
		<-db.stopped
		return nil, withHint(engine.Name(), err)
	}
	return db, nil
}

func newDB(engine Engine, log *slog.Logger) *DB {
	db := &DB{engine: engine, log: log, queue: make(chan *step, maxQueue), closing: make(chan struct{}), stopped: make(chan struct{})}
	db.SetZone(func() *time.Location { return time.UTC })
	return db
}

func openFile(path string, set settings) (*boltFile, error) {
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
	return &boltFile{bolt: bolt, file: file, info: info, path: path, disk: set.disk, log: set.log, work: newWorkQueue()}, nil
}

// SetZone sets where each commit asks for the zone whose days the statistics count in. What was
// counted stays where it is. Without it the days are UTC's.
func (db *DB) SetZone(zone func() *time.Location) { db.zone.Store(&zone) }

// Name is the path that the database was opened by, or its address without a password.
func (db *DB) Name() string { return db.engine.Name() }

// Close lets the steps under way end, refuses new ones with ErrClosed, and closes the file. If the
// file is lost (ErrLost), Close first writes a copy as Rescue does, and logs it. Closing again does
// nothing. A database that turned out to be damaged stays locked as long as the process lives.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		db.rescueAtClose()
		close(db.closing)
		<-db.stopped
		err = db.engine.Close()
	})
	return err
}

const secretBytes = 32

func secretName() []byte { return []byte("secret") }

// Secret is 32 bytes that were made with the database and stay the same for its whole life: the key
// that this shop's order ids are derived with.
func (db *DB) Secret(ctx context.Context) ([]byte, error) {
	return query(ctx, db, func(t *tx) ([]byte, error) { return bytes.Clone(t.get(bucketMeta, secretName())), nil })
}

// Commits counts the commits of the database. 0 if that cannot be read now.
func (db *DB) Commits(ctx context.Context) int64 { return db.engine.Commits(ctx) }

// Lead waits until this process may do the work that only one process of a shop does, see Engine.
// It returns ErrMoved or ErrHalfMoved if the shop is to run on another database by now.
func (db *DB) Lead(ctx context.Context) (context.Context, error) {
	leading, err := db.engine.Lead(ctx)
	if err != nil || db.forMove {
		return leading, err
	}
	if err := db.refuseMoved(ctx); err != nil {
		db.engine.StandBy()
		return nil, db.withHint(err)
	}
	return leading, nil
}

// StandBy says that nothing a leader has begun goes on in this process, see Engine.
func (db *DB) StandBy() { db.engine.StandBy() }

// Hints calls hint when another process has left something for the leader, see Engine.
func (db *DB) Hints(ctx context.Context, hint func(Hint)) error { return db.engine.Hints(ctx, hint) }
