package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// testShop is a shop that is not running, with keys in stock.
type testShop struct {
	cfg     config.Config
	dir     string
	keyFile string // of the secret key
}

// newShop is a shop with a configuration; "KEY" in it is the public key that belongs to keyFile.
func newShop(t *testing.T, settings ...string) *testShop {
	t.Helper()
	s := &testShop{dir: t.TempDir()}
	s.keyFile = filepath.Join(t.TempDir(), "backup.key")
	recipient, err := WriteKey(s.keyFile)
	require.NoError(t, err)
	environ := []string{
		"SHOPBOT_TELEGRAM_TOKEN=1000:test-telegram-token-test-telegram-token", "SHOPBOT_CRYPTOPAY_TOKEN=2000:TestCryptoPayTokenTestCryptoPayToken",
		"SHOPBOT_DATABASE=" + filepath.Join(s.dir, "shop.db"),
	}
	for _, v := range settings {
		environ = append(environ, "SHOPBOT_BACKUP_"+strings.ReplaceAll(v, "KEY!", recipient))
	}
	s.cfg, err = config.Load(environ, "")
	require.NoError(t, err)
	db, err := storage.Open(t.Context(), s.cfg.Database.Path())
	require.NoError(t, err)
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("KEY-%04d", i))
	}
	_, err = db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values(keys)})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return s
}

func (s *testShop) copier(ctx context.Context, w io.Writer) error {
	return storage.CopyClosed(ctx, s.cfg.Database.Path(), w)
}

func (s *testShop) keeper(t *testing.T, send Sender) *Keeper {
	t.Helper()
	k, err := New(s.cfg, s.copier, send)
	require.NoError(t, err)
	k.Log = slog.New(slog.DiscardHandler)
	return k
}

