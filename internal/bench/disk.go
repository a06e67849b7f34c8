package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// recordBytes is about what one payment writes.
const recordBytes = 600

// flushRate is how often a second the disk under dir keeps a small append.
func flushRate(dir string, d time.Duration) (rate float64, err error) {
	f, err := os.CreateTemp(dir, "flush-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	record := make([]byte, recordBytes)
	return often(d, func(int) error {
		if _, err := f.Write(record); err != nil {
			return err
		}
		return flush(f)
	})
}

// commitRate is how often a second bbolt commits one small record of a lone writer.
func commitRate(dir string, d time.Duration) (rate float64, err error) {
	path := filepath.Join(dir, "commit.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close(), os.Remove(path)) }()
	record := make([]byte, recordBytes)
	return often(d, func(n int) error {
		return db.Update(func(t *bbolt.Tx) error {
			b, err := t.CreateBucketIfNotExists([]byte("records"))
			if err != nil {
				return err
			}
			return b.Put(binary.BigEndian.AppendUint64(nil, uint64(n)), record) //nolint:gosec // a count
		})
	})
}

// often repeats do for so long and tells how many times a second it was done.
func often(d time.Duration, do func(n int) error) (float64, error) {
	began, n := time.Now(), 0
	for time.Since(began) < d {
		if err := do(n); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
