//go:build linux

package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// failingDisk is the file under a database, whose writes can be made to fail as the kernel does.
type failingDisk struct {
	t    *testing.T
	file *os.File
}

func (d *failingDisk) option(s *settings) {
	s.disk.openFile = func(path string, flag int, mode os.FileMode) (file *os.File, err error) {
		d.file, err = os.OpenFile(path, flag, mode)
		return d.file, err
	}
}

// become has another file written to instead. Reads through the memory map go on.
func (d *failingDisk) become(name string, flag int) (repair func()) {
	d.t.Helper()
	fd := int(d.file.Fd())
	good, err := syscall.Dup(fd)
	require.NoError(d.t, err)
	instead, err := os.OpenFile(name, flag, 0)
	require.NoError(d.t, err)
	require.NoError(d.t, syscall.Dup3(int(instead.Fd()), fd, syscall.O_CLOEXEC))
	return func() {
		require.NoError(d.t, syscall.Dup3(good, fd, syscall.O_CLOEXEC))
		require.NoError(d.t, syscall.Close(good))
		require.NoError(d.t, instead.Close())
	}
}

// fail makes every write fail, and repair ends that.
func (d *failingDisk) fail() (repair func()) { return d.become(d.file.Name(), os.O_RDONLY) }

func faults() map[string]func(d *failingDisk) (repair func()) {
	return map[string]func(d *failingDisk) (repair func()){
		"writes fail":                      (*failingDisk).fail,
		"no space":                         func(d *failingDisk) func() { return d.become("/dev/full", os.O_RDWR) },
		"writes are lost, the flush fails": func(d *failingDisk) func() { return d.become(os.DevNull, os.O_RDWR) },
	}
}

// crashed copies a database as a crash would leave it, and opens the copy.
func crashed(t *testing.T, path string) *DB {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return open(t, written(t, content))
}

func stateOf(t *testing.T, db *DB, n int64) shop.State {
	t.Helper()
	o, err := db.Order(t.Context(), draft(n).ID)
	require.NoError(t, err)
	return o.State
}

func TestACommitThatFailsIsNobodysSuccess(t *testing.T) {
	path := inTemp(t)
	d := &failingDisk{t: t}
	db := open(t, path, d.option)
	require.NoError(t, sell(t.Context(), db, 1))
	require.NoError(t, db.SetNote(t.Context(), "room", make([]byte, 1<<18))) // the file need not grow below
	for range 3 {
		repair := d.fail()
		errs := together(t, db,
			func() error { return db.SetNote(t.Context(), "a", []byte("x")) },
			func() error {
				_, err := db.Change(t.Context(), draft(1).ID, func(*shop.Order, shop.Free) error { return shop.ErrUnchanged })
				return err
			},
			func() error { return place(t.Context(), db, textDraft(2)) },
		)
		for _, err := range errs { // also those that only looked: it may have been at what never was
			require.ErrorIs(t, err, syscall.EBADF)
			require.ErrorContains(t, err, path)
		}
		require.Error(t, db.Trouble())
		require.Error(t, db.Writable(t.Context()))
		_, some, err := db.NextDue(t.Context(), shop.TaskInvoice)
		require.NoError(t, err)
		require.False(t, some, "the queue has heard of nothing")
		repair()
		require.NoError(t, db.Writable(t.Context()))
		require.NoError(t, db.Trouble())
		require.Empty(t, note(t, db, "a"))
		sound(t, db)
	}
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("x")))
	require.NoError(t, sell(t.Context(), db, 2))
	sound(t, db)
}

func TestADiskThatFailsLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for fault, fail := range faults() {
		t.Run(fault, func(t *testing.T) {
			path := inTemp(t)
			d := &failingDisk{t: t}
			db := open(t, path, d.option)
			var paid []int64
			n := int64(0)
			order := func() {
				n++
				require.NoError(t, load(t.Context(), db, "vpn", fmt.Sprint("key ", n)))
				require.NoError(t, place(t.Context(), db, draft(n)))
			}
			pay := func() error {
				p := paymentOf(draft(n), fmt.Sprint(n))
				_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
				return err
			}
			for range 8 {
				for range rand.IntN(4) { //nolint:gosec // a random point
					order()
					require.NoError(t, pay())
					paid = append(paid, n)
				}
				order()
				repair := fail(d)
				for range 2 {
					require.Error(t, pay())
				}
				after := crashed(t, path)
				sound(t, after)
				for _, id := range paid {
					require.Equal(t, shop.StatePaid, stateOf(t, after, id))
				}
				repair()
				require.NoError(t, db.Writable(t.Context()))
				require.Equal(t, shop.StateNew, stateOf(t, db, n), "refused, and not half done")
				require.NoError(t, pay())
				paid = append(paid, n)
			}
			sound(t, db)
			require.Len(t, claim(t, db, shop.TaskDeliver, 100), len(paid))
			for _, id := range paid {
				require.Equal(t, shop.StatePaid, stateOf(t, crashed(t, path), id))
			}
		})
	}
}

