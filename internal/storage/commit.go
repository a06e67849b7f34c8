package storage

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Sizes of shared commits.
const (
	maxQueue = 1024 // steps that may wait for a commit
	maxBatch = 512  // steps in one commit
)

// tx is a transaction that knows whether anything was written in it, and the
// first write that did not work.
type tx struct {
	*bbolt.Tx
	wrote  bool
	failed error
}

func (t *tx) get(bucket, key []byte) []byte { return t.Bucket(bucket).Get(key) }

func (t *tx) put(bucket, key, value []byte) {
	t.wrote = true
	b := t.Bucket(bucket)
	b.FillPercent = 0.9
	t.failed = errors.Join(t.failed, b.Put(key, value))
}

func (t *tx) delete(bucket, key []byte) {
	t.wrote = true
	t.failed = errors.Join(t.failed, t.Bucket(bucket).Delete(key))
}

// step is one business step on its way to the disk.
type step struct {
	do   func(*tx) error
	err  error
	done chan struct{}
}

// write runs do in a transaction and returns when it is on disk. Steps that
// arrive while a commit is on its way share the next one; a lone step does not
// wait for company. do checks everything before its first write, and may run more
// than once. Its own error comes after the commit as well, since do may have seen what a
// neighbour wrote.
func (db *DB) write(ctx context.Context, do func(*tx) error) error {
	s := &step{do: do, done: make(chan struct{})}
	select {
	case <-db.closing:
		return ErrClosed
	default:
	}
	select {
	case <-db.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case db.steps <- s:
	}
	// From here on it may get done, so the true result is waited for.
	select {
	case <-s.done:
		return s.err
	case <-db.closed:
	}
	select {
	case <-s.done:
		return s.err
	default:
		return ErrClosed
	}
}

func (db *DB) read(ctx context.Context, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-db.closing:
		return ErrClosed
	default:
	}
	return db.bolt.View(func(t *bbolt.Tx) error { return do(&tx{Tx: t}) })
}

// commitForever shares commits until the database closes.
func (db *DB) commitForever() {
	defer close(db.closed)
	for {
		select {
		case s := <-db.steps:
			db.commit(db.gather(s))
		case <-db.closing:
			select {
			case s := <-db.steps:
				db.commit(db.gather(s))
			default:
				return
			}
		}
	}
}

// gather takes the steps that have arrived by now, without waiting for more.
func (db *DB) gather(first *step) []*step {
	batch := []*step{first}
	for len(batch) < maxBatch {
		select {
		case s := <-db.steps:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// commit runs steps in one transaction. One that fails after it has written, or
// panics, is taken out, and the others run again without it.
func (db *DB) commit(batch []*step) {
	rest := append([]*step(nil), batch...)
	for len(rest) > 0 {
		spoiler, err := db.try(rest)
		if spoiler < 0 {
			for _, s := range rest {
				if err != nil {
					s.err = fmt.Errorf("commit to %s: %w", db.path, err)
				}
			}
			break
		}
		rest = append(rest[:spoiler:spoiler], rest[spoiler+1:]...)
	}
	for _, s := range batch {
		close(s.done)
	}
}

var errSpoiled = errors.New("a step failed after it had written")

// try runs all steps in one transaction; spoiler is the index of the one that has to be left out, or -1.
func (db *DB) try(batch []*step) (spoiler int, err error) {
	spoiler = -1
	err = db.bolt.Update(func(t *bbolt.Tx) error {
		for i, s := range batch {
			own := &tx{Tx: t}
			s.err = safely(s.do, own)
			if s.err != nil && own.wrote {
				spoiler = i
				return errSpoiled
			}
		}
		return nil
	})
	return spoiler, err
}

func safely(do func(*tx) error, t *tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			t.wrote = true
			err = fmt.Errorf("panic in a storage step: %v", r)
		}
	}()
	if err := do(t); err != nil {
		return err
	}
	return t.failed
}
