package storage

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	berrors "go.etcd.io/bbolt/errors"
)

// recoverCorruption is to be deferred as
//
//	defer recoverCorruption(&err)()
//
// bbolt reads the file through a memory map and panics if pages make no sense. If the file is shorter than
// its pages say, or the disk cannot read it, the very access is a fault, which would end the process.
// Both become ErrDamaged here.
func recoverCorruption(err *error, note ...func(error)) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			*err = fmt.Errorf("%w: %v", ErrDamaged, r)
			for _, do := range note {
				do(*err)
			}
		}
	}
}

// isFault reports whether a panic came from reading memory that is not there.
func isFault(panicked any) bool {
	_, fault := panicked.(interface{ Addr() uintptr }) // see debug.SetPanicOnFault
	return fault
}

// lasting is an error that stays once it is there.
type lasting struct{ first atomic.Pointer[error] }

func (l *lasting) set(err error) { l.first.CompareAndSwap(nil, &err) }

func (l *lasting) err() error {
	if first := l.first.Load(); first != nil {
		return *first
	}
	return nil
}

// withHint adds to an error that came of damage which file it is in, and what to do.
func (db *DB) withHint(err error) error {
	if errors.Is(err, ErrDamaged) {
		return withHint(db.path, err)
	}
	return err
}

func notOpen(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}
