//go:build linux

package storage

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func TestWhatCannotBeMovedIsKeptInTheJournal(t *testing.T) {
	path := inTemp(t)
	d := &disk{t: t}
	db, err := Open(t.Context(), path, calm, func(s *settings) { s.openFile = d.open })
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	_ = d.become("/dev/full", os.O_RDWR, path)
	require.NoError(t, sell(t.Context(), db, 2, func(string) {}))
	err = db.Close()
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "moved at the next start")
	db = open(t, crashed(t, path))
	sound(t, db)
	require.Equal(t, []int64{1, 2}, paidOf(t, db, 5))
}

// Nobody may fill the memory while the file cannot be written to.
func TestWhatCannotBeMovedHasBounds(t *testing.T) {
	path := inTemp(t)
	d := &disk{t: t}
	db := open(t, path, func(s *settings) { s.openFile, s.pace.size, s.pace.most = d.open, 100<<10, 200<<10 })
	require.NoError(t, sell(t.Context(), db, 0, func(string) {}))
	repair := d.become("/dev/full", os.O_RDWR, path)
	var err error
	sold := int64(1)
	for ; err == nil; sold++ {
		err = sell(t.Context(), db, sold, func(string) {})
	}
	require.ErrorContains(t, err, path)
	require.Error(t, db.Trouble())
	require.Greater(t, sold, int64(20))
	require.Less(t, sold, int64(200))
	sound(t, open(t, crashed(t, path)))
	repair()
	require.NoError(t, db.Writable(t.Context()))
	require.NoError(t, db.Trouble())
	require.NoError(t, sell(t.Context(), db, sold, func(string) {}))
	sound(t, db)
}

func TestACheckpointThatFailsIsTriedAgain(t *testing.T) {
	path := inTemp(t)
	d := &disk{t: t}
	db := open(t, path, func(s *settings) { s.openFile = d.open })
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	for n, kind := range []string{"/dev/full", os.DevNull} {
		repair := d.become(kind, os.O_RDWR, path)
		require.NoError(t, sell(t.Context(), db, int64(n+2), func(string) {}), "the journal takes it")
		require.Error(t, db.moveAll(t.Context()))
		require.Error(t, db.Trouble())
		require.Error(t, db.Writable(t.Context()))
		require.Equal(t, shop.StatePaid, stateNow(t, db, int64(n+2)))
		repair()
		require.NoError(t, db.Writable(t.Context()))
		require.NoError(t, db.Trouble())
		sound(t, db)
	}
	require.NoError(t, db.Close())
	sound(t, open(t, path))
}
