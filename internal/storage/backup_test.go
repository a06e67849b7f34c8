package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

func TestABackupTakenWhileSellingIsAWholeShop(t *testing.T) {
	t.Parallel()
	db := open(t, inTemp(t))
	ctx, stop := context.WithCancel(t.Context())
	var sold atomic.Int64
	sellers := make(chan error)
	go func() {
		var errs [4]error
		crowdOf(len(errs), func(i int) {
			for n := int64(i); ctx.Err() == nil; n += 4 {
				errs[i] = errors.Join(errs[i], sell(context.WithoutCancel(ctx), db, n))
				sold.Add(1)
			}
		})
		sellers <- errors.Join(errs[:]...)
	}()
	secret, err := db.Secret(t.Context())
	require.NoError(t, err)
	for i := range 3 {
		before := sold.Load()
		require.Eventually(t, func() bool { return sold.Load() > before+20 }, time.Minute, time.Millisecond)
		path := filepath.Join(t.TempDir(), fmt.Sprint(i))
		n, err := WriteBackup(t.Context(), []string{db.Name()}, path, false, func(w io.Writer) error { return db.Backup(t.Context(), w) })
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, info.Size(), n)
		require.EqualValues(t, 0o600, info.Mode().Perm())
		copied := open(t, path)
		sound(t, copied)
		same, err := copied.Secret(t.Context())
		require.NoError(t, err)
		require.Equal(t, secret, same)
	}
	stop()
	require.NoError(t, <-sellers)
	sound(t, db)
}

// Where nothing is mapped ahead, as on Windows, a commit that has to map more of the file waits
// until nobody reads it.
func TestABackupAndAGrowingFileDoNotWaitForEachOtherForEver(t *testing.T) {
	db := open(t, inTemp(t), func(s *settings) { s.mapAhead = 0 })
	require.NoError(t, sell(t.Context(), db, 1))
	require.NoError(t, db.write(t.Context(), func(*tx) error { return nil })) // nothing is written
	writing := make(chan error, 4)
	grow := func(i int) {
		for n := range 5 {
			if err := load(t.Context(), db, "gift", fmt.Sprint(i, n, strings.Repeat("x", 100_000))); err != nil {
				writing <- err
				return
			}
		}
		writing <- nil
	}
	var copied bytes.Buffer
	begun := false
	require.NoError(t, db.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		if !begun {
			for i := range cap(writing) {
				go grow(i)
			}
			time.Sleep(50 * time.Millisecond) // by now they wait for this
		}
		begun = true
		return copied.Write(p)
	})))
	for range cap(writing) {
		select {
		case err := <-writing:
			require.NoError(t, err)
		case <-time.After(20 * time.Second):
			t.Fatal("they never end")
		}
	}
	sound(t, db)
	sound(t, open(t, written(t, copied.Bytes())))
}

func TestABackupThatNobodyWaitsForEnds(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, cancel := context.WithCancel(t.Context())
	require.Error(t, db.Backup(ctx, writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	})))
	full := errors.New("no space")
	require.ErrorContains(t, db.Backup(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full })), "no space")
}

// calls records what a disk is asked for, in words.
type calls []string

func (c *calls) disk() disk {
	d := usualDisk()
	note := func(what string, err error) error {
		*c = append(*c, what)
		return err
	}
	d.sync = func(f *os.File) error {
		info, err := f.Stat()
		switch {
		case err != nil:
			return err
		case info.IsDir():
			return note("sync directory", f.Sync())
		}
		return note("sync file", f.Sync())
	}
	d.rename = func(from, to string) error { return note("rename", os.Rename(from, to)) }
	d.link = func(from, to string) error { return note("link", os.Link(from, to)) }
	return d
}

func (c *calls) take() string {
	all := strings.Join(*c, ", ")
	*c = nil
	return all
}

