package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
)

// nobody is a user who may only read what everybody may.
const nobody = 65534

// surroundings are a shop's directory, and what is around it.
type surroundings struct {
	t      *testing.T
	binary string
	dir    string
	env    map[string]string // without the prefix
	taken  string            // an address at which another program listens
}

func (s *surroundings) path(name string) string { return filepath.Join(s.dir, name) }

func (s *surroundings) write(name, content string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.path(name), []byte(content), 0o644))
}

func (s *surroundings) mode(name string, mode fs.FileMode) {
	s.t.Helper()
	require.NoError(s.t, os.Chmod(s.path(name), mode))
}

// shopbot is a command of the real program. It returns what the command wrote, and its exit code.
func (s *surroundings) shopbot(asNobody bool, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	return s.run(asNobody, s.binary, args...)
}

// run runs a program, and ends one that goes on although something is wrong.
func (s *surroundings) run(asNobody bool, program string, args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.t.Context(), 15*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second
	var out, trouble bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Stdin = s.dir, &out, &trouble, strings.NewReader("K1\nK2\n")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, "SHOPBOT_"+name+"="+value)
	}
	if asNobody && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	err := cmd.Run()
	if !errors.As(err, new(*exec.ExitError)) || ctx.Err() != nil {
		require.NoError(s.t, err, "%s %s", out.String(), trouble.String())
	}
	return out.String(), trouble.String(), cmd.ProcessState.ExitCode()
}

// sell fills the shop's database.
func (s *surroundings) sell() {
	s.t.Helper()
	_, stderr, code := s.shopbot(false, "stock", "add", "vpn")
	require.Zero(s.t, code, stderr)
}

// layout gives the database another number of its layout.
func (s *surroundings) layout(number string) {
	s.t.Helper()
	s.sell()
	db, err := bbolt.Open(s.path("shop.db"), 0o600, nil)
	require.NoError(s.t, err)
	require.NoError(s.t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte(number)) }))
	require.NoError(s.t, db.Close())
}

// sealed makes a backup that is encrypted.
func (s *surroundings) sealed() {
	s.t.Helper()
	s.sell()
	out, stderr, code := s.shopbot(false, "backup-key", s.path("key"))
	require.Zero(s.t, code, stderr)
	_, s.env["BACKUP_RECIPIENT"], _ = strings.Cut(strings.TrimSpace(out), "=")
	require.NoError(s.t, os.Mkdir(s.path("copies"), 0o755)) //nolint:gosec // a shop of another user writes there
	s.env["BACKUP_TO"] = s.path("copies")
	_, stderr, code = s.shopbot(false, "backup")
	require.Zero(s.t, code, stderr)
}

// files are all that is in the directory: modes and contents.
func (s *surroundings) files() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	require.NoError(s.t, filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path) //nolint:gosec // the test's own directory
			if err != nil {
				return err
			}
			found[path] += fmt.Sprintf(" %x", sha256.Sum256(content))
		}
		return nil
	}))
	return found
}

// misfit is something that is wrong around a shop.
type misfit struct {
	name   string
	spoil  func(s *surroundings)
	args   []string
	code   int
	remedy string // a part of the one line
	nobody bool   // the command runs as another user
	opens  bool   // the database was opened before, and holds what a start leaves there
}

const (
	failed = 1
	misuse = 2
)

