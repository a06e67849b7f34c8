package storage

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// surviveDamage is to be deferred as
//
//	defer surviveDamage(&err)()
//
// bbolt reads the file through a memory map and panics where pages make no
// sense; and where the file is shorter than its pages say, or the disk cannot read it, the
// very access is a fault, which would end the process. Both become ErrDamaged here.
func surviveDamage(errs ...*error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			for _, err := range errs {
				*err = fmt.Errorf("%w: %v", ErrDamaged, r)
			}
		}
	}
}

// isFault reports whether a panic came from reading memory that is not there.
func isFault(panicked any) bool {
	_, fault := panicked.(interface{ Addr() uintptr }) // see debug.SetPanicOnFault
	return fault
}

// explain adds to what came of damage which file it is in, and the way back.
func (db *DB) explain(err error) error {
	if errors.Is(err, ErrDamaged) {
		return advise(db.path, err)
	}
	return err
}
