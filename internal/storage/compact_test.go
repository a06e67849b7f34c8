package storage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// mostlyDeleted makes a database out of which most has been deleted, and returns its path.
func mostlyDeleted(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"KEY-1", "KEY-2", "KEY-3"})})
	require.NoError(t, err)
	for i := range 50 {
		require.NoError(t, db.SetNote(t.Context(), fmt.Sprint("note", i), bytes.Repeat([]byte("x"), 20_000)))
	}
	for i := range 50 {
		require.NoError(t, db.SetNote(t.Context(), fmt.Sprint("note", i), nil))
	}
	require.NoError(t, db.Close())
	return path
}

func TestACompactedDatabaseIsSmallerAndHoldsTheSame(t *testing.T) {
	path := mostlyDeleted(t)
	var before Census
	before, err := Examine(t.Context(), path, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	secret, err := db.Secret(t.Context())
	require.NoError(t, err)
	_, _, err = Compact(t.Context(), path)
	require.ErrorIs(t, err, ErrInUse, "the shop is running")
	require.NoError(t, db.Close())

	was, is, err := Compact(t.Context(), path)
	require.NoError(t, err)
	require.Less(t, is, was/2)
	after, err := Examine(t.Context(), path, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	require.Equal(t, before, after)
	db, err = Open(t.Context(), path)
	require.NoError(t, err)
	again, err := db.Secret(t.Context())
	require.NoError(t, err)
	require.Equal(t, secret, again)
	_, err = db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"KEY-4"})})
	require.NoError(t, err)
	require.NoError(t, db.Check(t.Context(), func(breach string) { t.Error(breach) }))
	require.NoError(t, db.Close())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// Whatever fails, the database is as it was, and nothing is left beside it.
func TestACompactionThatFailsChangesNothing(t *testing.T) {
	full := errors.New("no space left on device")
	for name, breaks := range map[string]func(d *disk){
		"the new file cannot be flushed": func(d *disk) { d.sync = func(*os.File) error { return full } },
		"it cannot get its name":         func(d *disk) { d.rename = func(string, string) error { return full } },
	} {
		path := mostlyDeleted(t)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		d := usualDisk()
		breaks(&d)
		_, _, err = compact(t.Context(), d, path)
		require.ErrorIs(t, err, full, name)
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, now), name)
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, name)
	}
	_, _, err := Compact(t.Context(), filepath.Join(t.TempDir(), "none.db"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}