func misfits() []misfit {
	run := []string{"run"}
	set := func(name, value string) func(*surroundings) {
		return func(s *surroundings) { s.env[name] = value }
	}
	return []misfit{
		// Files.
		{name: "no catalog", spoil: func(s *surroundings) { require.NoError(s.t, os.Remove(s.path("catalog.yaml"))) }, args: run, code: misuse, remedy: "run the command in the shop's directory, or write the whole path of the catalog file"},
		{name: "a wrong catalog", spoil: func(s *surroundings) {
			s.write("catalog.yaml", strings.Replace(testenv.Catalog, `price: "5.00"`, `price: cheap`, 1))
		}, args: run, code: misuse, remedy: "catalog.yaml:"},
		{name: "goods that are not there", spoil: func(s *surroundings) { require.NoError(s.t, os.Remove(s.path("album.zip"))) }, args: run, code: misuse, remedy: "album.zip"},
		{name: "no settings", args: []string{"run", "--env-file", "missing.env"}, code: misuse, remedy: "--env-file: open missing.env: no such file"},
		{name: "wrong settings", spoil: func(s *surroundings) { s.write("shop.env", "SHOPBOT_INVOICE_TL=30m\n") }, args: []string{"run", "--env-file", "shop.env"}, code: misuse, remedy: "did you mean SHOPBOT_INVOICE_TTL?"},
		{name: "no file with the token", spoil: func(s *surroundings) {
			delete(s.env, "TELEGRAM_TOKEN")
			s.env["TELEGRAM_TOKEN_FILE"] = "/nowhere"
		}, args: run, code: misuse, remedy: "SHOPBOT_TELEGRAM_TOKEN_FILE: open /nowhere"},
		{name: "no certificate", spoil: func(s *surroundings) {
			s.env["TLS"], s.env["PUBLIC_URL"], s.env["TLS_CERT"], s.env["TLS_KEY"] = "files", "https://shop.example.com", "/nowhere.crt", "/nowhere.key"
		}, args: run, code: misuse, remedy: "SHOPBOT_TLS_CERT: open /nowhere.crt: no such file or directory; write the path of a PEM file"},
		{name: "no texts", spoil: set("TEXTS", "/nowhere"), args: run, code: misuse, remedy: "SHOPBOT_TEXTS: open /nowhere: no such file or directory; write the path of the directory with the texts"},
		{name: "a file that is no database", spoil: func(s *surroundings) { s.write("shop.db", strings.Repeat("my diary\n", 1000)) }, args: run, code: failed, remedy: "not a shopbot database: "},
		{name: "an empty database", spoil: func(s *surroundings) { s.write("shop.db", "") }, args: run, code: failed, remedy: "remove it if this is to be a new shop"},
		{name: "a database cut off", spoil: func(s *surroundings) {
			s.sell()
			require.NoError(s.t, os.Truncate(s.path("shop.db"), 5*4096))
		}, args: run, code: failed, remedy: "restore a backup"},
		{name: "a directory in the place of the database", spoil: set("DATABASE", "."), args: run, code: failed, remedy: "name a file in it"},
		{name: "a database in no directory", spoil: set("DATABASE", "/nowhere/shop.db"), args: run, code: failed, remedy: "make the directory /nowhere first"},
		{name: "a file that is no backup", spoil: func(s *surroundings) { s.sell() }, args: []string{"restore", "catalog.yaml"}, code: failed, remedy: "not a shopbot database"},
		{name: "a backup that is not there", spoil: func(s *surroundings) { s.sell() }, args: []string{"restore", "missing.db"}, code: failed, remedy: "missing.db"},
		{name: "a backup in the place of something", spoil: func(s *surroundings) { s.sell() }, args: []string{"backup", "album.zip"}, code: failed, remedy: "that is a file that the shop itself runs on; name another one"},
		{name: "a backup in the place of the shop", spoil: func(s *surroundings) { s.sell() }, args: []string{"backup", "--force", "shop.db"}, code: failed, remedy: "name another one"},
		{name: "no place for backups", spoil: func(s *surroundings) {
			s.sell()
			s.env["BACKUP_TO"] = "/nowhere"
		}, args: []string{"backup"}, code: failed, remedy: "make the directory /nowhere first"},
		{name: "a shop that is there", spoil: func(s *surroundings) {
			require.NoError(s.t, os.Mkdir(s.path("shop"), 0o700))
			s.write("shop/catalog.yaml", "mine")
		}, args: []string{"init", "shop", "--yes"}, code: failed, remedy: "name another directory, or move it away"},

		// Modes.
		{name: "a database of another user", spoil: func(s *surroundings) { s.sell() }, args: run, nobody: true, code: failed, remedy: "let this user read and write the file and its directory"},
		{name: "a directory of another user", spoil: func(s *surroundings) { s.mode(".", 0o755) }, args: run, nobody: true, code: failed, remedy: "let this user read and write the file and its directory"},
		{name: "settings of another user", spoil: func(s *surroundings) {
			s.write("shop.env", "")
			s.mode("shop.env", 0)
		}, args: []string{"run", "--env-file", "shop.env"}, nobody: true, code: misuse, remedy: "--env-file: open shop.env: permission denied"},
		{name: "a token of another user", spoil: func(s *surroundings) {
			s.write("token", botToken)
			s.mode("token", 0)
			delete(s.env, "TELEGRAM_TOKEN")
			s.env["TELEGRAM_TOKEN_FILE"] = "token"
		}, args: run, nobody: true, code: misuse, remedy: "SHOPBOT_TELEGRAM_TOKEN_FILE: open token: permission denied"},
		{name: "a catalog of another user", spoil: func(s *surroundings) { s.mode("catalog.yaml", 0) }, args: run, nobody: true, code: misuse, remedy: "SHOPBOT_CATALOG: open catalog.yaml: permission denied; let the shop's user read it"},
		{name: "a directory for a shop of another user", args: []string{"init", "shop", "--yes"}, nobody: true, code: failed, remedy: "name a directory in which you may write"},

		// Tokens.
		{name: "a malformed token", spoil: set("TELEGRAM_TOKEN", "hidden-word"), args: run, code: misuse, remedy: "SHOPBOT_TELEGRAM_TOKEN: not of the form"},
		{name: "a token for the other network", args: []string{"init", "shop", "--yes", "--mainnet"}, code: misuse, remedy: "set SHOPBOT_CRYPTOPAY_NETWORK to the other network"},
		{name: "a service that is away", spoil: set("TELEGRAM_API_URL", "http://127.0.0.1:1"), args: []string{"init", "shop", "--yes"}, code: failed, remedy: "see that http://127.0.0.1:1 can be reached from here"},

		// Ports and sockets.
		{name: "the port is in use", spoil: func(s *surroundings) { s.sell(); s.env["LISTEN"] = s.taken }, args: run, opens: true, code: failed, remedy: "SHOPBOT_LISTEN: listen tcp "},
		{name: "the port of a new shop is in use", spoil: func(s *surroundings) { s.env["LISTEN"] = s.taken }, args: run, code: failed, remedy: "SHOPBOT_LISTEN: listen tcp "},
		{name: "the private port of a new shop is in use", spoil: func(s *surroundings) { s.env["OPS_LISTEN"] = s.taken }, args: run, code: failed, remedy: "SHOPBOT_OPS_LISTEN: listen tcp "},
		{name: "the private port is in use", spoil: func(s *surroundings) { s.sell(); s.env["OPS_LISTEN"] = s.taken }, args: run, opens: true, code: failed, remedy: "another program has this port; stop it, or write another port"},
		{name: "an address of another machine", spoil: func(s *surroundings) { s.sell(); s.env["LISTEN"] = "192.0.2.1:8080" }, args: run, opens: true, code: failed, remedy: "write HOST:PORT of this machine"},
		{name: "the demo's port is in use", args: nil, code: failed, remedy: "address already in use"}, // its arguments are of the test

		// Layouts.
		{name: "an older layout", spoil: func(s *surroundings) { s.layout("\x00\x00\x00\x06") }, args: run, code: failed, remedy: "start the version that wrote it, or begin with a new file"},
		{name: "a newer layout", spoil: func(s *surroundings) { s.layout("2") }, args: run, code: failed, remedy: "it has schema \"2\" and this program knows schema 1: start the version that wrote it"},
		{name: "stock of a newer layout", spoil: func(s *surroundings) { s.layout("2") }, args: []string{"stock", "list"}, code: failed, remedy: "start the version that wrote it"},
		{name: "a backup of a newer layout", spoil: func(s *surroundings) {
			s.layout("2")
			require.NoError(s.t, os.Rename(s.path("shop.db"), s.path("newer.db")))
			s.sell()
		}, args: []string{"restore", "newer.db"}, code: failed, remedy: "restore it with the version that wrote it"},

		// Keys and places of backups.
		{name: "a malformed recipient", spoil: set("BACKUP_RECIPIENT", "age1olga"), args: run, code: misuse, remedy: "is not a public key of age; write one such as age1…"},
		{name: "a secret key as recipient", spoil: set("BACKUP_RECIPIENT", "AGE-SECRET-KEY-1HIDDEN"), args: run, code: misuse, remedy: "that is a secret key; write the public key that belongs to it"},
		{name: "no recipient", spoil: set("BACKUP_TO", "chat"), args: run, code: misuse, remedy: "SHOPBOT_BACKUP_RECIPIENT: required"},
		{name: "another's key", spoil: func(s *surroundings) {
			s.sealed()
			_, stderr, code := s.shopbot(false, "backup-key", s.path("other"))
			require.Zero(s.t, code, stderr)
		}, args: []string{"restore", "--identity", "other", "copies"}, code: failed, remedy: "take the file whose public key is the SHOPBOT_BACKUP_RECIPIENT of that time"},
		{name: "no key", spoil: func(s *surroundings) { s.sealed() }, args: []string{"restore", "copies"}, code: failed, remedy: "name the file with its secret key by --identity FILE"},
		{name: "a bucket that refuses", spoil: func(s *surroundings) {
			s.sealed()
			s.env["BACKUP_TO"], s.env["BACKUP_S3_ENDPOINT"] = "s3://shop", refusingBucket(s.t)
			s.env["BACKUP_S3_KEY"], s.env["BACKUP_S3_SECRET"] = "key", "hidden-word"
		}, args: []string{"backup"}, code: failed, remedy: "AccessDenied: let this key list, read, write and delete in the bucket"},
		{name: "a bucket that is away", spoil: func(s *surroundings) {
			s.sealed()
			s.env["BACKUP_TO"], s.env["BACKUP_S3_ENDPOINT"] = "s3://shop", "http://127.0.0.1:1"
			s.env["BACKUP_S3_KEY"], s.env["BACKUP_S3_SECRET"] = "key", "hidden-word"
		}, args: []string{"backup"}, code: failed, remedy: "127.0.0.1:1"},
		{name: "a bucket without a key", spoil: func(s *surroundings) {
			s.sealed()
			s.env["BACKUP_TO"], s.env["BACKUP_S3_SECRET"] = "s3://shop", "hidden-word"
		}, args: []string{"backup"}, code: misuse, remedy: "SHOPBOT_BACKUP_S3_KEY: required"},

		// PostgreSQL.
		{name: "an address of another database", spoil: set("DATABASE", "mysql://db/shop"), args: run, code: misuse, remedy: "write the path of a file, such as shopbot.db, or an address such as postgres://"},
		{name: "an address with a wrong password", spoil: set("DATABASE", "postgres://shop:hidden/word@db/shop"), args: run, code: misuse, remedy: "write postgres://USER:PASSWORD@HOST:5432/DATABASE"},
		{name: "no server", spoil: set("DATABASE", "postgres://shop:hidden-word@127.0.0.1:1/shop"), args: run, code: failed, remedy: "see that the server runs there"},
	}
}

