//go:build !linux

package storage

import "os"

// flush has the disk keep what was written to f.
func flush(f *os.File) error { return f.Sync() }
