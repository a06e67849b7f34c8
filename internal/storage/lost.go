package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrLost says that the path of an open database no longer leads to its file: somebody deleted it,
// or put another one there. What is written to such a file is gone when it is closed.
var ErrLost = errors.New("the database file was deleted or replaced while it is in use")

// rescueMark is in the name of the copy that Rescue writes.
const rescueMark = ".rescued-"

// InPlace returns ErrLost if what is written now would be gone when the database is closed: the path
// does not lead to the open file.
func (db *DB) InPlace() error { return db.engine.InPlace() }

// Rescue writes a consistent copy of a database that is lost beside the path where it was, and
// returns the copy's name; "" if the database is in place. Nothing can be written to a lost database,
// so one copy is enough: later calls return its name, as long as it is there. No file is replaced or
// removed.
func (db *DB) Rescue() (name string, err error) {
	if db.file == nil {
		return "", nil
	}
	return db.file.rescueCopy()
}

func (f *boltFile) rescueCopy() (name string, err error) {
	f.rescue.Lock()
	defer f.rescue.Unlock()
	if f.InPlace() == nil {
		return "", nil
	}
	commits := f.commits()
	if f.rescuedAt == commits { // else the file was back for a while
		if _, err := os.Stat(f.rescued); err == nil {
			return f.rescued, nil
		}
	}
	target, err := resolve(f.path)
	if err != nil {
		return "", err
	}
	name = target + rescueMark + time.Now().UTC().Format("20060102T150405.000Z")
	temporary, err := f.disk.writeBeside(name, f.copyFile)
	if err == nil {
		if err = f.disk.publish(temporary, name, false); err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}
	if err != nil {
		return "", fmt.Errorf("rescue database %s: %w", f.path, err)
	}
	f.rescued, f.rescuedAt = name, commits
	return name, nil
}

// copyFile writes a copy of the file, also if it is lost.
func (f *boltFile) copyFile(to *os.File) (err error) {
	file, err := f.beginRead()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Rollback()) }()
	defer recoverCorruption(&err)()
	return copyTo(file, to, func() error { return nil })
}

// rescueAtClose is Rescue for a program that ends, which may not have looked since.
func (db *DB) rescueAtClose() {
	if db.InPlace() == nil {
		return
	}
	name, err := db.Rescue()
	if err != nil {
		db.log.Error("rescue database failed", "database", db.engine.Name(), "error", err)
		return
	}
	db.log.Error("database file was deleted or replaced, its copy is beside it", "database", db.engine.Name(), "copy", name)
}

// errRescued: a new shop is not begun where one was rescued.
var errRescued = errors.New("it is missing, and a running shop had to rescue its copy")

// newestRescue is the newest copy that Rescue wrote for a path; "" if there is none.
func newestRescue(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	newest := ""
	for _, e := range entries { // by name, and so by time
		if strings.HasPrefix(e.Name(), filepath.Base(path)+rescueMark) && e.Type().IsRegular() {
			newest = filepath.Join(filepath.Dir(path), e.Name())
		}
	}
	return newest
}
