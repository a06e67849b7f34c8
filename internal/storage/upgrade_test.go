package storage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// An older layout is one without the statistics, say.
func olderDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.SetNote(t.Context(), "note", []byte("kept")))
	require.NoError(t, db.Close())
	bolt, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, bolt.Update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.DeleteBucket(bucketStatistics.bytes), tx.Bucket(bucketMeta.bytes).Put(schemaName(), []byte("0")))
	}))
	require.NoError(t, bolt.Close())
	return path
}

func withUpgrade(apply func(*bbolt.Tx) error) Option {
	return func(s *settings) { s.upgrades = []upgrade{{"0", schema, apply}} }
}

func addStatistics(tx *bbolt.Tx) error {
	_, err := tx.CreateBucket(bucketStatistics.bytes)
	return err
}

func TestACopyIsKeptBeforeTheLayoutChanges(t *testing.T) {
	path := olderDatabase(t)
	_, err := Open(t.Context(), path)
	require.ErrorIs(t, err, ErrOtherVersion, "without an upgrade")

	db, err := Open(t.Context(), path, withUpgrade(addStatistics))
	require.NoError(t, err)
	note, err := db.Note(t.Context(), "note")
	require.NoError(t, err)
	require.Equal(t, "kept", string(note))
	require.NoError(t, db.Close())
	kept, err := filepath.Glob(path + upgradeMark + schema + "-*")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	bolt, err := bbolt.Open(kept[0], 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, bolt.View(func(tx *bbolt.Tx) error {
		require.Equal(t, "0", string(tx.Bucket(bucketMeta.bytes).Get(schemaName())))
		require.Nil(t, tx.Bucket(bucketStatistics.bytes))
		return nil
	}))
	require.NoError(t, bolt.Close())

	db, err = Open(t.Context(), path, withUpgrade(func(*bbolt.Tx) error { return errors.New("a second time") }))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.ErrorIs(t, errOfCopyOver(t, kept[0], path), ErrIsOwn, "a kept copy is never overwritten")
}

// errOfCopyOver is what a backup of the database to a file says.
func errOfCopyOver(t *testing.T, to, database string) error {
	t.Helper()
	_, err := WriteBackup(t.Context(), []string{database}, to, true, nil)
	return err
}

func TestAnUpgradeThatFailsChangesNothing(t *testing.T) {
	path := olderDatabase(t)
	broken := errors.New("broken")
	_, err := Open(t.Context(), path, withUpgrade(func(tx *bbolt.Tx) error { return errors.Join(addStatistics(tx), broken) }))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "change its layout from schema 0 to "+schema)
	db, err := Open(t.Context(), path, withUpgrade(addStatistics))
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestNothingChangesWhereNoCopyCanBeKept(t *testing.T) {
	path := olderDatabase(t)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	full := errors.New("no space left on device")
	_, err = Open(t.Context(), path, withUpgrade(addStatistics), func(s *settings) { s.disk.sync = func(*os.File) error { return full } })
	require.ErrorIs(t, err, full)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}
