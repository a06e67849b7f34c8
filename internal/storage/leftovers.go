package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// spoolAge is after how long a spool belongs to a run that was killed.
const spoolAge = 24 * time.Hour

// MakeSpool makes a directory for a large temporary file, which nobody else may enter. kind begins
// its name. It removes directories of the kind that killed runs left in dir; "" is the system's
// directory for temporary files.
func MakeSpool(dir, kind string) (path string, err error) {
	if dir == "" {
		dir = os.TempDir()
	}
	there, _ := os.ReadDir(dir) // an error comes again from MkdirTemp
	for _, e := range there {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), kind) && time.Since(info.ModTime()) > spoolAge {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // it is tried again by the next one
		}
	}
	return os.MkdirTemp(dir, kind+"*")
}

// RemoveLeftovers removes what killed runs left of the file at path: the temporary files of
// backups, restores and new databases, which have names of their own and never became the file. It
// returns their names. One that another run is still writing stays.
func RemoveLeftovers(path string) (removed []string, err error) {
	target, err := resolve(path)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(target)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	// As writeBeside names them. Copies of a database have more in their names.
	ours := regexp.MustCompile(`^\.` + regexp.QuoteMeta(filepath.Base(target)) +
		`(` + regexp.QuoteMeta(upgradeMark) + `[0-9A-Z-]+|` + regexp.QuoteMeta(rescueMark) + `[0-9TZ.]+|` + regexp.QuoteMeta(formerMark) + `[0-9TZ]+)?\.[0-9]+\.part$`)
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !ours.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		switch gone, failed := removeAbandoned(name); {
		case failed != nil:
			err = errors.Join(err, failed)
		case gone:
			removed = append(removed, name)
		}
	}
	return removed, err
}

// removeAbandoned removes a file unless somebody has it locked.
func removeAbandoned(name string) (removed bool, err error) {
	file, err := os.Open(name) //nolint:gosec // found by its name in a directory of the owner's choice
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // its run has just ended
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // the lock goes with it
	err = lockFile(file, 0)
	if errors.Is(err, ErrInUse) {
		return false, nil
	}
	if err == nil {
		err = os.Remove(name)
	}
	return err == nil, err
}
