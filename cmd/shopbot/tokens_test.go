package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/status"
	"shopbot/internal/storage/dbtest"
)

// withoutTokens sets the paths of a shop's files but no tokens.
func withoutTokens(t *testing.T) (environ []string, dir string) {
	t.Helper()
	dir = t.TempDir()
	testenv.WriteShopFiles(t, dir)
	return []string{"SHOPBOT_CATALOG=" + filepath.Join(dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + filepath.Join(dir, "shop.db")}, dir
}

// The commands of a closed shop work from the shell of somebody who has only its files, and so do those
// that ask a running one.
func TestCommandsThatCallNobodyNeedNoToken(t *testing.T) {
	environ, dir := withoutTokens(t)
	backups := filepath.Join(dir, "backups")
	require.NoError(t, os.Mkdir(backups, 0o700))
	c := command{environ: append(environ, "SHOPBOT_BACKUP_TO="+backups), stdin: "K1\nK2\n"}
	for _, args := range [][]string{
		{"stock", "add", "vpn"},
		{"stock", "list"},
		{"orders"},
		{"audit", "verify"},
		{"audit", "list"},
		{"export", "orders"},
		{"catalog", "history"},
		{"backup", filepath.Join(dir, "copy.db")},
		{"backup"},
		{"backup", "--list"},
		{"compact"},
		{"check", "--database"},
		{"restore", filepath.Join(dir, "copy.db")},
		{"forget", "100", "--yes"},
	} {
		_, stderr, code := c.run(t, args...)
		require.Equal(t, exitDone, code, "%v: %s", args, stderr)
	}
	_, stderr, code := c.run(t, "reconcile")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "SHOPBOT_TELEGRAM_TOKEN: required", "of a closed shop it asks the services itself")
	require.Contains(t, stderr, "SHOPBOT_CRYPTOPAY_TOKEN: required")
}

func TestARunningShopIsAskedWithoutItsTokens(t *testing.T) {
	environ, dir := withoutTokens(t)
	cfg, err := config.LoadFor(environ, "", "DATABASE")
	require.NoError(t, err)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	running := ops.ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: app.NewLogger(t.Output(), cfg)}
	openShop(t, cfg, ops.Server{
		Operator: running, Reconciler: shop.New(db, nil, nil, shop.Config{Log: app.NewLogger(t.Output(), cfg)}),
		Status: func(context.Context) status.Status { return status.Status{Shop: "Test Shop", Ready: true} },
	})
	// What is not needed may be wrong, too.
	c := command{environ: append(environ, "SHOPBOT_TELEGRAM_TOKEN=mistyped", "SHOPBOT_INVOICE_TTL=soon")}
	for _, args := range [][]string{{"status"}, {"reconcile"}, {"stock", "list"}} {
		out, stderr, code := c.run(t, args...)
		require.Equal(t, exitDone, code, "%v: %s", args, stderr)
		require.NotContains(t, out+stderr, "mistyped")
	}
}
