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

// errEmpty: a shop's file was never empty, so no new shop is begun in one.
var errEmpty = fmt.Errorf("%w: the file is empty", ErrDamaged)

const (
	// lockWait is how long another process may still take to let go of the file.
	lockWait = time.Second
	// mapAhead is address space, not memory. With it the file can grow while a backup reads it;
	// without it commits that need more room wait until the backup is done.
	mapAhead = 16 << 30
	// mostLinks is how many symbolic links may lead to one another.
	mostLinks = 40
)

// resolve follows symbolic links, also to a file that does not exist.
func resolve(path string) (string, error) {
	for range mostLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // not a link; anything else shows when the file is opened
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// NewPath is where Open would make the database of path: there, or where symbolic links lead. It
// returns an error if Open would not make one.
func NewPath(path string) (string, error) {
	target, err := resolve(path)
	if err == nil && newestRescue(target) != "" {
		err = errRescued
	}
	if err != nil {
		return "", withHint(path, err)
	}
	return target, nil
}

// makeIfMissing makes a new shop's file unless there is one. The file gets its name when it is
// whole, so that a crash leaves no part of one.
func makeIfMissing(path string, set settings) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if newestRescue(path) != "" {
		return errRescued
	}
	temporary, err := set.disk.writeBeside(path, func(file *os.File) error {
		unlockFile(file) // bbolt locks it
		bolt, err := bbolt.Open(file.Name(), 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
		if err != nil {
			return err
		}
		err = bolt.Update(makeSchema)
		return errors.Join(err, bolt.Close())
	})
	if err != nil {
		return err
	}
	err = set.disk.publish(temporary, path, false)
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		return os.Remove(temporary)
	}
	return err
}

// openBolt opens a shop's file, and returns also what bbolt opened. It maps less ahead if the
// system does not give so much address space.
func openBolt(path string, readOnly bool, set settings) (*bbolt.DB, *os.File, error) {
	ahead := set.mapAhead
	if readOnly || runtime.GOOS == "windows" || ahead > int64(int(ahead)) { // Windows makes the file as long as the map
		ahead = 0
	}
	for {
		o := opening{disk: set.disk}
		bolt, err := o.run(path, readOnly, int(ahead))
		if !errors.Is(err, syscall.ENOMEM) || ahead == 0 {
			return bolt, o.file, err
		}
		ahead = ahead >> 3 &^ (1<<20 - 1)
	}
}

// opening is one attempt to open a file.
type opening struct {
	disk disk
	file *os.File
}

func (o *opening) run(path string, readOnly bool, ahead int) (bolt *bbolt.DB, err error) {
	defer func() {
		if err != nil && o.file != nil { // bbolt keeps its lock and the file if it panics
			unlockFile(o.file)
			_ = o.file.Close()
		}
	}()
	defer recoverCorruption(&err)()
	bolt, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockWait, FreelistType: bbolt.FreelistMapType, PreLoadFreelist: true, ReadOnly: readOnly,
		InitialMmapSize: ahead, OpenFile: o.open,
	})
	if err != nil {
		return nil, asOurs(err)
	}
	if err := o.examine(path, bolt); err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	return bolt, nil
}

// asOurs is an error of bbolt's own as one of ours: either the lock was not free in time, or the
// file makes no sense.
func asOurs(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.As(err, new(*fs.PathError)), errors.As(err, new(syscall.Errno)), errors.Is(err, ErrDamaged):
		return err
	}
	return fmt.Errorf("%w: %w", ErrNotOurs, err)
}

// open opens the file for bbolt, which must neither make it nor take an empty one for a new one.
func (o *opening) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := o.disk.openFile(path, flag&^os.O_CREATE, mode)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.Mode().IsRegular() && info.Size() == 0 {
		if err == nil {
			err = errEmpty
		}
		return nil, errors.Join(err, file.Close())
	}
	o.file = file
	return file, nil
}

// examine looks at a file that was opened and locked, as far as that costs little.
func (o *opening) examine(path string, bolt *bbolt.DB) error {
	ours, err := o.file.Stat()
	if err != nil {
		return err
	}
	if !isOpenAs(o.file, path) { // another took its place while the lock was waited for
		return ErrInUse
	}
	return bolt.View(func(tx *bbolt.Tx) error {
		if tx.Size() > ours.Size() {
			return fmt.Errorf("%w: it is cut off after %d of %d bytes", ErrDamaged, ours.Size(), tx.Size())
		}
		if err := walkPages(tx, o.file, bolt.Info().PageSize, true); err != nil {
			return err
		}
		return checkSchema(tx)
	})
}

// hinted is an error that tells the operator which file it is about and what to do.
type hinted struct {
	err        error
	path, hint string
}

func (h hinted) Unwrap() error { return h.err }

func (h hinted) Error() string {
	if h.hint == "" {
		return fmt.Sprintf("database %s: %v", h.path, h.err)
	}
	return fmt.Sprintf("database %s: %v: %s", h.path, h.err, h.hint)
}

// withoutHint is the error that withHint was given. It is for a path that is a temporary one.
func withoutHint(err error) error {
	if h, ok := errors.AsType[hinted](err); ok {
		return h.err
	}
	return err
}

// withHint says which file an error is about and what the operator can do, once.
func withHint(path string, err error) error {
	if errors.As(err, new(hinted)) {
		return err
	}
	hint := ""
	switch {
	case errors.Is(err, ErrInUse):
		hint = "stop the other shopbot, or name another file"
	case errors.Is(err, errRescued):
		target, _ := resolve(path)
		copied := newestRescue(target)
		hint = "get it back with 'shopbot restore " + copied + "', or move " + copied + " away if this is to be a new shop"
	case errors.Is(err, ErrLost):
		hint = "stop the shop; the copy that it leaves beside it can be restored"
	case errors.Is(err, ErrOtherVersion):
		hint = "start the version that wrote it, or begin with a new file: SHOPBOT_DATABASE"
	case errors.Is(err, errEmpty):
		hint = wayBack(path) + ", or remove it if this is to be a new shop"
	case errors.Is(err, ErrNotOurs):
		hint = "name another file, or if it was one, " + wayBack(path)
	case errors.Is(err, ErrDamaged):
		hint = wayBack(path)
	case errors.Is(err, fs.ErrNotExist):
		target, _ := resolve(path) // "" for links without end, which is another error
		hint = "make the directory " + filepath.Dir(target) + " first"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		hint = "let this user read and write the file and its directory"
	case errors.Is(err, syscall.EISDIR):
		hint = "name a file in it"
	case errors.Is(err, syscall.ENOSPC):
		hint = "make room on its disk"
	}
	return hinted{err, path, hint}
}
