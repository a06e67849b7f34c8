package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ErrInUse says that another process has the file open.
var ErrInUse = errors.New("in use by another process")

const (
	// lockWait is how long another process may still take to let go of the file.
	lockWait = 300 * time.Millisecond
	// mapAhead is address space, not memory: with it the file can grow while a backup reads it.
	mapAhead = 16 << 30
)

type openFile = func(path string, flag int, mode os.FileMode) (*os.File, error)

// openBolt opens or makes the file itself, and returns also what bbolt opened.
func openBolt(path string, set settings) (*bbolt.DB, *os.File, error) {
	bolt, file, err := openMapped(path, set)
	if err != nil {
		return nil, nil, advise(path, err)
	}
	return bolt, file, nil
}

// openMapped maps less where the system does not give so much address space.
func openMapped(path string, set settings) (*bbolt.DB, *os.File, error) {
	ahead := set.mapAhead
	if runtime.GOOS == "windows" || ahead > int64(int(ahead)) { // where a map is a file of that size, or does not fit into a pointer
		ahead = 0
	}
	for {
		o := opening{open: set.openFile}
		bolt, err := o.run(path, int(ahead))
		if !errors.Is(err, syscall.ENOMEM) || ahead == 0 {
			return bolt, o.file, err
		}
		ahead = ahead >> 3 &^ (1<<20 - 1)
	}
}

// opening is one attempt to open a file.
type opening struct {
	open openFile
	file *os.File
	made bool // by us, just now
}

func (o *opening) run(path string, ahead int) (bolt *bbolt.DB, err error) {
	defer func() { err = o.undo(path, err) }()
	defer surviveDamage(&err)()
	bolt, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistMapType, InitialMmapSize: ahead, OpenFile: o.examined,
	})
	if err == nil && o.made {
		if err = syncDirectory(filepath.Dir(path)); err != nil {
			err = errors.Join(err, bolt.Close())
		}
	}
	return bolt, err
}

// undo leaves nothing behind of an attempt that failed: neither a lock, which bbolt keeps
// where it panics, nor a file that was begun.
func (o *opening) undo(path string, err error) error {
	if err == nil || o.file == nil {
		return err
	}
	if o.made {
		err = errors.Join(err, os.Remove(path))
	}
	if errors.Is(err, ErrDamaged) {
		unlock(o.file)
		_ = o.file.Close()
	}
	return err
}

// examined opens the file, locks it, and looks at it before bbolt does.
func (o *opening) examined(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := o.open(path, flag&^os.O_CREATE, mode)
	if errors.Is(err, fs.ErrNotExist) {
		if left := hasJournal(path); left != "" {
			return nil, fmt.Errorf("%w: %s is there, and the database is not", errOrphan, left)
		}
		file, err = o.open(path, flag|os.O_EXCL, mode)
		o.made = err == nil
	}
	if err != nil {
		return nil, err
	}
	if err := o.examine(path, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	o.file = file
	return file, nil
}

func (o *opening) examine(path string, file *os.File) error {
	if err := lock(file, lockWait); err != nil || o.made {
		return err
	}
	if err := sameFile(path, file); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && info.Size() == 0 {
		return errEmpty
	}
	p, err := readPages(file)
	if err != nil {
		return err
	}
	if _, _, err := p.freePages(); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return p.checkBranches()
}

// sameFile makes sure that path still names file: while its lock was waited for, another may have taken its place.
func sameFile(path string, file *os.File) error {
	ours, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, there) {
		return ErrInUse
	}
	return nil
}

// syncDirectory makes a new file's name survive a power cut, as its contents do.
func syncDirectory(path string) error {
	directory, err := os.Open(path) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	err = directory.Sync()
	if runtime.GOOS == "windows" {
		err = nil // has no such thing
	}
	return errors.Join(err, directory.Close())
}

// errOrphan: a shop that has a journal has a database.
var errOrphan = fmt.Errorf("%w: a journal without it", ErrDamaged)

// errEmpty: a shop that has sold anything was never an empty file, so nothing new is begun in one.
var errEmpty = fmt.Errorf("%w: the file is empty", ErrDamaged)

// wayBack is what to do about a database that cannot be used.
const wayBack = "restore a backup with 'shopbot restore FILE'"

// advised is an error that tells its owner which file it is about and what to do.
type advised struct{ error }

func (a advised) Unwrap() error { return a.error }

// advise says what is wrong with a file, and what its owner can do; once.
func advise(path string, err error) error {
	if errors.As(err, new(advised)) {
		return err
	}
	remedy := ""
	switch {
	case errors.Is(err, berrors.ErrTimeout), errors.Is(err, ErrInUse):
		err, remedy = ErrInUse, "stop the other shopbot, or name another file"
	case errors.Is(err, fs.ErrNotExist):
		remedy = "make the directory " + filepath.Dir(path) + " first"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		remedy = "let this user read and write the file and its directory"
	case errors.Is(err, syscall.EISDIR):
		remedy = "name a file in it"
	case errors.Is(err, errOrphan):
		remedy = "put back the database that it belongs to, or " + wayBack + ", or remove it if this is to be a new shop"
	case errors.Is(err, errJournal):
		remedy = "put the two together that belong together, or " + wayBack + ", which keeps both aside"
	case errors.Is(err, syscall.ENOSPC):
		remedy = "make room on its disk"
	case errors.Is(err, errEmpty):
		remedy = wayBack + ", or remove it if this is to be a new shop"
	case errors.Is(err, ErrNotOurs):
		remedy = "name another file, or if it was one, " + wayBack
	case errors.Is(err, ErrDamaged):
		remedy = wayBack
	}
	if remedy == "" {
		return advised{fmt.Errorf("database %s: %w", path, err)}
	}
	return advised{fmt.Errorf("database %s: %w: %s", path, err, remedy)}
}
