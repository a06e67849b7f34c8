package storage

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

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

func TestASpoolThatAKilledRunLeftGoesWithTheNext(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk [1]")
	for name, age := range map[string]time.Duration{"copy-1": 2 * spoolAge, "copy-2": time.Hour, "other-3": 2 * spoolAge} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(path, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(path, "half"), []byte("a copy"), 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-age)))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "copy-file"), nil, 0o600))
	require.NoError(t, os.Chtimes(filepath.Join(dir, "copy-file"), time.Time{}, time.Now().Add(-2*spoolAge)))
	made, err := MakeSpool(dir, "copy-")
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.ElementsMatch(t, []string{filepath.Base(made), "copy-2", "copy-file", "other-3"}, names)
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
