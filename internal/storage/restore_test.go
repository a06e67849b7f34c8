package storage

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABackupInWhichSomethingDoesNotAgreeIsNotRestored(t *testing.T) {
	from, path := inTemp(t), inTemp(t)
	db := open(t, from)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		t.put(byBuyer, buyerKey(7, "NOBODY"), nil)
		return t.failed
	}))
	require.NoError(t, db.Close())
	require.NoError(t, os.WriteFile(path, filled(t), 0o600))

	_, err := Restore(t.Context(), from, path)
	var unsound *UnsoundError
	require.ErrorAs(t, err, &unsound)
	require.Equal(t, 2, unsound.Count)
	require.ErrorContains(t, err, "no order says so")
	require.ErrorContains(t, err, from)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left over")
	sound(t, open(t, path))
}

func TestABackupOfANewerProgramIsNotRestored(t *testing.T) {
	from, path := inTemp(t), inTemp(t)
	require.NoError(t, os.WriteFile(from, newer(t), 0o600))
	_, err := Restore(t.Context(), from, path)
	require.ErrorIs(t, err, ErrNewer)
	require.NoFileExists(t, path)
}

// A shop that is started while another file takes the database's place must not
// go on with the one that was there before.
func TestAShopThatWaitsForTheLockDoesNotOpenWhatWasPutAside(t *testing.T) {
	path, backup := inTemp(t), inTemp(t)
	require.NoError(t, os.WriteFile(path, filled(t), 0o600))
	held, err := hold(path)
	require.NoError(t, err)
	has, opened := make(chan struct{}), make(chan error)
	go func() {
		_, err := Open(t.Context(), path, func(s *settings) {
			s.openFile = func(path string, flag int, mode os.FileMode) (*os.File, error) {
				defer close(has)
				return os.OpenFile(path, flag, mode)
			}
		})
		opened <- err
	}()
	<-has // the old file, and now it waits for the lock
	require.NoError(t, os.WriteFile(backup, filled(t), 0o600))
	require.NoError(t, os.Rename(backup, path))
	require.NoError(t, held.Close())
	require.ErrorIs(t, <-opened, ErrInUse)
	sound(t, open(t, path))
}

func TestACopyOfAClosedShopHasNothingOfAnOpenOne(t *testing.T) {
	path := inTemp(t)
	db := open(t, path)
	require.ErrorIs(t, CopyClosed(t.Context(), path, io.Discard), ErrInUse)
	require.NoError(t, db.Close())
	var first, second bytes.Buffer
	require.NoError(t, CopyClosed(t.Context(), path, &first))
	require.NoError(t, CopyClosed(t.Context(), path, &second))
	require.True(t, bytes.Equal(first.Bytes(), second.Bytes()))
	copied := inTemp(t)
	require.NoError(t, os.WriteFile(copied, first.Bytes(), 0o600))
	sound(t, open(t, copied))
}
