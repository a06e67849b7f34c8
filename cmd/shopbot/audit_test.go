package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage/dbtest"
)

func TestTheTrailIsVerifiedAndListedByCommands(t *testing.T) {
	environ, dir := shopEnviron(t)
	c := command{environ: environ, stdin: "K1\nK2\n"}
	_, stderr, code := c.run(t, "audit", "verify")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")
	c.mustRun(t, "stock", "add", "vpn")

	out := c.mustRun(t, "audit", "verify")
	require.Regexp(t, `^1 audit entry, none changed; the head is 1:[0-9a-f]{32}\n$`, out)
	_, head, _ := strings.Cut(strings.TrimSpace(out), "the head is ")
	c.mustRun(t, "audit", "verify", "--head", head)
	_, stderr, code = c.run(t, "audit", "verify", "--head", "1:"+strings.Repeat("0", 32))
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "written anew")
	_, _, code = c.run(t, "audit", "verify", "--head", "yesterday")
	require.Equal(t, exitUsage, code)

	out = c.mustRun(t, "audit", "list")
	require.Regexp(t, `^1 \S+ \S*stock_added sku=vpn units=2 batch=1\n$`, out)
	_, _, code = c.run(t, "audit", "list", "what")
	require.Equal(t, exitUsage, code)
	_, stderr, code = c.run(t, "audit", "list", "1P8M2QX7KD93HWA")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "no such order")

	path := filepath.Join(dir, "shop.db")
	bolt, err := bbolt.Open(path, 0, nil)
	require.NoError(t, err)
	require.NoError(t, bolt.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("audit"))
		key, record := b.Cursor().First()
		changed := append([]byte(nil), record...)
		changed[len(changed)-1] ^= 1
		return b.Put(key, changed)
	}))
	require.NoError(t, bolt.Close())
	_, stderr, code = c.run(t, "audit", "verify")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "entry 1, or the one before it, was changed")
}

func TestTheTrailOfTheRunningShopIsAskedForByCommands(t *testing.T) {
	environ, dir := shopEnviron(t)
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	made := dbtest.Checkout(t, db, 1)
	_, err = db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"K1"}), LoadOptions: shop.LoadOptions{By: sandbox.Olga}})
	require.NoError(t, err)
	openShop(t, cfg, ops.Server{Operator: ops.ClosedShop{DB: db}, AuditTrail: db})
	c := command{environ: environ}
	out := c.mustRun(t, "audit", "verify")
	require.Contains(t, out, "1 audit entry")
	out = c.mustRun(t, "audit", "list")
	require.Contains(t, out, "stock_added by=")
	out = c.mustRun(t, "audit", "list", string(made[0].ID))
	require.Empty(t, out, "nothing of it has moved")
}
