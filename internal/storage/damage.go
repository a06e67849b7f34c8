package storage

import (
	"fmt"
	"runtime/debug"
)

// surviveDamage is to be deferred as
//
//	defer surviveDamage(path, &err)()
//
// bbolt reads the file through a memory map and panics where pages make no
// sense; and where the file is shorter than its pages say, the very access is a
// fault, which would end the process. Both become ErrDamaged here.
func surviveDamage(path string, errs ...*error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			for _, err := range errs {
				*err = fmt.Errorf("%s: %w: %v: stop the shop and restore a backup", path, ErrDamaged, r)
			}
		}
	}
}

// isFault reports whether a panic came from reading memory that is not there.
func isFault(panicked any) bool {
	_, fault := panicked.(interface{ Addr() uintptr }) // see debug.SetPanicOnFault
	return fault
}
