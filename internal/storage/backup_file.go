package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// WriteBackup makes a file at path of what write gives, such as DB.Backup. The name is there only
// when the copy is whole, on disk, and was looked through: until then it is a temporary file beside it. The
// file is readable by its owner alone. Unless replace is set, a file that is there stays, and the
// error is fs.ErrExist. The number is the file's length in bytes.
func WriteBackup(ctx context.Context, path string, replace bool, write func(io.Writer) error) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil && !replace { // before the work; place asks again
		return 0, &fs.PathError{Op: "write backup", Path: path, Err: fs.ErrExist}
	}
	temporary, err := writeBeside(path, write)
	if err != nil {
		return 0, err
	}
	defer func() {
		if gone := os.Remove(temporary); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := inspect(ctx, temporary); err != nil {
		return 0, fmt.Errorf("the copy is no good, and was thrown away: %w", err)
	}
	info, err := os.Stat(temporary)
	if err != nil {
		return 0, err
	}
	return info.Size(), place(temporary, path, replace)
}

// writeBeside writes a new file in the directory of path, to the disk, and returns its name.
func writeBeside(path string, write func(io.Writer) error) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return "", err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// place gives a file its final name, as one step and for good.
func place(temporary, path string, replace bool) error {
	move := os.Rename
	if !replace {
		move = renameNew
	}
	if err := move(temporary, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// renameNew is a rename that never takes the place of another file.
func renameNew(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := os.Lstat(to); err == nil { // a file system without links
		return &fs.PathError{Op: "write backup", Path: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// CopyClosed writes to w the database at path that nobody has open, as it is: nothing in it is
// changed, also if it is of an older layout, but that a journal which was left is moved into it first. ErrInUse where
// somebody has it; ErrNewer where a later program left the journal.
func CopyClosed(ctx context.Context, path string, w io.Writer) (err error) {
	if err := moveClosed(ctx, path); err != nil {
		return err
	}
	file, err := hold(path)
	if err != nil {
		return advise(path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p, err := readPages(file)
	if err != nil {
		return advise(path, err)
	}
	whole := io.NewSectionReader(file, 0, int64(p.meta.pages*p.meta.pageSize)) //nolint:gosec // the length of a file
	_, err = io.Copy(writerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return w.Write(b)
	}), whole)
	return err
}

// hold opens a database as a file and keeps everybody else from opening it until it is closed.
func hold(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return nil, err
	}
	if err = lock(file, lockWait); err == nil {
		err = sameFile(path, file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// inspect looks through the pages of a file that nobody writes to, and at its schema. It changes nothing.
func inspect(ctx context.Context, path string) (err error) {
	file, err := os.Open(path) //nolint:gosec // the path is the owner's choice
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p, err := readPages(file)
	if err != nil {
		return err
	}
	p.check(func(breach string) {
		if err == nil {
			err = fmt.Errorf("%w: %s", ErrDamaged, breach)
		}
	})
	if err != nil {
		return err
	}
	return inspectSchema(ctx, path)
}

// inspectSchema wants a file whose pages are sound.
func inspectSchema(ctx context.Context, path string) (err error) {
	defer surviveDamage(&err)()
	bolt, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bolt.Close()) }()
	has, err := lookingAt(bolt, path).schema(ctx)
	switch newest := newestOf(migrations()); {
	case err != nil:
		return err
	case has == 0:
		return fmt.Errorf("%w: it holds nothing", ErrNotOurs)
	case has > newest:
		return newerThan(has, newest)
	}
	return nil
}
