package storage

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAMigrationRunsOnceAndWhole(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.SetNote(t.Context(), "before", []byte("kept")))
	require.NoError(t, db.Close())

	runs := 0
	var trouble error
	with := func(s *settings) {
		s.migrations = append(migrations(), migration{to: 7, run: func(tx *tx) error {
			runs++
			tx.put(notes, []byte("after"), append([]byte("migrated "), tx.get(notes, []byte("before"))...))
			return errors.Join(tx.failed, trouble)
		}})
	}

	trouble = errors.New("half done")
	_, err = Open(t.Context(), path, with)
	require.ErrorIs(t, err, trouble)
	require.ErrorContains(t, err, "schema 7")

	trouble = nil
	for range 2 {
		db, err = Open(t.Context(), path, with)
		require.NoError(t, err)
		note, err := db.Note(t.Context(), "after")
		require.NoError(t, err)
		require.Equal(t, "migrated kept", string(note))
		require.NoError(t, db.Close())
	}
	require.Equal(t, 2, runs, "the one that failed, and one")

	_, err = Open(t.Context(), path)
	require.ErrorIs(t, err, ErrNewer)
}

func TestANewDatabaseHasTheNewestSchema(t *testing.T) {
	db := open(t, inTemp(t))
	has, err := db.schema(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 6, has)
}
