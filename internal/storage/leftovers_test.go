package storage

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyWhatKilledRunsLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.db")
	write := func(name string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(name, []byte("half a copy"), 0o600))
		return name
	}
	ours := []string{
		write(".shop.db.12.part"), write(".shop.db.3456789012.part"),
		write(".shop.db.before-restore-20260101T000000Z.7.part"), write(".shop.db.rescued-20260101T000000.000Z.8.part"),
	}
	for _, foreign := range []string{
		"shop.db.1.part", ".shop.db.part", ".shop.db.x1.part", ".shop.db.1.part2", ".other.db.1.part", ".shopXdb.1.part",
		"shop.db.rescued-20260101T000000.000Z", "shop.db.before-restore-20260101T000000Z", "backup.db",
	} {
		write(foreign)
	}
	require.NoError(t, os.Symlink(filepath.Join(dir, "backup.db"), filepath.Join(dir, ".shop.db.5.part")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".shop.db.6.part"), 0o700))
	before := entriesBeside(t, path)
	removed, err := RemoveLeftovers(path)
	require.NoError(t, err)
	require.ElementsMatch(t, ours, removed)
	require.Len(t, entriesBeside(t, path), len(before)-len(ours))

	removed, err = RemoveLeftovers(filepath.Join(dir, "nowhere", "shop.db"))
	require.NoError(t, err)
	require.Empty(t, removed)
}

func TestABackupThatIsBeingWrittenIsNoLeftover(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	stop := errors.New("stop")
	_, err := WriteBackup(t.Context(), []string{filepath.Join(dir, "shop.db")}, path, false, func(to io.Writer) error {
		_, err := to.Write([]byte("half"))
		require.NoError(t, err)
		require.Len(t, entriesBeside(t, path), 1)
		removed, err := RemoveLeftovers(path)
		require.NoError(t, err)
		require.Empty(t, removed)
		return stop
	})
	require.ErrorIs(t, err, stop)
	require.Empty(t, entriesBeside(t, path))
}
