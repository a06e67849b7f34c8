package setup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/storage/postgres/pgtest"
)

// dbPassword has all that an address writes in another way.
const dbPassword = "hidden/word@100%#1"

// newServer is a server with a user keeper who needs dbPassword, and the address of an empty place.
func newServer(t *testing.T) (server *pgtest.Server, empty string) {
	t.Helper()
	server = pgtest.New(t)
	rules := filepath.Join(server.Data(), "pg_hba.conf")
	trusted, err := os.ReadFile(rules)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(rules, append([]byte("host all keeper 127.0.0.1/32 scram-sha-256\n"), trusted...), 0o600)) //nolint:gosec // of the test's own server
	server.Run(t)
	server.Exec(t, `CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '`+dbPassword+`'`)
	return server, strings.Replace(server.Schema(t), "shopbot@", "keeper@", 1)
}

func TestAShopInPostgreSQLIsAskedForItsPassword(t *testing.T) {
	_, empty := newServer(t)
	n := newTestnet(t)
	n.Database = empty
	n.answer("", "wrong", dbPassword, botToken, appToken, "")
	require.NoError(t, n.make(t))
	said := n.out.String()
	shown, _, _ := strings.Cut(empty, "?")
	require.Contains(t, said, "The database "+shown+" wants a password.\n  Password (not shown as you paste it): ")
	require.Contains(t, said, "✗ database "+shown)
	require.Regexp(t, `✓ The database is `+shown+`, PostgreSQL \d+.*, and empty\.`, said)
	require.NotContains(t, said, "hidden")
	require.NotContains(t, strings.Join(n.files(t), " "), ".db")

	cfg, _ := n.load(t)
	require.Equal(t, shown, cfg.Database.Name())
	db, err := database.Open(t.Context(), cfg.Database)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	n = newTestnet(t)
	n.setenv("SHOPBOT_TELEGRAM_TOKEN="+botToken, "SHOPBOT_CRYPTOPAY_TOKEN="+appToken, "SHOPBOT_DATABASE="+cfg.Database.URL())
	err = n.make(t)
	require.ErrorContains(t, err, shown+": there is a shop in it already; make an empty one")
	require.NotContains(t, err.Error(), "hidden")
	require.NoDirExists(t, n.Dir)
}

func TestAShopInPostgreSQLIsMadeWithNobodyToAsk(t *testing.T) {
	server, empty := newServer(t)
	n := newTestnet(t)
	tokens := []string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + appToken}
	n.setenv(tokens...)
	whole := config.Database(empty).WithPassword(dbPassword)
	n.setenv("SHOPBOT_DATABASE=" + whole.URL())
	require.NoError(t, n.make(t))
	cfg, _ := n.load(t)
	require.Equal(t, whole, cfg.Database)

	server.Exec(t, `CREATE ROLE guest LOGIN`)
	for named, want := range map[string]string{
		whole.URL():                        "--database: others on this machine can read a password in a command line",
		empty:                              "see user and password in SHOPBOT_DATABASE",
		"postgres://shop@127.0.0.1:1/shop": "see that the server runs there",
		"mysql://db/shop":                  "--database: databases of the kind mysql:// are not known",
		strings.Replace(empty, "keeper@", "guest@", 1):  "its user may not make tables; let the user own the database",
		strings.Replace(empty, "/postgres", "/none", 1): "see user and password", // told before anything else
	} {
		n := newTestnet(t)
		n.setenv(tokens...)
		n.Database = named
		err := n.make(t)
		require.ErrorContains(t, err, want, named)
		require.NotContains(t, err.Error(), "hidden")
		require.NoDirExists(t, n.Dir)
	}
}
