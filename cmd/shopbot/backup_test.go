package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/dbtest"
)

// openWithBackup serves the commands of a shop whose backups are taken by take.
func openWithBackup(t *testing.T, environ []string, o ops.Operator, take func(context.Context, io.Writer) error) command {
	t.Helper()
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	openShop(t, cfg, ops.Server{Operator: o, Backup: take})
	return command{environ: environ}
}

// mustFill makes a database with n orders, closes it, and returns its bytes.
func mustFill(t *testing.T, path string, n int) []byte {
	t.Helper()
	db := dbtest.Open(t, path)
	dbtest.Checkout(t, db, n)
	require.NoError(t, db.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

// mustCopy is a backup of a shop with n orders; none of its bytes is spare.
func mustCopy(t *testing.T, n int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	mustFill(t, path, n)
	var content bytes.Buffer
	require.NoError(t, storage.CopyClosed(t.Context(), path, &content))
	return content.Bytes()
}

// onlyFiles makes sure that nothing is left over in a directory.
func onlyFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	require.ElementsMatch(t, append(names, "catalog.yaml", "album.zip"), there)
}

func ordersIn(t *testing.T, path string) []shop.Order {
	t.Helper()
	db := dbtest.Open(t, path)
	orders, err := db.Orders(t.Context(), shop.Filter{Limit: 1000})
	require.NoError(t, err)
	require.NoError(t, db.Check(t.Context(), func(breach string) { t.Error(breach) }))
	require.NoError(t, db.Close())
	return orders
}

func TestABackupOfAClosedShopIsWholeAndPrivate(t *testing.T) {
	environ, dir := shopEnviron(t)
	c, file := command{environ: environ}, filepath.Join(dir, "shop.backup")
	_, stderr, code := c.run(t, "backup", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")
	onlyFiles(t, dir)

	before := mustFill(t, filepath.Join(dir, "shop.db"), 3)
	out := c.mustRun(t, "backup", file)
	require.Regexp(t, `^backed up \S+shop.db to \S+shop.backup: \d+ bytes\n$`, out)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	after, err := os.ReadFile(filepath.Join(dir, "shop.db"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after), "the database itself is not touched")
	require.Len(t, ordersIn(t, file), 3)
	onlyFiles(t, dir, "shop.db", "shop.backup")

	piped := c.mustRun(t, "backup", "-")
	require.NoError(t, os.WriteFile(file+".piped", []byte(piped), 0o600))
	require.Len(t, ordersIn(t, file+".piped"), 3)
}

func TestWhatAKilledBackupLeftIsNamedAndRemovedByTheNext(t *testing.T) {
	environ, dir := shopEnviron(t)
	c, file := command{environ: environ}, filepath.Join(dir, "shop.backup")
	mustFill(t, filepath.Join(dir, "shop.db"), 1)
	left, ofRestore := filepath.Join(dir, ".shop.backup.123.part"), filepath.Join(dir, ".shop.db.45.part")
	require.NoError(t, os.WriteFile(left, []byte("half"), 0o600))
	require.NoError(t, os.WriteFile(ofRestore, []byte("half"), 0o600))
	_, stderr, code := c.run(t, "backup", file)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stderr, "removed "+left+", which a killed run left")
	onlyFiles(t, dir, "shop.db", "shop.backup", ".shop.db.45.part")
	_, stderr, code = c.run(t, "restore", file)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stderr, "removed "+ofRestore)
}

func TestABackupTakesNobodysPlace(t *testing.T) {
	environ, dir := shopEnviron(t)
	c, file := command{environ: environ}, filepath.Join(dir, "precious.txt")
	mustFill(t, filepath.Join(dir, "shop.db"), 1)
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	_, stderr, code := c.run(t, "backup", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "is there already; name another file, or replace it with --force")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "precious", string(content))

	c.mustRun(t, "backup", "--force", file)
	require.Len(t, ordersIn(t, file), 1)
	onlyFiles(t, dir, "shop.db", "precious.txt")
}

// The catalog in force may be newer than its file, and name other goods.
func TestABackupNeverTakesThePlaceOfGoodsOfTheCatalogInForce(t *testing.T) {
	environ, dir := shopEnviron(t)
	c := command{environ: environ}
	goods := filepath.Join(dir, "newer.zip")
	require.NoError(t, os.WriteFile(goods, []byte("goods"), 0o600))
	file := filepath.Join(dir, "catalog.yaml")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(before), "album.zip")
	newer := filepath.Join(dir, "newer.yaml")
	after := bytes.ReplaceAll(before, []byte("album.zip"), []byte("newer.zip"))
	require.NoError(t, os.WriteFile(newer, after, 0o600)) //nolint:gosec // a temporary directory
	mustFill(t, filepath.Join(dir, "shop.db"), 1)
	_, stderr, code := c.run(t, "catalog", "apply", "--yes", newer)
	require.Zero(t, code, stderr)
	for _, name := range []string{goods, filepath.Join(dir, "album.zip")} {
		_, stderr, code = c.run(t, "backup", "--force", name)
		require.Equal(t, exitFailed, code, name)
		require.Contains(t, stderr, "that is a file that the shop itself runs on; name another one")
	}
}