// refusingBucket is a bucket's service that lets nobody in.
func refusingBucket(t *testing.T) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newSurroundings is a shop for which everything is right, and can be reached by everybody.
func newSurroundings(t *testing.T, binary, services, taken string) *surroundings {
	t.Helper()
	s := &surroundings{t: t, binary: binary, dir: t.TempDir(), taken: taken, env: map[string]string{
		"TELEGRAM_TOKEN": botToken, "TELEGRAM_API_URL": services + "/telegram", "CRYPTOPAY_TOKEN": appToken, "CRYPTOPAY_API_URL": services + "/cryptopay",
		"LISTEN": "127.0.0.1:0", "OPS_LISTEN": "127.0.0.1:0",
	}}
	require.NoError(t, os.Chmod(filepath.Dir(s.dir), 0o755)) //nolint:gosec // a shop of another user goes through it
	s.write("catalog.yaml", testenv.Catalog)
	s.write("album.zip", "PK pictures")
	return s
}

// nameFiles sets what init makes.
func (s *surroundings) nameFiles() {
	s.env["CATALOG"] = "catalog.yaml"
	if s.env["DATABASE"] == "" {
		s.env["DATABASE"] = "shop.db"
	}
}

func TestWhateverIsWrongIsToldInOneLineWithTheRemedyAndChangesNothing(t *testing.T) {
	t.Parallel() // it takes long
	binary := testenv.BuildShop(t)
	require.NoError(t, os.Chmod(filepath.Dir(binary), 0o755))               //nolint:gosec // nobody runs it
	require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(binary)), 0o755)) //nolint:gosec // as above
	world := sandbox.New(sandbox.Options{Testnet: true})
	services := httptest.NewServer(world.Handler())
	t.Cleanup(func() {
		world.Close()
		services.Close()
	})
	other, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close() })
	for _, m := range misfits() {
		t.Run(m.name, func(t *testing.T) {
			s := newSurroundings(t, binary, services.URL, other.Addr().String())
			if m.args == nil {
				m.args = []string{"demo", "--listen", s.taken}
			}
			if m.args[0] != "init" {
				s.nameFiles()
			}
			if m.spoil != nil {
				m.spoil(s)
			}
			before := s.files()
			stdout, stderr, code := s.shopbot(m.nobody, m.args...)
			require.Equal(t, m.code, code, stderr)
			requireOneLine(t, stderr, m.remedy)
			for _, secret := range []string{botToken[5:], appToken[5:], "hidden", "AGE-SECRET"} {
				require.NotContains(t, stdout+stderr, secret)
			}
			after := s.files()
			if m.opens {
				delete(before, s.path("shop.db"))
				delete(after, s.path("shop.db"))
				out, stderr, code := s.shopbot(false, "check", "--database")
				require.Zero(t, code, stderr)
				require.Contains(t, out, "is sound: 0 orders, units of stock: 2 free")
			}
			require.Equal(t, before, after)
		})
	}
}