// The commit's last flush fails: what it wrote can be read, and may be lost in a power cut.
func TestACommitThatMayBeLostIsNotBuiltUponBeforeItIsOnDisk(t *testing.T) {
	d := &failingDisk{t: t}
	flush := errors.New("the last flush failed")
	failing, synced := false, 0
	db := open(t, inTemp(t), d.option, func(s *settings) {
		s.disk.commit = func(tx *bbolt.Tx) error {
			if err := tx.Commit(); err != nil || !failing {
				return err
			}
			return flush
		}
		s.disk.sync = func(f *os.File) error { synced++; return f.Sync() }
	})
	reader, err := db.file.bolt.Begin(false)
	require.NoError(t, err)
	synced, failing = 0, true
	require.ErrorIs(t, place(t.Context(), db, textDraft(1)), flush)
	require.ErrorIs(t, db.Trouble(), flush)
	failing = false
	repair := d.fail()
	time.AfterFunc(50*time.Millisecond, func() { _ = reader.Rollback() })
	begun := time.Now()
	_, created, err := db.Checkout(t.Context(), textDraft(1), time.Now(), anybody)
	require.ErrorIs(t, err, syscall.EBADF, "it is there, but not for certain")
	require.False(t, created)
	require.GreaterOrEqual(t, time.Since(begun), 50*time.Millisecond, "bbolt could overwrite what a reader of before sees")
	repair()
	require.Zero(t, synced)
	_, created, err = db.Checkout(t.Context(), textDraft(1), time.Now(), anybody)
	require.NoError(t, err)
	require.False(t, created, "it was made by the first")
	require.Equal(t, 1, synced)
	require.NoError(t, db.Writable(t.Context()))
	require.Equal(t, []shop.OrderID{textDraft(1).ID}, claim(t, db, shop.TaskInvoice, 9), "and the queue knows it")
	sound(t, db)
}

func TestAFullDiskIsAnErrorAndLaterWorksAgain(t *testing.T) {
	t.Parallel()
	db := open(t, inTemp(t), func(s *settings) { s.mapAhead = 0 })
	require.NoError(t, sell(t.Context(), db, 1))
	atMost := func(size int) {
		require.NoError(t, db.write(t.Context(), func(*tx) error { db.file.bolt.MaxSize = size; return nil }))
	}
	atMost(1 << 20)
	var err error
	loaded := 0
	for err == nil {
		list := make([]string, 500)
		for i := range list {
			list[i] = fmt.Sprintf("%0500d", loaded+i)
		}
		if err = load(t.Context(), db, "gift", list...); err == nil {
			loaded += len(list)
		}
	}
	require.ErrorContains(t, err, db.file.path)
	require.Positive(t, loaded)
	sound(t, db)
	stock, err := db.StockOf(t.Context(), "gift")
	require.NoError(t, err)
	require.Equal(t, loaded, stock.Free)
	require.Error(t, db.Trouble())
	atMost(0)
	for n := range int64(50) {
		require.NoError(t, sell(t.Context(), db, n+2))
	}
	require.NoError(t, db.Trouble())
	sound(t, db)
}

func TestAFileSystemWithoutSpaceIsSurvived(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=600k"); err != nil {
		t.Skipf("this needs a small file system, which only root may mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	path := filepath.Join(dir, "shop.db")
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	sold := int64(0)
	for err == nil {
		sold++
		if err = db.SetNote(t.Context(), fmt.Sprint(sold), []byte(strings.Repeat("x", 3000))); err == nil {
			err = sell(t.Context(), db, sold)
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, path)
	sound(t, db)

	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	require.NoError(t, db.Writable(t.Context()))
	for n := sold + 1000; n < sold+1020; n++ {
		require.NoError(t, sell(t.Context(), db, n))
	}
	for n := int64(1); n < sold; n++ {
		require.Equal(t, shop.StatePaid, stateOf(t, db, n))
	}
	require.NoError(t, db.Close())
	sound(t, open(t, path))
}

func TestADatabaseThatFindsNoSpaceLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Skipf("this needs a small file system, which only root may mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	_, err := Open(t.Context(), filepath.Join(dir, "shop.db"))
	require.ErrorIs(t, err, syscall.ENOSPC)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