func TestABackupNeverTakesThePlaceOfTheShopsOwnFiles(t *testing.T) {
	environ, dir := shopEnviron(t)
	env := filepath.Join(dir, "shopbot.env")
	require.NoError(t, os.WriteFile(env, []byte("SHOPBOT_LOG_LEVEL=info\n"), 0o600))
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	c := openWithBackup(t, environ, ops.ClosedShop{DB: db}, db.Backup)
	require.NoError(t, os.Link(filepath.Join(dir, "album.zip"), filepath.Join(dir, "link")))
	for _, name := range []string{"shop.db", "shop.db.sock", "catalog.yaml", "shopbot.env", "album.zip", "link"} {
		file := filepath.Join(dir, name)
		before, err := os.Lstat(file)
		require.NoError(t, err)
		_, stderr, code := c.run(t, "backup", "--force", "--env-file", env, file)
		require.Equal(t, exitFailed, code, name)
		require.Contains(t, stderr, "that is a file that the shop itself runs on; name another one", name)
		after, err := os.Lstat(file)
		require.NoError(t, err)
		require.True(t, os.SameFile(before, after))
	}
	_, stderr, code := c.run(t, "backup", "--force", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, dir+" is a directory; name a file in it")

	require.NoError(t, os.Rename(filepath.Join(dir, "shop.db"), filepath.Join(dir, "moved")))
	_, stderr, code = c.run(t, "backup", "--force", filepath.Join(dir, "moved"))
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "it is the database of a running shop; name another file")
}

func TestABackupIsTakenFromTheRunningShop(t *testing.T) {
	environ, dir := shopEnviron(t)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	dbtest.Checkout(t, db, 2)
	file := filepath.Join(dir, "shop.backup")

	_, stderr, code := command{environ: environ}.run(t, "backup", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "in use by another process")
	require.Contains(t, stderr, "no shop answers commands at "+filepath.Join(dir, "shop.db.sock"))

	c := openWithBackup(t, environ, ops.ClosedShop{DB: db}, db.Backup)
	c.mustRun(t, "backup", file)
	require.Len(t, ordersIn(t, file), 2)
	_, stderr, code = c.run(t, "restore", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "the shop is running; stop it")
}

// withoutRoot is a database whose first page in use holds zeros: the one that the newer of its two
// meta pages names.
func withoutRoot(database []byte) []byte {
	const pageSize, rootAt, txidAt = 4096, 32, 64
	number := binary.NativeEndian.Uint64
	meta := database
	if second := database[pageSize:]; number(second[txidAt:]) > number(meta[txidAt:]) {
		meta = second
	}
	damaged := bytes.Clone(database)
	clear(damaged[number(meta[rootAt:])*pageSize:][:pageSize])
	return damaged
}

// noOperator is a running shop that is only asked for a backup.
type noOperator struct{ ops.Operator }

func TestHalfABackupIsNone(t *testing.T) {
	whole := mustCopy(t, 50)
	for name, take := range map[string]func(context.Context, io.Writer) error{
		"it cannot be read at all": func(context.Context, io.Writer) error { return errors.New("disk on fire") },
		"it cannot be read to its end": func(_ context.Context, w io.Writer) error {
			_, err := w.Write(whole[:len(whole)/2])
			return errors.Join(err, errors.New("disk on fire"))
		},
		"the end is missing": func(_ context.Context, w io.Writer) error {
			_, err := w.Write(whole[:len(whole)/2])
			return err
		},
		"there is nothing in it": func(context.Context, io.Writer) error { return nil },
		"it is something else": func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, strings.Repeat("no database ", 10_000))
			return err
		},
		"a page is lost": func(_ context.Context, w io.Writer) error {
			_, err := w.Write(withoutRoot(whole))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			environ, dir := shopEnviron(t)
			c := openWithBackup(t, environ, noOperator{}, take)
			file := filepath.Join(dir, "shop.backup")
			_, stderr, code := c.run(t, "backup", file)
			require.Equal(t, exitFailed, code)
			require.NotEmpty(t, stderr)
			onlyFiles(t, dir, "shop.db.sock")
			require.NoError(t, os.WriteFile(file, []byte("the last good one"), 0o600))
			_, _, code = c.run(t, "backup", "--force", file)
			require.Equal(t, exitFailed, code)
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, "the last good one", string(content))
			onlyFiles(t, dir, "shop.backup", "shop.db.sock")
			if strings.HasPrefix(name, "it cannot be read") {
				_, _, code = c.run(t, "backup", "-")
				require.Equal(t, exitFailed, code, "nobody looks through what is piped")
			}
		})
	}
}