// requireOneLine makes sure that a command said what is wrong once; run writes its log beside it.
func requireOneLine(t *testing.T, stderr, remedy string) {
	t.Helper()
	var said []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "time=") {
			said = append(said, line)
		}
	}
	require.Len(t, said, 1, stderr)
	require.Contains(t, said[0], "shopbot: ")
	require.Contains(t, said[0], remedy)
}

// A full disk is a small file system in memory, which only this process sees.
func TestAFullDiskIsToldInOneLineAndLeavesNoHalfOfAnything(t *testing.T) {
	t.Parallel() // it takes long
	const mount = `mount -t tmpfs -o size=4k tmpfs full || exit 99; "$@"; code=$?; ls -A full | sed "s/^/left: /"; exit $code`
	if out, err := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("no small file system can be made here: %v: %s", err, out)
	}
	binary := testenv.BuildShop(t)
	world := sandbox.New(sandbox.Options{Testnet: true})
	services := httptest.NewServer(world.Handler())
	t.Cleanup(func() {
		world.Close()
		services.Close()
	})
	for _, m := range []misfit{
		{name: "a new shop", args: []string{"init", "full/shop", "--yes"}},
		{name: "a new database", spoil: func(s *surroundings) { s.env["DATABASE"] = "full/shop.db" }, args: []string{"run"}, remedy: "make room on its disk"},
		{name: "a copy", spoil: func(s *surroundings) { s.sell() }, args: []string{"backup", "full/copy.db"}},
		{name: "a scheduled copy", spoil: func(s *surroundings) { s.sell(); s.env["BACKUP_TO"] = "full" }, args: []string{"backup"}},
		{name: "a restore", spoil: func(s *surroundings) {
			s.sell()
			require.NoError(s.t, os.Rename(s.path("shop.db"), s.path("copy.db")))
			s.env["DATABASE"] = "full/shop.db"
		}, args: []string{"restore", "copy.db"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			s := newSurroundings(t, binary, services.URL, "")
			if m.args[0] != "init" {
				s.nameFiles()
			}
			if m.spoil != nil {
				m.spoil(s)
			}
			require.NoError(t, os.Mkdir(s.path("full"), 0o700))
			before := s.files()
			inSmall := append([]string{"--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", binary}, m.args...)
			stdout, stderr, code := s.run(false, "unshare", inSmall...)
			require.Equal(t, failed, code, stdout+stderr)
			requireOneLine(t, stderr, "no space left on device")
			require.Contains(t, stderr, m.remedy)
			require.NotContains(t, stdout, "left: ")
			require.Equal(t, before, s.files())
		})
	}
}
