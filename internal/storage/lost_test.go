package storage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// entriesBeside lists the files beside a path.
func entriesBeside(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, filepath.Join(filepath.Dir(path), e.Name()))
	}
	return names
}

func TestNothingIsRecordedInAFileThatWasDeletedOrReplaced(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, path string){
		"deleted": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
		},
		"replaced": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path+".new", []byte("not ours"), 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := inTemp(t)
			db, err := Open(t.Context(), path)
			require.NoError(t, err)
			require.NoError(t, place(t.Context(), db, textDraft(1)))
			kept := path + ".kept"
			require.NoError(t, os.Link(path, kept))
			require.NoError(t, db.InPlace())

			lose(t, path)
			require.ErrorIs(t, db.InPlace(), ErrLost)
			require.ErrorIs(t, place(t.Context(), db, textDraft(2)), ErrLost)
			require.ErrorIs(t, db.Writable(t.Context()), ErrLost)
			require.Empty(t, claim(t, db, shop.TaskInvoice, 1), "what is done now could not be recorded")
			_, err = db.Order(t.Context(), textDraft(1).ID)
			require.NoError(t, err, "it can be read")

			require.NoError(t, os.Rename(kept, path))
			require.NoError(t, db.Writable(t.Context()), "it is back")
			require.Len(t, claim(t, db, shop.TaskInvoice, 10), 1)
			require.NoError(t, place(t.Context(), db, textDraft(3)))

			lose(t, path)
			require.NoError(t, db.Close())
			copied := newestRescue(path)
			require.NotEmpty(t, copied)
			if name == "replaced" {
				there, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, "not ours", string(there))
				return
			}
			_, err = Open(t.Context(), path)
			require.ErrorContains(t, err, "shopbot restore "+copied)
			require.NoFileExists(t, path, "an empty shop in its place would sell nothing and know nobody")
			done, err := restoreFile(t.Context(), usualDisk(), copied, path)
			require.NoError(t, err)
			require.Equal(t, 2, done.Orders)
			require.NoError(t, open(t, path).Check(t.Context(), func(breach string) { t.Error(breach) }))
		})
	}
}

func TestOneCopyIsEnough(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	name, err := db.Rescue()
	require.NoError(t, err)
	require.Empty(t, name, "nothing is lost")
	kept := filepath.Join(t.TempDir(), "kept.db")
	require.NoError(t, os.Rename(path, kept))
	name, err = db.Rescue()
	require.NoError(t, err)
	again, err := db.Rescue()
	require.NoError(t, err)
	require.Equal(t, name, again)
	require.Equal(t, []string{name}, entriesBeside(t, path))

	require.NoError(t, os.Rename(kept, path))
	require.NoError(t, place(t.Context(), db, textDraft(1)))
	require.NoError(t, os.Remove(path))
	require.NoError(t, db.Close())
	require.NotEqual(t, name, newestRescue(path))
	done, err := restoreFile(t.Context(), usualDisk(), newestRescue(path), path)
	require.NoError(t, err)
	require.Equal(t, 1, done.Orders, "what was written while it was back")
}

func TestACopyThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "shop.db")
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	_, err = db.Rescue()
	require.Error(t, err)
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, db.Close())
	require.NotEmpty(t, newestRescue(path))
}

// What deleted the database may delete its copy.
func TestACopyThatIsDeletedIsWrittenAgain(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	for range 2 {
		name, err := db.Rescue()
		require.NoError(t, err)
		require.NoError(t, os.Remove(name))
	}
	require.NoError(t, db.Close())
	require.NotEmpty(t, newestRescue(path))
}
