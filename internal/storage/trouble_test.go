//go:build linux

package storage

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// disk is the files under a database, whose writes can be made to fail.
type disk struct {
	t     *testing.T
	files []*os.File
}

func (d *disk) open(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, flag, mode)
	if err == nil {
		d.files = append(d.files, file)
	}
	return file, err
}

// become has another file written to instead of those named, or all, as the kernel sees it. Files that are opened
// meanwhile are not among them.
func (d *disk) become(instead string, flag int, names ...string) (repair func()) {
	d.t.Helper()
	var repairs []func()
	for _, f := range d.files {
		if len(names) == 0 || slices.Contains(names, f.Name()) {
			repairs = append(repairs, d.swap(f, instead, flag))
		}
	}
	require.NotEmpty(d.t, repairs)
	return func() {
		for _, repair := range repairs {
			repair()
		}
	}
}

func (d *disk) swap(f *os.File, name string, flag int) (repair func()) {
	d.t.Helper()
	if name == readOnly {
		name = f.Name()
	}
	fd := int(f.Fd())
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

// readOnly stands for the file itself.
const readOnly = ""

// fail makes every write fail, and repair ends that.
func (d *disk) fail() (repair func()) {
	d.t.Helper()
	return d.become(readOnly, os.O_RDONLY)
}

// used is a database whose files are all there.
func (d *disk) used(path string) *DB {
	d.t.Helper()
	db := open(d.t, path, func(s *settings) { s.openFile = d.open })
	for range 2 {
		require.NoError(d.t, db.SetNote(d.t.Context(), "used", []byte("x")))
		require.NoError(d.t, db.moveAll(d.t.Context()))
	}
	return db
}

func TestACommitThatFailsIsNobodysSuccess(t *testing.T) {
	path := inTemp(t)
	d := &disk{t: t}
	db := d.used(path)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))

	for range 3 {
		repair := d.fail()
		errs := together(t, db,
			func() error { return db.SetNote(t.Context(), "a", []byte("x")) },
			func() error {
				_, err := db.Change(t.Context(), draft(1).ID, func(*shop.Order, int) error { return shop.ErrUnchanged })
				return err
			},
			func() error {
				_, _, err := db.Checkout(t.Context(), draft(2), 0)
				return err
			},
		)
		for _, err := range errs { // also those who only looked: it may have been at what never was
			require.ErrorIs(t, err, syscall.EBADF)
			require.ErrorContains(t, err, path)
		}
		repair()
		require.NoError(t, db.Writable(t.Context()))
		require.Empty(t, note(t, db, "a"))
		sound(t, db)
	}
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("x")))
	require.NoError(t, sell(t.Context(), db, 2, func(string) {}))
	sound(t, db)
}

// atMost has the file grow to so many bytes and no more; 0 is without bounds. Checkpoints look at that, also those that
// are tried again and again, so it changes between two of them.
func atMost(t *testing.T, db *DB, size int) {
	t.Helper()
	require.NoError(t, db.call(t.Context(), func() {
		if db.mover.running {
			db.ended(<-db.mover.done)
		}
		db.bolt.MaxSize = size
	}))
}

func TestAFullDiskIsAnErrorAndLaterWorksAgain(t *testing.T) {
	db := open(t, inTemp(t), func(s *settings) { s.pace.size, s.pace.most = 1<<20, 4<<20 })
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	info, err := os.Stat(db.path)
	require.NoError(t, err)
	atMost(t, db, int(info.Size()))
	n, sold := int64(2), 0
	for err = nil; err == nil; n++ {
		list := make([]string, 500)
		for i := range list {
			list[i] = fmt.Sprintf("%0500d", n*1000+int64(i))
		}
		if _, err = db.AddStock(t.Context(), "gift", list, 7); err == nil {
			sold++
		}
	}
	require.Positive(t, sold)
	sound(t, db)
	stock, err := db.StockOf(t.Context(), "gift")
	require.NoError(t, err)
	require.Equal(t, sold*500, stock.Free)

	atMost(t, db, 0)
	for ; n < 60; n++ {
		require.NoError(t, sell(t.Context(), db, n, func(string) {}))
	}
	sound(t, db)
}
