package storage

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

func TestADatabaseIsPrivateAndKeepsItsSecret(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path, WithRandom(strings.NewReader(strings.Repeat("x", secretBytes))))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())

	secret, err := open(t, path).Secret(t.Context())
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("x", secretBytes), string(secret))
}

func TestWithoutChanceThereIsNoShop(t *testing.T) {
	_, err := Open(t.Context(), inTemp(t), WithRandom(strings.NewReader("too short")))
	require.ErrorContains(t, err, "secret")
}

func TestWhatIsNoDatabaseIsRefusedAndLeftAlone(t *testing.T) {
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

	healthy := filled(t)
	for _, c := range []struct {
		name    string
		content []byte
		want    error
		says    string
	}{
		{"a text", []byte(strings.Repeat("not a database\n", 1000)), ErrNotOurs, "name another file"},
		{"a short text", []byte("hello"), ErrNotOurs, "name another file"},
		{"another program's database", foreignBytes, ErrNotOurs, "name another file"},
		{"a database cut off after its first pages", healthy[:3*4096], ErrDamaged, "restore a backup"},
		{"a database cut off in the middle", healthy[:20*4096], ErrDamaged, "restore a backup"},
		{"both meta pages overwritten", overwritten(healthy, 0, 2*4096), ErrNotOurs, "restore a backup"},
		{"all but the meta pages overwritten", overwritten(healthy, 2*4096, len(healthy)), ErrDamaged, "restore a backup"},
		{"a newer schema", newer(t), ErrNewer, "run the newer program"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := inTemp(t)
			require.NoError(t, os.WriteFile(path, c.content, 0o600))
			for range 2 { // the second time shows that the first let go of it
				_, err := Open(t.Context(), path)
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, path)
				require.ErrorContains(t, err, c.says)
			}
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(c.content, after), "it was changed")
		})
	}
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

func TestAFileThatIsDamagedLaterIsAnErrorAndNoCrash(t *testing.T) {
	path := inTemp(t)
	require.NoError(t, os.WriteFile(path, filled(t), 0o600))
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.SetNote(t.Context(), "before", []byte("x")))
	require.NoError(t, os.Truncate(path, 2*4096))
	_, err = db.Order(t.Context(), draft(40).ID)
	require.ErrorIs(t, err, ErrDamaged)
	_, _, err = db.Checkout(t.Context(), draft(500), 0)
	require.ErrorIs(t, err, ErrDamaged)

	require.ErrorIs(t, db.SetNote(t.Context(), "a", nil), ErrDamaged)

	// What needs nothing of the lost pages is safe in the journal; that it cannot be moved is known soon.
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		t.put(notes, []byte("a"), []byte("x"))
		return nil
	}))
	require.ErrorIs(t, db.moveAll(t.Context()), ErrDamaged)
	require.ErrorIs(t, db.SetNote(t.Context(), "b", []byte("x")), ErrDamaged)
	require.ErrorIs(t, db.Writable(t.Context()), ErrDamaged)
	require.ErrorIs(t, db.Close(), ErrDamaged)
	require.FileExists(t, db.journal.paths[0])
}

func TestALostEndIsFoundOnOpenThoughNobodyReadsIt(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = db.AddStock(t.Context(), "vpn", []string{strings.Repeat("long", 100_000)}, 7)
	require.NoError(t, err)
	require.NoError(t, db.moveAll(t.Context()))
	size := int64(0)
	require.NoError(t, db.bolt.View(func(t *bbolt.Tx) error { size = t.Size(); return nil }))
	require.NoError(t, db.Close())
	for cut := int64(1); cut < 1<<16; cut *= 4 {
		require.NoError(t, os.Truncate(path, size-cut))
		_, err = Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged)
	}
}

func TestLessAddressSpaceIsEnough(t *testing.T) {
	db := open(t, inTemp(t), func(s *settings) { s.mapAhead = 1 << 47 }) // more than there is
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
}

// filled is a database with something in it.
func filled(t *testing.T) []byte {
	t.Helper()
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	for n := range int64(100) {
		require.NoError(t, sell(t.Context(), db, n, func(string) {}))
	}
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func overwritten(content []byte, from, to int) []byte {
	content = bytes.Clone(content)
	copy(content[from:to], bytes.Repeat([]byte{0xa5}, to-from))
	return content
}

func newer(t *testing.T) []byte {
	t.Helper()
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.write(t.Context(), func(tx *tx) error {
		tx.put(meta, schemaName(), binary.BigEndian.AppendUint32(nil, 1000))
		return tx.failed
	}))
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func TestAnOrderThatCannotBeReadKeepsNoOtherWaiting(t *testing.T) {
	db := open(t, inTemp(t))
	for n := range int64(3) {
		_, _, err := db.Checkout(t.Context(), textOrder(n), 0)
		require.NoError(t, err)
	}
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		t.put(inWork, []byte(textOrder(0).ID), []byte("garbage"))
		return t.failed
	}))
	claim := func() ([]shop.Order, error) {
		return db.Claim(t.Context(), shop.TaskInvoice, time.Now(), time.Now().Add(time.Hour), 1)
	}
	for n := range int64(2) {
		claimed, err := claim()
		require.NoError(t, err)
		require.Len(t, claimed, 1)
		require.Equal(t, textOrder(n+1).ID, claimed[0].ID)
	}
	_, err := claim()
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, string(textOrder(0).ID))
}
