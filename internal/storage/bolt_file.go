package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// boltFile is the Engine on a bbolt file, which one process has open.
type boltFile struct {
	bolt *bbolt.DB
	file *os.File    // what bolt has open
	info os.FileInfo // of file when it was opened
	path string
	disk disk
	log  *slog.Logger
	work *workQueue
	// broken is set once bbolt has panicked: every later read and write fails with it.
	broken lastError

	// flushPending says that the last commit can be read but may not be on disk. Only the
	// committing goroutine uses it.
	flushPending bool

	rescue    sync.Mutex // held while a copy is written
	rescued   string     // the copy, see Rescue
	rescuedAt int64      // Commits at that time
}

func (f *boltFile) Name() string { return f.path }

func (f *boltFile) Begin(context.Context) (_ Tx, err error) {
	if err := f.broken.err(); err != nil {
		return nil, err
	}
	defer recoverCorruption(&err, f.broken.note)() // bbolt keeps its locks if it panics
	if err := f.flushAgain(); err != nil {
		return nil, err
	}
	t, err := f.bolt.Begin(true)
	if err != nil {
		return nil, err
	}
	return &boltTx{t, f}, nil
}

func (f *boltFile) View(context.Context) (Tx, error) {
	t, err := f.beginRead()
	if err != nil {
		return nil, err
	}
	return &boltTx{t, f}, nil
}

func (f *boltFile) beginRead() (t *bbolt.Tx, err error) {
	if err := f.broken.err(); err != nil {
		return nil, err
	}
	defer recoverCorruption(&err, f.broken.note)()
	t, err = f.bolt.Begin(false)
	if err != nil {
		return nil, notOpen(err)
	}
	return t, nil
}

func (f *boltFile) Claims() Claims { return f.work }

// Commits counts the commits since the file was made. 0 if it is closed.
func (f *boltFile) Commits(context.Context) int64 { return f.commits() }

func (f *boltFile) commits() (n int64) {
	_ = f.bolt.View(func(t *bbolt.Tx) error { // a closed database counts as 0
		n = int64(t.ID())
		return nil
	})
	return n
}

// InPlace returns ErrLost if the path does not lead to the open file. It is one system call. What
// the system cannot tell now, as of a directory that may not be read, counts as in place.
func (f *boltFile) InPlace() error {
	there, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(there, f.info) {
		return ErrLost
	}
	return nil
}

func (f *boltFile) Broken() error { return f.broken.err() }

// Lead returns at once: one process has the file.
func (f *boltFile) Lead(ctx context.Context) (context.Context, error) { return ctx, ctx.Err() }

// StandBy has nothing to give up.
func (f *boltFile) StandBy() {}

// Hints waits for ctx: there are no other processes.
func (f *boltFile) Hints(ctx context.Context, _ func(Hint)) error {
	<-ctx.Done()
	return nil
}

// Close closes the file. One that turned out to be damaged stays locked as long as the process lives.
func (f *boltFile) Close() error {
	if err := f.broken.err(); err != nil {
		return err // bbolt has kept its own locks, and Close would never return
	}
	if err := f.bolt.Close(); err != nil { // waits for readers
		return fmt.Errorf("close database %s: %w", f.path, err)
	}
	return nil
}

// visible reports whether a transaction whose commit failed can be read all the same, because only
// its very last flush failed.
func (f *boltFile) visible(id int) bool {
	t, err := f.bolt.Begin(false)
	if err != nil {
		return false
	}
	has := t.ID() >= id
	return t.Rollback() == nil && has
}

var errReaders = errors.New("the last commit failed, and readers from before it are still open")

// flushAgain makes sure, after a commit that failed but can be read, that the commit is on disk
// before anything builds on it or is answered from it. Its pages were flushed before, so flushAgain
// writes and flushes only the two meta pages.
//
// bbolt has forgotten which pages that commit freed under readers, so the readers of that time must
// end first.
func (f *boltFile) flushAgain() error {
	if !f.flushPending {
		return nil
	}
	for begun := time.Now(); f.bolt.Stats().OpenTxN > 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > queueWait {
			return errReaders
		}
	}
	both := make([]byte, 2*f.bolt.Info().PageSize)
	if _, err := f.file.ReadAt(both, 0); err != nil {
		return err
	}
	if _, err := f.file.WriteAt(both, 0); err != nil {
		return err
	}
	if err := f.disk.sync(f.file); err != nil {
		return err
	}
	f.flushPending = false
	return nil
}
