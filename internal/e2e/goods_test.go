//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What takes the place of a file of goods, by mistake or by somebody's will, is not handed out: an
// order that is paid waits for its owner, and the shop neither hangs nor stops.
func TestNeitherTheShopsOwnFilesNorAPipeAreHandedOutAsGoods(t *testing.T) {
	for name, put := range map[string]func(env *testEnv, goods string) error{
		"the database":         func(env *testEnv, goods string) error { return os.Link(env.DatabasePath(), goods) },
		"the catalog":          func(_ *testEnv, goods string) error { return os.Symlink("catalog.yaml", goods) },
		"a pipe":               func(_ *testEnv, goods string) error { return syscall.Mkfifo(goods, 0o600) },
		"a device":             func(_ *testEnv, goods string) error { return os.Symlink("/dev/zero", goods) },
		"a secret's file":      func(env *testEnv, goods string) error { return os.Link(filepath.Join(env.Dir, "token"), goods) },
		"a copy of a secret":   func(_ *testEnv, goods string) error { return os.WriteFile(goods, []byte("TOKEN="+appToken), 0o600) },
		"a copy of a database": func(env *testEnv, goods string) error { return copyFile(env.DatabasePath(), goods) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Stop()
				require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "token"), []byte(appToken), 0o600))
				env.Setenv("CRYPTOPAY_TOKEN", "")
				env.Setenv("CRYPTOPAY_TOKEN_FILE", filepath.Join(env.Dir, "token"))
				env.Start()
				goods := filepath.Join(env.Dir, "album.zip")
				env.Say(alice, "/buy album")
				require.NoError(t, os.Remove(goods))
				require.NoError(t, put(env, goods))
				time.Sleep(time.Minute)
				require.Contains(t, env.Log.String(), "new catalog refused, the old one stays")
				env.Pay(alice)
				require.Empty(t, documentsOf(env, alice))
				require.Equal(t, 1, env.CountSent(olga, "Paid, and waiting for you"))

				require.NoError(t, os.Remove(goods))
				require.NoError(t, os.WriteFile(goods, []byte("PK new pictures"), 0o600))
				time.Sleep(time.Minute)
				require.Contains(t, env.Log.String(), "catalog reloaded")
				env.Tap(olga, "Deliver now")
				require.Equal(t, []string{"PK new pictures"}, documentsOf(env, alice))
			})
		})
	}
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600) //nolint:gosec // in a temporary directory
}

// documentsOf lists the documents that somebody was sent.
func documentsOf(env *testEnv, who int64) (documents []string) {
	env.T.Helper()
	for _, m := range env.Telegram().Sent(botToken, who) {
		if m.Document != nil {
			file, found := env.Telegram().File(m.Document.ID)
			require.True(env.T, found)
			documents = append(documents, string(file.Data))
		}
	}
	return documents
}