// restored restores a copy into a new database, and returns how many units it has.
func (s *testShop) restored(t *testing.T, from, identity string) (free int, err error) {
	t.Helper()
	found, err := Find(t.Context(), s.cfg, from, identity)
	if err != nil {
		return 0, err
	}
	path := filepath.Join(t.TempDir(), "again.db")
	if _, err := storage.Restore(t.Context(), found.Name, path, found.WriteTo); err != nil {
		require.NoFileExists(t, path)
		return 0, err
	}
	db, err := storage.Open(t.Context(), path)
	require.NoError(t, err)
	stock, err := db.Stock(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return stock["vpn"].Free, nil
}

func TestACopyInADirectoryIsTheDatabaseItself(t *testing.T) {
	to := t.TempDir()
	s := newShop(t, "TO="+to)
	made, err := s.keeper(t, nil).Once(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^shop-\d{8}T\d{6}Z\.db$`, made.Name)
	free, err := s.restored(t, filepath.Join(to, made.Name), "")
	require.NoError(t, err)
	require.Equal(t, 500, free)
	free, err = s.restored(t, to, "") // the newest in it
	require.NoError(t, err)
	require.Equal(t, 500, free)
	info, err := os.Stat(filepath.Join(to, made.Name))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestOnlyTheOldestCopiesOfThisShopAreRemoved(t *testing.T) {
	to := t.TempDir()
	s := newShop(t, "TO="+to, "KEEP=2")
	others := []string{"notes.txt", "shop-20200101T000000Z.db.bak", "other-20200101T000000Z.db", "shop-20200101.db"}
	for _, name := range append(others, "shop-20200101T000000Z.db", "shop-20210101T000000Z.db.zst.age") {
		require.NoError(t, os.WriteFile(filepath.Join(to, name), []byte("x"), 0o600))
	}
	k := s.keeper(t, nil)
	made, err := k.Once(t.Context())
	require.NoError(t, err)
	names, err := k.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"shop-20210101T000000Z.db.zst.age", made.Name}, names)
	for _, name := range others {
		require.FileExists(t, filepath.Join(to, name))
	}
}

func TestAnEncryptedCopyIsReadWithItsKeyAlone(t *testing.T) {
	to := t.TempDir()
	s := newShop(t, "TO="+to, "RECIPIENT=KEY!")
	made, err := s.keeper(t, nil).Once(t.Context())
	require.NoError(t, err)
	file := filepath.Join(to, made.Name)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.EqualValues(t, len(content), made.Bytes)
	require.NotContains(t, string(content), "KEY-0001")

	free, err := s.restored(t, file, s.keyFile)
	require.NoError(t, err)
	require.Equal(t, 500, free)

	_, err = s.restored(t, file, "")
	require.ErrorIs(t, err, ErrSealed)
	strange := filepath.Join(t.TempDir(), "other.key")
	_, err = WriteKey(strange)
	require.NoError(t, err)
	_, err = s.restored(t, file, strange)
	require.ErrorContains(t, err, "encrypted to another key")
	_, err = s.restored(t, file, file)
	require.ErrorContains(t, err, "not a file of secret keys")
	for name, damage := range map[string]func([]byte) []byte{
		"cut off": func(b []byte) []byte { return b[:len(b)-1] },
		"changed": func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b },
		"longer":  func(b []byte) []byte { return append(bytes.Clone(b), 0) },
	} {
		require.NoError(t, os.WriteFile(file, damage(content), 0o600))
		_, err = s.restored(t, file, s.keyFile)
		require.Error(t, err, name)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, spoolKind+"*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// Nothing of ours is needed to read a copy: "age --decrypt" and "zstd -d" do it.
func TestACopyIsReadByAgeAndZstandard(t *testing.T) {
	to := t.TempDir()
	s := newShop(t, "TO="+to, "RECIPIENT=KEY!")
	made, err := s.keeper(t, nil).Once(t.Context())
	require.NoError(t, err)
	file, err := os.Open(filepath.Join(to, made.Name))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	identities, err := readIdentities(s.keyFile)
	require.NoError(t, err)
	plain, err := age.Decrypt(file, identities...)
	require.NoError(t, err)
	decoder, err := zstd.NewReader(plain)
	require.NoError(t, err)
	defer decoder.Close()
	got, err := io.ReadAll(decoder)
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, s.copier(t.Context(), &want))
	require.True(t, bytes.Equal(want.Bytes(), got))
}

func TestACopyThatIsNotThereAsItWasIsRefused(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "copy"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	c := copied{file: f, size: 5}
	require.ErrorIs(t, c.compare(io.NopCloser(strings.NewReader("other"))), errChanged)
	require.ErrorIs(t, c.compare(io.NopCloser(strings.NewReader("long text"))), errChanged)
}

func TestADirectoryThatIsNotThereIsNamedWithItsRemedy(t *testing.T) {
	for _, more := range []string{"KEEP=14", "RECIPIENT=KEY!"} {
		gone := filepath.Join(t.TempDir(), "disk")
		s := newShop(t, "TO="+gone, more)
		_, err := s.keeper(t, nil).Once(t.Context())
		require.ErrorContains(t, err, "make the directory "+gone+" first")
		require.NoDirExists(t, gone)
	}
}

// sentFile is a file in the chat.
type sentFile struct {
	name        string
	part, parts int
	content     []byte
}

func TestACopyForTheChatIsDividedAndPutTogetherAgain(t *testing.T) {
	s := newShop(t, "TO=chat", "RECIPIENT=KEY!")
	var sent []sentFile
	k := s.keeper(t, func(_ context.Context, name string, part, parts int, content io.ReadSeeker, size int64) error {
		data, err := io.ReadAll(content)
		require.NoError(t, err)
		require.Len(t, data, int(size))
		sent = append(sent, sentFile{name, part, parts, data})
		return nil
	})
	made, err := k.Once(t.Context())
	require.NoError(t, err)
	require.Len(t, sent, 1)
	require.Equal(t, made.Name, sent[0].name)

	whole := filepath.Join(t.TempDir(), "whole")
	require.NoError(t, os.WriteFile(whole, sent[0].content, 0o600))
	f, err := os.Open(whole)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	all, ok := k.place.(chat)
	require.True(t, ok)
	sent = nil
	size := made.Bytes/3 + 1
	require.NoError(t, all.putParts(t.Context(), "copy", copied{file: f, size: made.Bytes}, size))
	require.Len(t, sent, 3)
	dir := t.TempDir()
	for i, part := range sent {
		require.Equal(t, fmt.Sprintf("copy.%03d", i+1), part.name)
		require.Equal(t, []int{i + 1, 3}, []int{part.part, part.parts})
		require.NoError(t, os.WriteFile(filepath.Join(dir, part.name), part.content, 0o600))
	}
	free, err := s.restored(t, filepath.Join(dir, "copy.001"), s.keyFile)
	require.NoError(t, err)
	require.Equal(t, 500, free)
	require.NoError(t, os.Remove(filepath.Join(dir, "copy.002")))
	_, err = s.restored(t, filepath.Join(dir, "copy.001"), s.keyFile)
	require.Error(t, err, "a part is missing")
	require.ErrorContains(t, all.putParts(t.Context(), "copy", copied{file: f, size: made.Bytes}, made.Bytes/(maxParts+5)), "too much for a chat")
}

// notes are in memory.
type notes map[string][]byte

func (n notes) Note(_ context.Context, name string) ([]byte, error) { return n[name], nil }

func (n notes) SetNote(_ context.Context, name string, value []byte) error {
	n[name] = value
	return nil
}

func TestCopiesAreMadeAtTheirIntervalAlsoOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := t.TempDir()
		s, n := newShop(t, "TO="+to, "EVERY=6h"), notes{}
		var failed []error
		run := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			require.NoError(t, s.keeper(t, nil).Run(ctx, n, func(err error) { failed = append(failed, err) }))
		}
		copies := func() int {
			names, err := s.keeper(t, nil).List(t.Context())
			require.NoError(t, err)
			return len(names)
		}
		run(2 * time.Hour)
		require.Equal(t, 1, copies(), "one soon after the first start")
		run(3 * time.Hour)
		require.Equal(t, 1, copies(), "none before it is due")
		run(2 * time.Hour)
		require.Equal(t, 2, copies())
		time.Sleep(24 * time.Hour)
		run(2 * time.Minute)
		require.Equal(t, 3, copies(), "one that is overdue is made at once")
		require.Equal(t, []error{nil, nil, nil}, failed)

		failed = nil
		require.NoError(t, os.Rename(to, to+".away"))
		run(6*time.Hour + 25*time.Minute)
		require.Len(t, failed, 3, "one that failed is tried again soon")
		require.Error(t, errors.Join(failed...))
		require.NoError(t, os.Rename(to+".away", to))
		run(2 * time.Minute)
		require.Equal(t, 4, copies())
	})
}
