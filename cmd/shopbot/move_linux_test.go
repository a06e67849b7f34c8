package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// withPassword is an address with a password that must never be shown.
func withPassword(address string) string {
	return strings.Replace(address, "shopbot@", "shopbot:hidden-word@", 1)
}

func TestAShopIsMovedToPostgreSQLAndAllCommandsGoOn(t *testing.T) {
	server := pgtest.Start(t)
	environ, dir := withoutTokens(t)
	file, copied := filepath.Join(dir, "shop.db"), filepath.Join(dir, "copy.db")
	mustFill(t, file, 3)
	backups := filepath.Join(dir, "backups")
	require.NoError(t, os.Mkdir(backups, 0o700))
	here, there := command{environ: environ}, command{
		environ: []string{
			environ[0], "SHOPBOT_DATABASE=" + withPassword(server.Schema(t)),
			"SHOPBOT_SOCKET=" + filepath.Join(dir, "shop.sock"), "SHOPBOT_BACKUP_TO=" + backups,
		},
		stdin: "K1\nK2\n",
	}
	out, stderr, code := there.run(t, "move", "--from", file)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, out, "moved "+file+" to postgres://shopbot@")
	require.Contains(t, out, "3 orders")
	require.NotContains(t, out+stderr, "hidden-word")
	_, stderr, code = here.run(t, "stock", "list")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "the shop was moved to postgres://shopbot@")

	for _, args := range [][]string{
		{"stock", "list"},
		{"orders"},
		{"audit", "verify"},
		{"export", "orders"},
		{"catalog", "history"},
		{"check", "--database"},
		{"backup", copied},
		{"backup"},
		{"backup", "--list"},
		{"check", "--database", copied},
		{"forget", "100", "--yes"},
		{"stock", "add", "vpn"},
	} {
		out, stderr, code := there.run(t, args...)
		require.Equal(t, exitDone, code, "%v: %s", args, stderr)
		require.NotContains(t, out+stderr, "hidden-word")
	}
	scheduled, err := filepath.Glob(filepath.Join(backups, "postgres-*.db"))
	require.NoError(t, err)
	require.Len(t, scheduled, 1)
	_, stderr, code = there.run(t, "compact")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "is for a database file")

	// A copy is restored to a new database, and to nothing else.
	_, stderr, code = there.run(t, "restore", copied)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "it holds a shop already; name a new file, or a new database")
	elsewhere := there
	elsewhere.environ = []string{environ[0], "SHOPBOT_DATABASE=" + server.Schema(t), "SHOPBOT_SOCKET=" + filepath.Join(dir, "other.sock")}
	out, stderr, code = elsewhere.run(t, "restore", copied)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, out, "3 orders")
	out, stderr, code = elsewhere.run(t, "check", "--database")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, out, "is sound: 3 orders")

	back := filepath.Join(dir, "back.db")
	_, stderr, code = there.run(t, "move", "--to", back)
	require.Equal(t, exitDone, code, stderr)
	found, err := storage.Examine(t.Context(), back, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	require.Equal(t, 3, found.Orders)
	require.Equal(t, 2, found.Stock.Free)
	_, stderr, code = there.run(t, "stock", "list")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "the shop was moved to "+back)
}

func TestAMoveThatCannotBeIsToldWithItsRemedyAndChangesNothing(t *testing.T) {
	server := pgtest.Start(t)
	environ, dir := withoutTokens(t)
	file := filepath.Join(dir, "shop.db")
	before := mustFill(t, file, 1)
	c := command{environ: environ}
	good := withPassword(server.Schema(t))
	for _, bad := range []struct {
		args   []string
		code   int
		remedy string
	}{
		{[]string{"move"}, exitUsage, "Name one of them with --from or --to"},
		{[]string{"move", "--to", file}, exitUsage, "both sides are " + file},
		{[]string{"move", "--to", "postgres://a:hidden-word@db"}, exitUsage, "--to: it names no database; write postgres://"},
		{[]string{"move", "--to", "mysql://db/shop"}, exitUsage, "--to: databases of the kind mysql:// are not known"},
		{[]string{"move", "--from", filepath.Join(dir, "missing.db")}, exitFailed, "there is no database to move: stat "},
		{[]string{"move", "--to", "postgres://a:hidden-word@127.0.0.1:1/shop"}, exitFailed, "see that the server runs there"},
		{[]string{"move", "--to", strings.Replace(good, "/postgres", "/nowhere", 1)}, exitFailed, "make it with 'createdb'"},
		{[]string{"move", "--from", good}, exitFailed, "there is no shop in it"},
	} {
		out, stderr, code := c.run(t, bad.args...)
		require.Equal(t, bad.code, code, "%v: %s", bad.args, stderr)
		require.Contains(t, stderr, bad.remedy)
		require.NotContains(t, out+stderr, "hidden-word")
		require.Equal(t, 1, strings.Count(stderr, "\n"), "%v: %s", bad.args, stderr)
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestHowFarAMoveIsIsDrawn(t *testing.T) {
	require.Equal(t, "[....................]   0 %", bar(0, 1000))
	require.Equal(t, "[##########..........]  50 %", bar(500, 1000))
	require.Equal(t, "[####################] 100 %", bar(1000, 1000))
}
