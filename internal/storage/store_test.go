package storage

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/storagetest"
)

func TestStoreKeepsItsPromises(t *testing.T) {
	for name, options := range map[string][]Option{
		"with what is new in the journal": {calm}, "with checkpoints all the time": {restless},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) storagetest.Place {
				t.Helper()
				path := filepath.Join(t.TempDir(), "shop.db")
				return func(ctx context.Context) (storagetest.Store, error) {
					db, err := Open(ctx, path, options...)
					return checked{db}, err
				}
			})
		})
	}
}

// open opens a database that the test closes at its end.
func open(t *testing.T, path string, options ...Option) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func inTemp(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "shop.db")
}

// sound asserts that the database has nothing to complain of.
func sound(t *testing.T, db *DB) {
	t.Helper()
	require.NoError(t, checked{db}.Check(context.WithoutCancel(t.Context()), func(breach string) { t.Error(breach) }))
}