func copyOf(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

func TestAFileIsOnDiskBeforeItsNameAndTheNameBeforeSuccess(t *testing.T) {
	var c calls
	content := filledWith(t, 3, nil)
	path := filepath.Join(t.TempDir(), "backup")
	_, err := writeBackup(t.Context(), c.disk(), []string{inTemp(t)}, path, false, copyOf(content))
	require.NoError(t, err)
	require.Equal(t, "sync file, link, sync directory", c.take())
	_, err = writeBackup(t.Context(), c.disk(), []string{inTemp(t)}, path, true, copyOf(content))
	require.NoError(t, err)
	require.Equal(t, "sync file, rename, sync directory", c.take())

	target := inTemp(t)
	_, err = restoreFile(t.Context(), c.disk(), path, target)
	require.NoError(t, err)
	require.Equal(t, "sync file, link, sync directory", c.take())
	_, err = restoreFile(t.Context(), c.disk(), path, target)
	require.NoError(t, err)
	require.Equal(t, "sync file, link, rename, sync directory", c.take())

	require.NoError(t, makeIfMissing(inTemp(t), settings{disk: c.disk()}))
	require.Equal(t, "sync file, link, sync directory", c.take())
}

func TestAFlushThatFailsIsNoSuccess(t *testing.T) {
	content := filledWith(t, 3, nil)
	failed := errors.New("the flush failed")
	for _, failing := range []string{"file", "directory"} {
		d := usualDisk()
		d.sync = func(f *os.File) error {
			if info, err := f.Stat(); err == nil && info.IsDir() == (failing == "directory") {
				return failed
			}
			return f.Sync()
		}
		path := filepath.Join(t.TempDir(), "backup")
		_, err := writeBackup(t.Context(), d, []string{inTemp(t)}, path, false, copyOf(content))
		require.ErrorIs(t, err, failed)
		_, err = restoreFile(t.Context(), d, written(t, content), inTemp(t))
		require.ErrorIs(t, err, failed)
		if failing == "file" {
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Empty(t, entries)
		}
	}
}

func TestABackupNeverTakesThePlaceOfTheDatabase(t *testing.T) {
	path := inTemp(t)
	db := open(t, path)
	dir := filepath.Dir(path)
	hard, soft, way := filepath.Join(dir, "hard"), filepath.Join(dir, "soft"), filepath.Join(dir, "way")
	require.NoError(t, os.Link(path, hard))
	require.NoError(t, os.Symlink("shop.db", soft))
	require.NoError(t, os.Symlink(dir, way))
	for _, to := range []string{path, hard, soft, filepath.Join(way, "shop.db"), filepath.Join(dir, ".", "shop.db")} {
		_, err := WriteBackup(t.Context(), []string{path}, to, true, func(w io.Writer) error { return db.Backup(t.Context(), w) })
		require.ErrorIs(t, err, ErrIsOwn, to)
	}
	former := path + formerMark + "20260101T000000Z"
	require.NoError(t, os.WriteFile(former, []byte("keep me"), 0o600))
	rescued := path + rescueMark + "20260101T000000.000Z"
	require.NoError(t, os.WriteFile(rescued, []byte("keep me"), 0o600))
	env := filepath.Join(dir, "shopbot.env")
	require.NoError(t, os.WriteFile(env, []byte("keep me"), 0o600))
	require.NoError(t, os.Symlink("shopbot.env", filepath.Join(dir, "env")))
	linked := filepath.Join(t.TempDir(), "linked.db")
	require.NoError(t, os.Symlink(path, linked))
	for _, copied := range []string{former, rescued} {
		_, err := WriteBackup(t.Context(), []string{linked}, copied, true, func(w io.Writer) error { return db.Backup(t.Context(), w) })
		require.ErrorIs(t, err, ErrIsOwn, "%s of a database that is named by a link", copied)
	}
	for _, to := range []string{former, rescued, env, filepath.Join(dir, "env")} {
		for _, force := range []bool{true, false} {
			_, err := WriteBackup(t.Context(), []string{path, env}, to, force, func(w io.Writer) error { return db.Backup(t.Context(), w) })
			require.ErrorIs(t, err, ErrIsOwn, to)
		}
	}
	other := filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, []byte("keep me"), 0o600))
	_, err := WriteBackup(t.Context(), []string{path}, other, false, func(w io.Writer) error { return db.Backup(t.Context(), w) })
	require.ErrorIs(t, err, fs.ErrExist)
	content, err := os.ReadFile(other)
	require.NoError(t, err)
	require.Equal(t, "keep me", string(content))
}

