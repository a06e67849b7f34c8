package ops

import (
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

// isFound reports whether a command finds a shop at a database.
func isFound(t *testing.T, database string) bool {
	t.Helper()
	_, found := Find(t.Context(), config.Config{Database: config.Database(database)})
	return found
}

func TestACommandFindsTheShopOfItsDatabaseAndNoOther(t *testing.T) {
	dir := t.TempDir()
	database := filepath.Join(dir, "shop.db")
	mustOpen(t, database)
	mustOpen(t, filepath.Join(dir, "other.db"))
	require.False(t, isFound(t, database), "nobody there")
	l, err := ListenSocket(t.Context(), SocketPath(database))
	require.NoError(t, err)
	serve(t, l, Server{Metrics: noMetrics}.Commands())
	require.True(t, isFound(t, database))
	require.False(t, isFound(t, filepath.Join(dir, "other.db")), "two shops in one directory")

	elsewhere := filepath.Join(t.TempDir(), "shop")
	require.NoError(t, os.Symlink(dir, elsewhere))
	require.True(t, isFound(t, filepath.Join(elsewhere, "shop.db")), "a link to the directory")
	link := filepath.Join(t.TempDir(), "link.db")
	require.NoError(t, os.Symlink(database, link))
	require.True(t, isFound(t, link), "a link to the file")
	t.Chdir(dir)
	require.True(t, isFound(t, "shop.db"), "a relative path")

	require.NoError(t, l.Close())
	require.False(t, isFound(t, database))
	require.NoFileExists(t, database+".sock")
}

func TestOnlyTheShopsUserCanReachTheSocket(t *testing.T) {
	database := filepath.Join(t.TempDir(), "shop.db")
	l, err := ListenSocket(t.Context(), SocketPath(database))
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	info, err := os.Lstat(database + ".sock")
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, info.Mode())
	require.NoFileExists(t, database+".sock.new", "nothing is left over")
}

func TestTheSocketOfAKilledShopIsReplaced(t *testing.T) {
	database := filepath.Join(t.TempDir(), "shop.db")
	path := SocketPath(database)
	killed, err := ListenSocket(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, killed.(*socket).Listener.Close()) //nolint:forcetypeassert // so it ends with the test
	require.FileExists(t, path)
	require.False(t, isFound(t, database))
	require.NoError(t, os.Mkdir(path+".new", 0o700), "it was killed while it started, too")
	require.NoError(t, os.WriteFile(filepath.Join(path+".new", "s"), nil, 0o600))

	l, err := ListenSocket(t.Context(), path)
	require.NoError(t, err)
	require.True(t, isFound(t, database))
	require.ErrorIs(t, killed.Close(), net.ErrClosed)
	require.True(t, isFound(t, database), "a socket of another process is not removed")
	require.NoError(t, l.Close())
}

func TestNothingElseIsTakenForTheSocketOrRemoved(t *testing.T) {
	taken := func(name string, put func(t *testing.T, path string)) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shop.db.sock")
			put(t, path)
			before, err := os.Lstat(path)
			require.NoError(t, err)
			_, err = ListenSocket(t.Context(), path)
			require.ErrorIs(t, err, ErrSocketTaken)
			require.ErrorContains(t, err, path)
			after, err := os.Lstat(path)
			require.NoError(t, err)
			require.True(t, os.SameFile(before, after))
		})
	}
	taken("a file", func(t *testing.T, path string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
		require.False(t, isFound(t, strings.TrimSuffix(path, ".sock")))
	})
	taken("a directory", func(t *testing.T, path string) {
		t.Helper()
		require.NoError(t, os.Mkdir(path, 0o700))
	})
	taken("a link to a socket", func(t *testing.T, path string) {
		t.Helper()
		target := filepath.Join(filepath.Dir(path), "target")
		l, err := ListenSocket(t.Context(), target)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, l.Close()) })
		require.NoError(t, os.Symlink(target, path))
		require.False(t, isFound(t, strings.TrimSuffix(path, ".sock")), "commands follow no link")
	})
	taken("a socket that is answered", func(t *testing.T, path string) {
		t.Helper()
		l, err := ListenSocket(t.Context(), path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, l.Close()) })
	})
}

func TestASocketOfAnotherUserIsNotSpokenTo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make one")
	}
	database := filepath.Join(t.TempDir(), "shop.db")
	mustOpen(t, database)
	l, err := ListenSocket(t.Context(), SocketPath(database))
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	require.True(t, isFound(t, database))
	require.NoError(t, os.Chown(SocketPath(database), 12345, 12345))
	require.False(t, isFound(t, database))
	require.NoError(t, os.Chown(database, 12345, 12345))
	require.True(t, isFound(t, database), "the user that the shop runs as, and root asks")
}

func TestADeepDirectoryHasASocketToo(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 100), strings.Repeat("e", 100))
	require.NoError(t, os.MkdirAll(deep, 0o700))
	database := filepath.Join(deep, "shop.db")
	l, err := ListenSocket(t.Context(), SocketPath(database))
	if runtime.GOOS != "linux" {
		require.ErrorContains(t, err, "SHOPBOT_DATABASE")
		return
	}
	require.NoError(t, err)
	require.True(t, isFound(t, database))
	require.NoError(t, l.Close())
	_, err = ListenSocket(t.Context(), SocketPath(filepath.Join(deep, strings.Repeat("f", 100)+".db")))
	require.ErrorContains(t, err, "give the database a shorter path with SHOPBOT_DATABASE")
}

// A thief who listens where the shop is believed to listen is told nothing, and the shop is asked
// all the same.
func TestAStolenPortLearnsNothing(t *testing.T) {
	cfg := testConfig(t)
	db := mustOpen(t, cfg.Database.Path())
	openShop(t, cfg, operator(t, db))
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Error("the thief is asked for", r.URL) }))
	defer thief.Close()
	cfg.OpsListen = thief.Listener.Addr().(*net.TCPAddr).String() //nolint:forcetypeassert // it listens on TCP
	err := WithShop(t.Context(), cfg, nil, func(s Shop) error {
		require.IsType(t, Client{}, s)
		_, err := s.Stock(t.Context())
		return err
	})
	require.NoError(t, err)
}
