package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/export"
	"shopbot/internal/ops"
	"shopbot/internal/storage/dbtest"
)

func TestExportWritesTheSameTableWithAndWithoutARunningShop(t *testing.T) {
	environ, dir := shopEnviron(t)
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	db := dbtest.Open(t, cfg.Database.Path())
	made := dbtest.Checkout(t, db, 3)
	require.NoError(t, db.Close())
	c := command{environ: environ}
	closed := c.mustRun(t, "export", "orders")
	require.Equal(t, 4, strings.Count(closed, "\r\n"))
	require.True(t, strings.HasPrefix(closed, "\ufefforder,created,state,"), closed)
	require.Contains(t, closed, string(made[2].ID))

	db = dbtest.Open(t, cfg.Database.Path())
	shop := ops.ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: app.NewLogger(t.Output(), cfg)}
	openShop(t, cfg, ops.Server{Operator: shop, Exporter: shop})
	running := c.mustRun(t, "export", "orders")
	require.Equal(t, closed, running)
	out, _, _ := c.run(t, "export", "orders", "--no-bom", "--decimal", ",")
	require.True(t, strings.HasPrefix(out, "order;created;"), "a decimal comma asks for semicolons")
	out, _, _ = c.run(t, "export", "orders", "--separator", "tab", "--no-bom")
	require.True(t, strings.HasPrefix(out, "order\tcreated\t"), out)
	out, _, _ = c.run(t, "export", "orders", "--format", "jsonl", "--since", "2026-11-23T12:01:00Z")
	require.Equal(t, 2, strings.Count(out, "\n"))
	require.NotContains(t, out, string(made[0].ID))
	_, stderr, code := c.run(t, "export", "stock")
	require.Equal(t, exitDone, code)
	require.Contains(t, stderr, "holds the goods themselves")

	file := filepath.Join(dir, "orders.csv")
	out = c.mustRun(t, "export", "orders", "--out", file)
	require.Empty(t, out)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, closed, string(written))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, stderr, code = c.run(t, "export", "orders", "--out", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "is there already; name another file")
	_, stderr, _ = c.run(t, "export", "orders", "--out", filepath.Join(dir, "none", "orders.csv"))
	require.Contains(t, stderr, "make the directory")
}

func TestExportSaysWhatItDidNotUnderstand(t *testing.T) {
	environ, _ := shopEnviron(t)
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	require.NoError(t, dbtest.Open(t, cfg.Database.Path()).Close())
	for want, args := range map[string][]string{
		"must be one of":           {"orderz"},
		"--since: \"soon\"":        {"orders", "--since", "soon"},
		"--until: \"soon\"":        {"orders", "--until", "soon"},
		"there is no time between": {"orders", "--since", "2026-11-23", "--until", "2026-11-22"},
		"takes no time":            {"stock", "--since", "24h"},
		"--separator: \"|\"":       {"orders", "--separator", "|"},
		"--decimal: \"'\"":         {"orders", "--decimal", "'"},
		"--format must be one of":  {"orders", "--format", "xlsx"},
		"expected \"<what>\"":      {},
	} {
		_, stderr, code := command{environ: environ}.run(t, append([]string{"export"}, args...)...)
		require.Equal(t, exitUsage, code, args)
		require.Contains(t, stderr, want)
	}
}

func TestADayOfAnExportIsOneOfTheShopsZoneAndTheLastOneIsIncluded(t *testing.T) {
	tashkent, err := time.LoadLocation("Asia/Tashkent")
	require.NoError(t, err)
	r, err := (&exportCommand{What: "orders", Since: "2026-11-01", Until: "2026-11-30"}).request(time.Now(), tashkent)
	require.NoError(t, err)
	require.Equal(t, "2026-10-31T19:00:00Z", r.Since.UTC().Format(time.RFC3339))
	require.Equal(t, "2026-11-30T19:00:00Z", r.Until.UTC().Format(time.RFC3339))
	r, err = (&exportCommand{What: "orders", Until: "2026-11-30T12:00:00Z"}).request(time.Now(), tashkent)
	require.NoError(t, err)
	require.Equal(t, "2026-11-30T12:00:00Z", r.Until.UTC().Format(time.RFC3339), "a time is no day")
	require.Equal(t, export.Orders, r.What)
}

func TestProgressIsShownToAPersonAlone(t *testing.T) {
	var shown bytes.Buffer
	p := &progress{to: io.Discard, shown: &shown, on: true}
	_, err := io.WriteString(p, "a\nb\n")
	require.NoError(t, err)
	p.end()
	require.Contains(t, shown.String(), "2 lines, 0.0 MB")
	shown.Reset()
	p = &progress{to: io.Discard, shown: &shown}
	_, err = io.WriteString(p, "a\n")
	require.NoError(t, err)
	p.end()
	require.Empty(t, shown.String())
}
