package storage

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFileThatRootMakesBelongsToTheOwnerOfItsDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	const somebody = 65534
	dir := t.TempDir()
	require.NoError(t, os.Chown(dir, somebody, somebody))
	path, backup := filepath.Join(dir, "shop.db"), filepath.Join(dir, "shop.backup")
	owner := func(path string) int {
		info, err := os.Stat(path)
		require.NoError(t, err)
		stat, ok := info.Sys().(*syscall.Stat_t)
		require.True(t, ok)
		return int(stat.Uid)
	}
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = WriteBackup(t.Context(), []string{path}, backup, false, func(w io.Writer) error { return db.Backup(t.Context(), w) })
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, []int{somebody, somebody}, []int{owner(path), owner(backup)})
	require.NoError(t, os.Chown(dir, 0, 0))
	_, err = restoreFile(t.Context(), usualDisk(), backup, path)
	require.NoError(t, err)
	require.Equal(t, somebody, owner(path), "the owner of the file that it replaces")
}
