package storage

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	berrors "go.etcd.io/bbolt/errors"
)

// recoverCorruption is to be deferred as
//
//	defer recoverCorruption(&err)()
//
// bbolt reads the file through a memory map and panics if pages make no sense. If the file is
// shorter than its pages say, or the disk cannot read it, the very access is a fault, which would
// end the process. Both become ErrDamaged here.
func recoverCorruption(err *error, note ...func(error) error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			*err = fmt.Errorf("%w: %s", ErrDamaged, damageText(r))
			for _, do := range note {
				_ = do(*err)
			}
		}
	}
}

// damageText says in words what a panic of bbolt, or a fault, tells of the file.
func damageText(panicked any) string {
	if _, fault := panicked.(runtime.Error); fault {
		return "pages are missing, or lead nowhere"
	}
	return fmt.Sprint(panicked)
}

// isFault reports whether a panic came from reading memory that is not there.
func isFault(panicked any) bool {
	_, fault := panicked.(interface{ Addr() uintptr }) // see debug.SetPanicOnFault
	return fault
}

// withHint adds to an error that came of damage which file it is in, and what to do.
func (db *DB) withHint(err error) error {
	if errors.Is(err, ErrDamaged) {
		return withHint(db.engine.Name(), err)
	}
	return err
}

func notOpen(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}
