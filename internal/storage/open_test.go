package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// filledWith makes the bytes of a database with so many orders, after harm was done to it.
func filledWith(tb testing.TB, orders int64, harm func(tx *bbolt.Tx) error) []byte {
	tb.Helper()
	path := inTemp(tb)
	db, err := Open(tb.Context(), path)
	require.NoError(tb, err)
	for n := range orders {
		require.NoError(tb, sell(tb.Context(), db, n))
	}
	size := int64(0)
	require.NoError(tb, db.file.bolt.Update(func(tx *bbolt.Tx) error {
		if harm != nil {
			return harm(tx)
		}
		return nil
	}))
	require.NoError(tb, db.file.bolt.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }))
	require.NoError(tb, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(tb, err)
	return content[:size]
}

func written(tb testing.TB, content []byte) (path string) {
	tb.Helper()
	path = inTemp(tb)
	require.NoError(tb, os.WriteFile(path, content, 0o600)) //nolint:gosec // a test's own directory
	return path
}

func withSchema(value []byte) func(tx *bbolt.Tx) error {
	return func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta.bytes).Put(schemaName(), value) }
}

func TestADatabaseIsPrivateAndKeepsItsSecret(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, path, db.Name())
	secret, err := db.Secret(t.Context())
	require.NoError(t, err)
	require.Len(t, secret, secretBytes)
	require.NoError(t, db.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	again, err := open(t, path).Secret(t.Context())
	require.NoError(t, err)
	require.Equal(t, secret, again)
	other, err := open(t, inTemp(t)).Secret(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, secret, other)
}

func TestADatabaseThatCannotBeMadeLeavesNothing(t *testing.T) {
	path := inTemp(t)
	set, full := usualSettings(), errors.New("the disk is full")
	set.disk.sync = func(*os.File) error { return full }
	require.ErrorIs(t, makeIfMissing(path, set), full)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestADatabaseIsMadeWhereALinkPoints(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "volume"), 0o700))
	link, middle, target := filepath.Join(dir, "shop.db"), filepath.Join(dir, "middle"), filepath.Join(dir, "volume", "real.db")
	require.NoError(t, os.Symlink("middle", link))
	require.NoError(t, os.Symlink(filepath.Join("volume", "real.db"), middle))
	db, err := Open(t.Context(), link)
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 1))
	require.NoError(t, db.Close())
	require.FileExists(t, target)
	for _, l := range []string{link, middle} {
		info, err := os.Lstat(l)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink)
	}
	sound(t, open(t, target))

	require.NoError(t, os.Symlink("b", filepath.Join(dir, "a")))
	require.NoError(t, os.Symlink("a", filepath.Join(dir, "b")))
	_, err = Open(t.Context(), filepath.Join(dir, "a"))
	require.Error(t, err)
}

func TestWhatIsNoDatabaseOfThisShopIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	other, err := bbolt.Open(foreign, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, other.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("somebody else's"))
		return err
	}))
	require.NoError(t, other.Close())
	foreignBytes, err := os.ReadFile(foreign)
	require.NoError(t, err)

	healthy := filledWith(t, 100, nil)
	for _, c := range []struct {
		name    string
		content []byte
		want    error
		says    string
	}{
		{"a text", []byte(strings.Repeat("not a database\n", 1000)), ErrNotOurs, "name another file"},
		{"a short text", []byte("hello"), ErrNotOurs, "name another file"},
		{"another program's database", foreignBytes, ErrNotOurs, "name another file"},
		{"nothing", nil, ErrDamaged, "remove it if this is to be a new shop"},
		{"a database cut off after its first pages", healthy[:3*4096], ErrDamaged, "restore a backup"},
		{"a database cut off in the middle", healthy[:20*4096], ErrDamaged, "restore a backup"},
		{"a database that lost its last byte", healthy[:len(healthy)-1], ErrDamaged, "restore a backup"},
		{"both meta pages overwritten", overwritten(healthy, 0, 2*4096), ErrNotOurs, "restore a backup"},
		{"all but the meta pages overwritten", overwritten(healthy, 2*4096, len(healthy)), ErrDamaged, "restore a backup"},
		{"a database that lost its buckets", filledWith(t, 1, func(tx *bbolt.Tx) error {
			for _, b := range Buckets() {
				if err := tx.DeleteBucket(b.bytes); err != nil {
					return err
				}
			}
			return nil
		}), ErrDamaged, "it holds nothing"},
		{"a database that lost a bucket", filledWith(t, 1, func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketUnits.bytes) }), ErrDamaged, "units"},
		{"an early version's", filledWith(t, 1, withSchema([]byte{0, 0, 0, 6})), ErrOtherVersion, "schema 6 of an early version"},
		{"an early version's first", filledWith(t, 1, withSchema([]byte{0, 0, 0, 1})), ErrOtherVersion, "start the version that wrote it"},
		{"a later version's", filledWith(t, 1, withSchema([]byte("2"))), ErrOtherVersion, "begin with a new file: SHOPBOT_DATABASE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := written(t, c.content)
			for range 2 { // the second time shows that the first let go of it
				began := time.Now()
				_, err := Open(t.Context(), path)
				require.Less(t, time.Since(began), lockWait)
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, path)
				require.ErrorContains(t, err, c.says)
				_, err = Examine(t.Context(), path, func(string) {})
				require.ErrorIs(t, err, c.want)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(c.content, after), "it was changed")
		})
	}
}