// The database of a running shop is known by its lock, also if somebody has moved it, or if it is
// another shop's.
func TestABackupNeverTakesThePlaceOfADatabaseInUse(t *testing.T) {
	path := inTemp(t)
	db := open(t, path)
	moved := path + ".moved"
	require.NoError(t, os.Rename(path, moved))
	_, err := WriteBackup(t.Context(), []string{path}, moved, true, func(w io.Writer) error { return db.Backup(t.Context(), w) })
	require.ErrorIs(t, err, ErrInUse)
	require.True(t, isOpenAs(db.file.file, moved))
	require.NoError(t, os.Rename(moved, path))
}

func TestABackupTakesThePlaceOfRegularFilesAlone(t *testing.T) {
	path := inTemp(t)
	db := open(t, path)
	device := filepath.Join(filepath.Dir(path), "device")
	require.NoError(t, os.Symlink(os.DevNull, device)) // a link, so that a failing test does no harm
	for _, to := range []string{device, filepath.Dir(path)} {
		before, err := os.Lstat(to)
		require.NoError(t, err)
		_, err = WriteBackup(t.Context(), []string{path}, to, true, func(w io.Writer) error { return db.Backup(t.Context(), w) })
		require.Error(t, err)
		after, err := os.Lstat(to)
		require.NoError(t, err)
		require.True(t, os.SameFile(before, after))
	}
}

func TestTheDatabaseIsNotRestoredFromItself(t *testing.T) {
	path := written(t, filledWith(t, 3, nil))
	link := filepath.Join(filepath.Dir(path), "link")
	require.NoError(t, os.Link(path, link))
	for _, from := range []string{path, link} {
		_, err := restoreFile(t.Context(), usualDisk(), from, path)
		require.ErrorIs(t, err, ErrIsOwn)
	}
}

// unsound is a database of which all pages are in order, and not all it holds agrees.
func unsound(t *testing.T) []byte {
	t.Helper()
	return filledWith(t, 3, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketByBuyer.bytes).Put(buyerKey(&shop.Order{ID: "NOBODY", Buyer: shop.Buyer{ID: 7}}), []byte{})
	})
}

func TestAFaultyCopyIsNotABackup(t *testing.T) {
	t.Parallel()
	healthy := filledWith(t, 30, nil)
	for name, content := range map[string][]byte{
		"cut off": healthy[:len(healthy)-4096], "pages lost": overwritten(healthy, 4*4096, 16*4096), "a breach": unsound(t), "a text": []byte("hello"),
	} {
		path := filepath.Join(t.TempDir(), "backup")
		require.NoError(t, os.WriteFile(path, []byte("the one before"), 0o600))
		_, err := WriteBackup(t.Context(), []string{inTemp(t)}, path, true, copyOf(content))
		require.ErrorContains(t, err, "faulty", name)
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "the one before", string(before), name)
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, name)
	}
}

func TestACopyOfAClosedShopHasNothingOfAnOpenOne(t *testing.T) {
	t.Parallel()
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 1))
	require.ErrorIs(t, CopyClosed(t.Context(), path, io.Discard), ErrInUse)
	require.NoError(t, db.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	var copied bytes.Buffer
	require.NoError(t, CopyClosed(t.Context(), path, &copied))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
	sound(t, open(t, written(t, copied.Bytes())))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, CopyClosed(ctx, path, io.Discard))
}

func TestARestoreKeepsWhatWasThere(t *testing.T) {
	from, path := written(t, filledWith(t, 2, nil)), written(t, filledWith(t, 7, nil))
	former, err := os.ReadFile(path)
	require.NoError(t, err)
	done, err := restoreFile(t.Context(), usualDisk(), from, path)
	require.NoError(t, err)
	require.Equal(t, 2, done.Orders)
	require.WithinDuration(t, time.Now(), done.Last, time.Minute)
	kept, err := os.ReadFile(done.Former)
	require.NoError(t, err)
	require.True(t, bytes.Equal(former, kept))
	db := open(t, path)
	sound(t, db)
	_, err = db.Order(t.Context(), draft(5).ID)
	require.Error(t, err)
}