func TestARestoredShopKeepsWhatWasThereBefore(t *testing.T) {
	environ, dir := shopEnviron(t)
	c, database, file := command{environ: environ}, filepath.Join(dir, "shop.db"), filepath.Join(t.TempDir(), "shop.backup")
	mustFill(t, database, 2)
	c.mustRun(t, "backup", file)
	backup, err := os.ReadFile(file)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(database, []byte("gone"), 0o600))
	out := c.mustRun(t, "restore", file)
	require.Contains(t, out, "restored "+database+" from "+file+": 2 orders")
	require.Contains(t, out, "'shopbot reconcile' names each")
	require.Len(t, ordersIn(t, database), 2)
	aside, err := filepath.Glob(database + ".before-restore-*")
	require.NoError(t, err)
	require.Len(t, aside, 1)
	require.Contains(t, out, "the database that was there is kept as "+aside[0]+"\n")
	kept, err := os.ReadFile(aside[0])
	require.NoError(t, err)
	require.Equal(t, "gone", string(kept))
	onlyFiles(t, dir, "shop.db", filepath.Base(aside[0]))
	unchanged, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.Equal(backup, unchanged), "the backup is only read")

	require.NoError(t, os.Remove(database))
	out = c.mustRun(t, "restore", file)
	require.NotContains(t, out, "is kept as")
	require.Len(t, ordersIn(t, database), 2)
	info, err := os.Stat(database)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestABadBackupReplacesNothing(t *testing.T) {
	good := mustCopy(t, 40)
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"not there":     {nil, "no such file"},
		"empty":         {[]byte{}, "the file is empty"},
		"a text":        {[]byte(strings.Repeat("hello ", 10_000)), "not a shopbot database"},
		"cut off":       {good[:len(good)-4096], "database damaged"},
		"a page zeroed": {withoutRoot(good), "database damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			environ, dir := shopEnviron(t)
			database, file := filepath.Join(dir, "shop.db"), filepath.Join(t.TempDir(), "shop.backup")
			before := mustFill(t, database, 1)
			if c.content != nil {
				require.NoError(t, os.WriteFile(file, c.content, 0o600))
			}
			_, stderr, code := command{environ: environ}.run(t, "restore", file)
			require.Equal(t, exitFailed, code)
			require.Contains(t, stderr, c.says)
			require.Contains(t, stderr, file)
			after, err := os.ReadFile(database)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after))
			onlyFiles(t, dir, "shop.db")
		})
	}
}

func TestNothingIsRestoredUnderAShopThatRuns(t *testing.T) {
	environ, dir := shopEnviron(t)
	file := filepath.Join(t.TempDir(), "shop.backup")
	mustFill(t, file, 2)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	_, stderr, code := command{environ: environ}.run(t, "restore", file) // its ops listener is not found
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "in use by another process: stop the other shopbot")
	onlyFiles(t, dir, "shop.db")
	dbtest.Checkout(t, db, 1)
}

// runIn runs a command beside a stopped shop, and returns all it says.
func runIn(env *testenv.Env, args ...string) string {
	env.T.Helper()
	stdout, stderr, _ := commandIn(env).run(env.T, args...)
	return stdout + stderr
}

// The whole way: sell, back up while selling, sell on, lose the database, restore.
func TestAfterARestoreThePaymentsOfKnownOrdersAreFoundAndOthersAreNamed(t *testing.T) {
	testenv.Run(t, func(t *testing.T, env *testenv.Env) {
		database, backup := filepath.Join(env.Dir, "shop.db"), filepath.Join(env.Dir, "shop.backup")
		env.Say(sandbox.Alice, "/buy vpn")
		env.Pay(sandbox.Alice)
		env.Say(sandbox.Boris, "/buy vpn")
		bill := env.PayLink(sandbox.Boris)
		_, err := storage.WriteBackup(t.Context(), []string{database}, backup, false, func(out io.Writer) error {
			status, body := env.AskOps(http.MethodGet, "/ops/backup")
			require.Equal(t, http.StatusOK, status)
			_, err := io.WriteString(out, body)
			return err
		})
		require.NoError(t, err)

		_, err = env.CryptoPay().Pay(bill, sandbox.Boris, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Equal(t, []string{"KEY-02"}, env.KeysOf(sandbox.Boris))
		env.Say(sandbox.Alice, "/buy guide")
		unknown := env.Pay(sandbox.Alice).Payload
		env.Stop()
		require.NoError(t, os.Truncate(database, 5*4096))
		out := runIn(env, "run")
		require.Contains(t, out, "database damaged")
		require.Contains(t, out, "restore the newest backup beside it with 'shopbot restore "+backup+"'")

		require.Contains(t, runIn(env, "restore", backup), ": 2 orders, the last movement of goods or money at 2000-01-01T00:")
		env.Start()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"KEY-02", "KEY-02"}, env.KeysOf(sandbox.Boris), "found by asking, and the same goods")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(sandbox.Alice))
		env.Stop()
		require.Len(t, env.StoredOrders(), 2)
		require.Regexp(t, `(?m)^open    no_order_paid     Invoice \d+ is paid \(\S+ USDT\) for order `+unknown, runIn(env, "reconcile"))
		env.Start()
	})
}