func overwritten(content []byte, from, to int) []byte {
	content = bytes.Clone(content)
	copy(content[from:to], bytes.Repeat([]byte{0xa5}, to-from))
	return content
}

func TestARefusalNamesTheNewestBackupBesideTheDatabase(t *testing.T) {
	healthy := filledWith(t, 3, nil)
	path := written(t, healthy[:len(healthy)-1])
	dir := filepath.Dir(path)
	for i, name := range []string{"old.db", "newest", "aside.db" + formerMark + "20260101T000000Z", ".x.part", "text.db"} {
		content := healthy
		if name == "text.db" {
			content = []byte("a text that is longer than the head of a page")
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		at := time.Now().Add(time.Duration(i) * time.Minute)
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), at, at))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory.db"), 0o700))
	_, err := Open(t.Context(), path)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, "'shopbot restore "+filepath.Join(dir, "newest")+"'")
}

func TestPlacesThatCannotHoldADatabase(t *testing.T) {
	directory := t.TempDir()
	for path, says := range map[string]string{
		filepath.Join(directory, "missing", "shop.db"): "make the directory " + filepath.Join(directory, "missing") + " first",
		directory: "name a file in it",
	} {
		_, err := Open(t.Context(), path)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, path)
	}
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	require.NoError(t, os.Chmod(directory, 0o500)) //nolint:gosec // a directory
	_, err := Open(t.Context(), filepath.Join(directory, "shop.db"))
	require.ErrorContains(t, err, "let this user read and write")
}

func TestASecondShopIsRefusedWithinASecond(t *testing.T) {
	t.Parallel()
	path := inTemp(t)
	open(t, path)
	began := time.Now()
	_, err := Open(t.Context(), path)
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "stop the other shopbot")
	require.Less(t, time.Since(began), 2*time.Second)
}

// A shop that is started while another file takes the database's place must not go on with the
// former one.
func TestAShopThatWaitsForTheLockDoesNotOpenWhatWasPutAside(t *testing.T) {
	t.Parallel()
	path, backup := written(t, filledWith(t, 1, nil)), written(t, filledWith(t, 2, nil))
	held, err := holdFile(usualDisk(), path)
	require.NoError(t, err)
	has, opened := make(chan struct{}), make(chan error)
	go func() {
		_, err := Open(t.Context(), path, func(s *settings) {
			s.disk.openFile = func(path string, flag int, mode os.FileMode) (*os.File, error) {
				defer close(has)
				return os.OpenFile(path, flag, mode)
			}
		})
		opened <- err
	}()
	<-has // the former file, and now it waits for the lock
	require.NoError(t, os.Rename(backup, path))
	require.NoError(t, held.Close())
	require.ErrorIs(t, <-opened, ErrInUse)
	sound(t, open(t, path))
}

func TestTwoThatMakeADatabaseAtOnceMakeOne(t *testing.T) {
	path := inTemp(t)
	errs := make([]error, 8)
	crowdOf(len(errs), func(i int) { errs[i] = makeIfMissing(path, usualSettings()) })
	for _, err := range errs {
		require.NoError(t, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	sound(t, open(t, path))
}

func TestLessAddressSpaceIsEnough(t *testing.T) {
	db := open(t, inTemp(t), func(s *settings) { s.mapAhead = 1 << 47 }) // more than there is
	require.NoError(t, sell(t.Context(), db, 1))
}

// Whatever was written by a shop that was killed is in its one file.
func TestACopyOfTheFileIsTheWholeShopAtAnyMoment(t *testing.T) {
	t.Parallel()
	path := inTemp(t)
	db := open(t, path)
	for n := range int64(20) {
		require.NoError(t, sell(t.Context(), db, n))
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		after, err := Open(t.Context(), written(t, content))
		require.NoError(t, err)
		o, err := after.Order(t.Context(), draft(n).ID)
		require.NoError(t, err)
		require.Len(t, o.Payments, 1)
		sound(t, after)
		require.NoError(t, after.Close())
	}
}