func TestARestoreOnANewMachineNamesTheDirectoryToMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	_, err := Restore(t.Context(), "backup.db", filepath.Join(dir, "shop.db"), copyOf(filledWith(t, 2, nil)))
	require.ErrorContains(t, err, "make the directory "+dir+" first")
}

func TestADamagedDatabaseIsReplacedToo(t *testing.T) {
	from := written(t, filledWith(t, 2, nil))
	for _, content := range [][]byte{nil, []byte("garbage")} {
		path := written(t, content)
		done, err := restoreFile(t.Context(), usualDisk(), from, path)
		require.NoError(t, err)
		require.NotEmpty(t, done.Former)
		sound(t, open(t, path))
	}
	path := inTemp(t)
	done, err := restoreFile(t.Context(), usualDisk(), from, path)
	require.NoError(t, err)
	require.Empty(t, done.Former, "nothing was there")
	sound(t, open(t, path))
}

func TestARestoreThroughALinkReplacesItsTarget(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "volume"), 0o700))
	target, link := filepath.Join(dir, "volume", "real.db"), filepath.Join(dir, "shop.db")
	require.NoError(t, os.Symlink(filepath.Join("volume", "real.db"), link))
	from := written(t, filledWith(t, 2, nil))
	for range 2 { // the second time there is something
		_, err := restoreFile(t.Context(), usualDisk(), from, link)
		require.NoError(t, err)
		info, err := os.Lstat(link)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink)
		info, err = os.Lstat(target)
		require.NoError(t, err)
		require.True(t, info.Mode().IsRegular())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the former database is kept beside the target")
}

func TestAShopThatRunsIsNeitherRestoredNorExamined(t *testing.T) {
	t.Parallel()
	from, path := written(t, filledWith(t, 2, nil)), written(t, filledWith(t, 7, nil))
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = restoreFile(t.Context(), usualDisk(), from, path)
	require.ErrorIs(t, err, ErrInUse)
	_, err = restoreFile(t.Context(), usualDisk(), from, filepath.Join(filepath.Dir(path), ".", "shop.db"))
	require.ErrorIs(t, err, ErrInUse)
	ctx, stop := context.WithCancel(t.Context())
	sold := make(chan error)
	go func() {
		var err error
		for n := int64(100); err == nil && ctx.Err() == nil; n++ {
			err = sell(context.WithoutCancel(ctx), db, n)
		}
		sold <- err
	}()
	for range 3 {
		_, err = Examine(t.Context(), path, func(breach string) { t.Error(breach) })
		require.ErrorIs(t, err, ErrInUse, "and never damaged")
	}
	stop()
	require.NoError(t, <-sold)
	require.NoError(t, db.Close())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	found, err := Examine(t.Context(), path, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	require.Positive(t, found.Orders)
	require.Equal(t, found.Orders, found.Stock.Sold)
	require.Equal(t, 3*found.Orders, found.AuditEntries)
}

// While a database is replaced no shop can open the one that is there.
func TestNoShopStartsWhileItsDatabaseIsReplaced(t *testing.T) {
	t.Parallel()
	from, path := written(t, filledWith(t, 2, nil)), written(t, filledWith(t, 7, nil))
	d := usualDisk()
	tried := false
	d.rename = func(from, to string) error {
		tried = true
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrInUse)
		return os.Rename(from, to)
	}
	_, err := restoreFile(t.Context(), d, from, path)
	require.NoError(t, err)
	require.True(t, tried)
	sound(t, open(t, path))
}

func TestWhatIsNoGoodIsNotRestored(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"a breach": unsound(t), "another version": filledWith(t, 1, withSchema([]byte("2"))), "a text": []byte("hello"), "nothing": nil,
	} {
		from, path := written(t, content), written(t, filledWith(t, 2, nil))
		_, err := restoreFile(t.Context(), usualDisk(), from, path)
		require.ErrorContains(t, err, from, name)
		if name == "a breach" {
			var breaches *UnsoundError
			require.ErrorAs(t, err, &breaches)
			require.Equal(t, 2, breaches.Count)
			require.ErrorContains(t, err, "which matches no order")
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, "nothing is left over")
		sound(t, open(t, path))
	}
	_, err := restoreFile(t.Context(), usualDisk(), inTemp(t), inTemp(t))
	require.ErrorIs(t, err, fs.ErrNotExist)
}
