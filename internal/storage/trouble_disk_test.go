//go:build linux

package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// faultyDisks are disks as the kernel makes them fail.
func faultyDisks() map[string]func(d *disk) (repair func()) {
	return map[string]func(d *disk) (repair func()){
		"writes fail":                     func(d *disk) func() { return d.fail() },
		"no space":                        func(d *disk) func() { return d.become("/dev/full", os.O_RDWR) },
		"writes are lost, the flush says": func(d *disk) func() { return d.become(os.DevNull, os.O_RDWR) },
	}
}

// steps are the kinds of steps that a shop takes, each on order n, which is there and not paid.
func faultySteps(t *testing.T, db *DB) map[string]func(n int64) error {
	t.Helper()
	ctx := t.Context()
	return map[string]func(n int64) error{
		"keys loaded": func(n int64) error {
			_, err := db.AddStock(ctx, "vpn", []string{fmt.Sprint("more ", n)}, 7)
			return err
		},
		"an order made": func(n int64) error {
			_, _, err := db.Checkout(ctx, draft(n+1_000_000), 0)
			return err
		},
		"a payment received": func(n int64) error {
			e := eventOf(draft(n), n+1)
			_, err := db.Receive(ctx, e, receive(e))
			return err
		},
		"an update kept": func(n int64) error {
			_, err := db.KeepUpdates(ctx, map[int64][]byte{n: []byte("{}")}, nil)
			return err
		},
		"a note": func(n int64) error { return db.SetNote(ctx, fmt.Sprint("note ", n), []byte("x")) },
	}
}

func TestADiskThatFailsLosesNothingThatWasAcknowledged(t *testing.T) {
	for fault, fail := range faultyDisks() {
		t.Run(fault, func(t *testing.T) {
			path := inTemp(t)
			d := &disk{t: t}
			db := d.used(path)
			kinds := faultySteps(t, db)
			paid := map[int64]bool{}
			n := int64(0)
			order := func() {
				n++
				_, err := db.AddStock(t.Context(), "vpn", []string{fmt.Sprint("key ", n), fmt.Sprint("another ", n)}, 7)
				require.NoError(t, err)
				_, _, err = db.Checkout(t.Context(), draft(n), 0)
				require.NoError(t, err)
			}
			for range 3 {
				for kind, step := range kinds {
					for range rand.IntN(4) { //nolint:gosec // a random point
						order()
						require.NoError(t, kinds["a payment received"](n))
						paid[n] = true
					}
					order()
					repair := fail(d)
					for range 2 { // also the second time, in which nothing would have to be written
						require.Error(t, step(n), kind)
					}
					_, err := db.Change(t.Context(), draft(n).ID, func(*shop.Order, int) error { return shop.ErrUnchanged })
					require.NoError(t, err, "what it has seen is on disk")
					after := open(t, crashed(t, path))
					sound(t, after)
					for id := range paid {
						require.Equal(t, shop.StatePaid, stateNow(t, after, id))
					}
					require.Error(t, db.Writable(t.Context()), kind)
					repair()
					require.NoError(t, db.Writable(t.Context()), kind)
					o, err := db.Order(t.Context(), draft(n).ID)
					require.NoError(t, err)
					require.Equal(t, shop.StateNew, o.State, "refused, and not half done")
					require.NoError(t, step(n), kind)
					if kind == "a payment received" {
						paid[n] = true
					}
				}
			}
			sound(t, db)
			require.NoError(t, db.Close())
			db = open(t, path)
			sound(t, db)
			for id := range paid {
				o, err := db.Order(t.Context(), draft(id).ID)
				require.NoError(t, err)
				require.Equal(t, shop.StatePaid, o.State)
			}
		})
	}
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
			err = sell(t.Context(), db, sold, func(string) {})
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, path)
	sound(t, db)

	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	require.NoError(t, db.Writable(t.Context()))
	for n := sold + 1000; n < sold+1020; n++ {
		require.NoError(t, sell(t.Context(), db, n, func(string) {}))
	}
	for n := int64(1); n < sold; n++ {
		o, err := db.Order(t.Context(), draft(n).ID)
		require.NoError(t, err)
		require.Equal(t, shop.StatePaid, o.State)
	}
	require.NoError(t, db.Close())
	sound(t, open(t, path))
}

// A database that could not be begun leaves nothing that would be taken for a damaged one.
func TestADatabaseThatCannotBeBegunLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Skipf("this needs a small file system, which only root may mount: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	_, err := Open(t.Context(), filepath.Join(dir, "shop.db"))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoFileExists(t, filepath.Join(dir, "shop.db"))
}
