package main

import (
	"os"
	"syscall"
)

// flush has the disk keep what was written to f, as bbolt does it.
func flush(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
