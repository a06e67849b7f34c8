package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Restored tells what Restore did.
type Restored struct {
	// Former is where the database that was there is now; "" if there was none.
	Former string
	// Orders is how many orders the backup holds.
	Orders int
	// Last is the time of the last entry of the backup's audit trail, or zero.
	Last time.Time
}

// Restore puts the backup that write gives in the place of the database at path, or of what a
// symbolic link there points to. from is what messages call the backup, and its path if it is a file.
// The copy is examined first, every invariant of it. The database that is there, damaged or not, is
// kept under another name. The last step is one rename; before it nothing changes.
//
// Errors: ErrIsOwn if from is the database itself; ErrInUse if a shop has the database open;
// ErrNotOurs, ErrDamaged, ErrOtherVersion and *UnsoundError about the backup.
func Restore(ctx context.Context, from, path string, write func(io.Writer) error) (Restored, error) {
	return restore(ctx, usualDisk(), from, path, write)
}

func restore(ctx context.Context, d disk, from, path string, write func(io.Writer) error) (done Restored, err error) {
	target, err := resolve(path)
	if err != nil {
		return Restored{}, err
	}
	if isSame(from, target) {
		return Restored{}, fmt.Errorf("backup %s: %w", from, ErrIsOwn)
	}
	held, err := holdFile(d, target)
	switch {
	case err == nil:
		defer func() { _ = held.Close() }() // the lock goes with it; nothing was written
	case !errors.Is(err, fs.ErrNotExist):
		return Restored{}, withHint(path, err)
	}
	if _, err := os.Stat(filepath.Dir(target)); err != nil {
		return Restored{}, withHint(path, err)
	}
	temporary, err := d.writeBeside(target, func(to *os.File) error { return write(to) })
	if err != nil {
		return Restored{}, fmt.Errorf("copy backup %s: %w", from, err)
	}
	found, err := examineSound(ctx, temporary)
	if errors.Is(err, ErrOtherVersion) {
		err = fmt.Errorf("%w: restore it with the version that wrote it", err)
	}
	if err == nil {
		err = ForgetMove(ctx, temporary)
	}
	if err == nil && held != nil {
		done.Former, err = d.keepFormer(target)
	}
	if err != nil {
		return Restored{}, errors.Join(fmt.Errorf("backup %s: %w", from, err), os.Remove(temporary))
	}
	if err := d.publish(temporary, target, held != nil); err != nil {
		return Restored{}, errors.Join(err, os.Remove(temporary))
	}
	done.Orders, done.Last = found.Orders, found.Last
	return done, nil
}

// holdFile opens a database as a file and keeps other processes from opening it until it is closed.
func holdFile(d disk, path string) (*os.File, error) {
	file, err := d.openFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err = lockFile(file, lockWait); err == nil && !isOpenAs(file, path) {
		err = ErrInUse // another took its place while the lock was waited for
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// isOpenAs reports whether path still names an open file.
func isOpenAs(file *os.File, path string) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(ours, there)
}

func copyFile(from string, to io.Writer) (err error) {
	file, err := os.Open(from) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.Copy(to, file)
	return err
}

// keepFormer gives the database at path a second name with the time. It links instead of renaming:
// otherwise a shop that starts at that moment would find no database and make an empty one.
func (d disk) keepFormer(path string) (name string, err error) {
	name = path + formerMark + time.Now().UTC().Format("20060102T150405Z")
	err = d.link(path, name)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	copied, err := d.writeBeside(name, func(to *os.File) error { return copyFile(path, to) }) // a file system without links
	if err != nil {
		return "", err
	}
	return name, d.publish(copied, name, false)
}

func isBackupName(name string) bool {
	return !strings.Contains(name, formerMark) && (!strings.HasPrefix(name, ".") || filepath.Ext(name) != ".part")
}
