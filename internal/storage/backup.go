package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

// Backup writes a consistent copy of the database to w while it is in use. It ends early, with an
// error, if ctx ends or the database closes; a copy is whole only if the error is nil.
//
// The copy is a database file, also that of another engine: it is then first written to the system's
// directory for temporary files.
//
// It is a read transaction of the calling goroutine, which does nothing else with the database
// meanwhile. Where the file is not mapped ahead (see mapAhead), commits that need more room wait
// for its end, so w must not wait for them.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	return db.read(ctx, func(t *tx) error {
		goOn := func() error { return db.usable(ctx) }
		if file, ok := t.in.(*boltTx); ok {
			return copyTo(file.Tx, w, goOn)
		}
		return db.copySnapshot(ctx, t, w)
	})
}

// copyTo writes the file of a transaction to w until goOn returns an error.
func copyTo(file *bbolt.Tx, w io.Writer, goOn func() error) error {
	_, err := file.WriteTo(writerFunc(func(p []byte) (int, error) {
		if err := goOn(); err != nil {
			return 0, err
		}
		return w.Write(p)
	}))
	if err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	return nil
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// CopyClosed writes to w the database at path, and does not change it. It returns ErrInUse if a
// running shop has the database open.
func CopyClosed(ctx context.Context, path string, w io.Writer) error {
	return look(path, usualDisk(), func(db *DB) error {
		return db.file.bolt.View(func(file *bbolt.Tx) error { return copyTo(file, w, ctx.Err) })
	})
}

// look opens a database that nobody writes to, with a lock that keeps others from writing, and
// closes it after do.
func look(path string, d disk, do func(db *DB) error) (err error) {
	set := usualSettings()
	set.disk = d
	defer func() {
		if err != nil {
			err = withHint(path, err)
		}
	}()
	target, err := resolve(path)
	if err != nil {
		return err
	}
	bolt, file, err := openBolt(target, true, set)
	if err != nil {
		return err
	}
	db := newDB(nil, slog.New(slog.DiscardHandler))
	db.file = &boltFile{bolt: bolt, file: file, path: path, log: db.log}
	db.engine = db.file
	defer func() { err = errors.Join(err, bolt.Close()) }()
	defer recoverCorruption(&err)()
	return do(db)
}

// WriteBackup makes a file at path of what write gives, such as DB.Backup. own are the files that
// the shop runs on, its database first: it never overwrites one of them, nor the database of any
// running shop, by whatever name or link. The file gets its name once the copy is whole, on disk,
// and examined as Examine does; until then it is a temporary file beside it. Only its owner can
// read it. Unless replace is set, an existing file stays, and the error is fs.ErrExist. n is the
// file's length in bytes.
//
// Errors: ErrIsOwn if path leads to one of the shop's own files; ErrInUse if it leads to a database
// that is in use; ErrDamaged and *UnsoundError about the copy, which is removed; those of write and
// of the system.
func WriteBackup(ctx context.Context, own []string, path string, replace bool, write func(io.Writer) error) (n int64, err error) {
	return writeBackup(ctx, usualDisk(), own, path, replace, write)
}

// WriteFile makes a new file at path of what write gives. The file gets its name once it is whole and
// on disk, and only its owner can read it. A file that is there stays, and the error is fs.ErrExist.
func WriteFile(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil { // before the work; publish checks again
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	d := usualDisk()
	temporary, err := d.writeBeside(path, func(file *os.File) error { return write(file) })
	if err != nil {
		return err
	}
	if err := d.publish(temporary, path, false); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}

// ErrIsOwn says that a file is not another one than the shop runs on.
var ErrIsOwn = errors.New("that is a file that the shop itself runs on; name another one")

// errSpecial says that a backup would take the place of a device, a pipe or a socket.
var errSpecial = errors.New("that is not a regular file; name another one")

// holdReplaced looks at the file that a backup is to replace, if there is one, and keeps a shop
// from opening it as its database until release is called.
func holdReplaced(d disk, own []string, path string, replace bool) (release func(), err error) {
	release = func() {}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return release, nil
	}
	kept, err := keptCopies(own[0])
	if err != nil {
		return nil, err
	}
	for _, file := range append(kept, own...) {
		if isSame(file, path) {
			return nil, ErrIsOwn
		}
	}
	there, err := os.Stat(path)
	switch {
	case err == nil && there.IsDir():
		return nil, syscall.EISDIR
	case err == nil && !there.Mode().IsRegular():
		return nil, errSpecial
	case !replace: // before the work; publish checks again
		return nil, fs.ErrExist
	case errors.Is(err, fs.ErrNotExist): // a link to nothing
		return release, nil
	case err != nil:
		return nil, err
	}
	file, err := d.openFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	if err := lockFile(file, 0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil // the lock goes with it
}

// keptCopies lists the copies that Restore, Rescue and an upgrade keep of a database. Each may be the
// only one.
func keptCopies(database string) (names []string, err error) {
	target, err := resolve(database)
	if err != nil {
		return nil, err
	}
	for _, mark := range []string{formerMark, rescueMark, upgradeMark} {
		found, err := filepath.Glob(globQuote(target) + mark + "*")
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	return names, nil
}

// globQuote makes a path a pattern of filepath.Glob that matches only the path.
func globQuote(path string) string {
	if runtime.GOOS == "windows" { // has no way to quote, and paths without these characters
		return path
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func writeBackup(ctx context.Context, d disk, own []string, path string, replace bool, write func(io.Writer) error) (n int64, err error) {
	release, err := holdReplaced(d, own, path, replace)
	if err != nil {
		return 0, &fs.PathError{Op: "write backup", Path: path, Err: err}
	}
	defer release()
	temporary, err := d.writeBeside(path, func(file *os.File) error { return write(&steadyWriter{file: file, sync: d.sync}) })
	if err != nil {
		return 0, err
	}
	defer func() {
		if gone := os.Remove(temporary); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if _, err := examineSound(ctx, temporary); err != nil {
		return 0, fmt.Errorf("the copy is faulty and was removed: %w", err)
	}
	info, err := os.Stat(temporary)
	if err != nil {
		return 0, err
	}
	return info.Size(), d.publish(temporary, path, replace)
}

// steadyBytes is how much a backup writes between two flushes.
const steadyBytes = 4 << 20

// steadyWriter flushes a file now and then. Otherwise a commit of the shop, whose flush has to wait
// for what is dirty on the same disk, waits for all of a backup at once.
type steadyWriter struct {
	file  *os.File
	sync  func(*os.File) error
	dirty int
}

func (w *steadyWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if w.dirty += n; err == nil && w.dirty >= steadyBytes {
		w.dirty, err = 0, w.sync(w.file)
	}
	return n, err
}

// isSame reports whether two names lead to one file, by hard or symbolic links.
func isSame(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// formerMark is in the name under which Restore keeps the former database.
const formerMark = ".before-restore-"

// newestBackup is the newest other database in the directory of path that can be opened; "" if
// there is none. A database that Restore has kept is no backup.
func newestBackup(path string) (newest string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var at time.Time
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || isSame(name, path) || !isBackupName(e.Name()) {
			continue
		}
		if info.ModTime().After(at) && opens(name) {
			newest, at = name, info.ModTime()
		}
	}
	return newest
}

// opens reports whether a file is a database that this program can open.
func opens(path string) bool {
	bolt, _, err := openBolt(path, true, settings{disk: usualDisk()})
	return err == nil && bolt.Close() == nil
}

// wayBack is what to do about a database that cannot be used.
func wayBack(path string) string {
	if backup := newestBackup(path); backup != "" {
		return "restore the newest backup beside it with 'shopbot restore " + backup + "'"
	}
	return "restore a backup with 'shopbot restore FILE'"
}
