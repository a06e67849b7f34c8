package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/dbtest"
)

func TestAnEncryptedBackupIsMadeListedAndRestoredByCommands(t *testing.T) {
	environ, dir := shopEnviron(t)
	key := filepath.Join(t.TempDir(), "backup.key")
	out := command{environ: environ}.mustRun(t, "backup-key", key)
	require.Regexp(t, `^SHOPBOT_BACKUP_RECIPIENT=age1[a-z0-9]+\n$`, out)
	before, err := os.ReadFile(key)
	require.NoError(t, err)
	_, stderr, code := command{environ: environ}.run(t, "backup-key", key)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "is there already")
	after, err := os.ReadFile(key)
	require.NoError(t, err)
	require.Equal(t, before, after)

	_, stderr, code = command{environ: environ}.run(t, "backup")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "SHOPBOT_BACKUP_TO: not set")
	to := t.TempDir()
	c := command{environ: append(environ, strings.TrimSpace(out), "SHOPBOT_BACKUP_TO="+to)}
	mustFill(t, filepath.Join(dir, "shop.db"), 3)
	out = c.mustRun(t, "backup")
	require.Regexp(t, `^backed up \S+shop.db to shop-\d+T\d+Z\.db\.zst\.age in `+to+`: \d+ bytes\n$`, out)
	names := c.mustRun(t, "backup", "--list")
	require.Contains(t, out, strings.TrimSpace(names))

	require.NoError(t, os.Remove(filepath.Join(dir, "shop.db")))
	_, stderr, code = c.run(t, "restore", to)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "it is encrypted: name the file with its secret key by --identity FILE")
	require.Equal(t, 1, strings.Count(stderr, "\n"))
	onlyFiles(t, dir)
	out = c.mustRun(t, "restore", to, "--identity", key)
	require.Contains(t, out, "3 orders")
	require.Len(t, ordersIn(t, filepath.Join(dir, "shop.db")), 3)
}

func TestTheChatIsTheRunningShopsPlace(t *testing.T) {
	environ, dir := shopEnviron(t)
	out := command{environ: environ}.mustRun(t, "backup-key", filepath.Join(t.TempDir(), "key"))
	mustFill(t, filepath.Join(dir, "shop.db"), 1)
	c := command{environ: append(environ, strings.TrimSpace(out), "SHOPBOT_BACKUP_TO=chat")}
	_, stderr, code := c.run(t, "backup")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "only the running shop sends backups to the chat")
}

func TestFaultsOfBackupSettingsNameTheirRemedy(t *testing.T) {
	environ, _ := shopEnviron(t)
	for settings, remedy := range map[string]string{
		"TO=s3://copies":                      "SHOPBOT_BACKUP_RECIPIENT: required",
		"TO=chat":                             "SHOPBOT_BACKUP_RECIPIENT: required",
		"TO=ftp://host/x":                     "SHOPBOT_BACKUP_TO: places of the kind ftp: are not known",
		"TO=s3://":                            "SHOPBOT_BACKUP_TO: want s3://BUCKET/PREFIX",
		"EVERY=1s":                            "SHOPBOT_BACKUP_EVERY: 1s is not within its limits",
		"KEEP=0":                              "SHOPBOT_BACKUP_KEEP: want at least 1",
		"RECIPIENT=alice":                     `SHOPBOT_BACKUP_RECIPIENT: "alice" is not a public key of age`,
		"RECIPIENT=AGE-SECRET-KEY-1QQQQQQQQQ": "SHOPBOT_BACKUP_RECIPIENT: that is a secret key",
		"S3_ENDPOINT=bucket.example.com":      "SHOPBOT_BACKUP_S3_ENDPOINT: want the address",
	} {
		_, stderr, code := command{environ: append(environ, "SHOPBOT_BACKUP_"+settings)}.run(t, "backup", "x.db")
		require.Equal(t, exitUsage, code, settings)
		require.Contains(t, stderr, remedy)
		require.NotContains(t, stderr, "QQQQ")
	}
}

func TestCompactAsksForAStoppedShop(t *testing.T) {
	environ, dir := shopEnviron(t)
	c := command{environ: environ}
	_, stderr, code := c.run(t, "compact")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")
	mustFill(t, filepath.Join(dir, "shop.db"), 3)
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	_, stderr, code = c.run(t, "compact")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "in use by another process: stop the other shopbot")
	require.NoError(t, db.Close())
	out := c.mustRun(t, "compact")
	require.Regexp(t, `^compacted \S+shop.db: from \d+ to \d+ bytes\n$`, out)
	require.Len(t, ordersIn(t, filepath.Join(dir, "shop.db")), 3)
	onlyFiles(t, dir, "shop.db")
}

func TestALongCopyShowsItsProgressOnATerminal(t *testing.T) {
	var shown strings.Builder
	p := &copyProgress{to: &shown, total: 3 << 20, begun: time.Now().Add(-2 * progressAfter)}
	_, err := p.count(io.Discard).Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.Equal(t, "\r\033[Kcopied 1 of 3 MB…", shown.String())
	p.end()
	require.True(t, strings.HasSuffix(shown.String(), "\r\033[K"))

	shown.Reset()
	p = &copyProgress{to: &shown, total: 3 << 20, begun: time.Now()}
	_, err = p.count(io.Discard).Write(make([]byte, 1<<20))
	require.NoError(t, err)
	p.end()
	require.Empty(t, shown.String(), "a quick one shows nothing")
}
