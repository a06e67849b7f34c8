package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	sandboxtelegram "shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage/dbtest"
)

// TestMain lets the scripts call this program as "shopbot".
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"shopbot": main}) }

func TestTheCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

// complete is the least that a shop can be configured with, and more.
func complete(more ...string) []string {
	return append([]string{"SHOPBOT_TELEGRAM_TOKEN=" + testenv.BotToken, "SHOPBOT_CRYPTOPAY_TOKEN=" + testenv.AppToken}, more...)
}

// openShop serves the commands of a running shop.
func openShop(t *testing.T, cfg config.Config, shop ops.Server) {
	t.Helper()
	l, err := ops.ListenSocket(t.Context(), ops.SocketPath(cfg.Database.Path()))
	require.NoError(t, err)
	shop.Metrics = http.NotFoundHandler()
	if closed, ok := shop.Operator.(ops.ClosedShop); ok {
		shop.Catalog = closed
	}
	server := &http.Server{Handler: shop.Commands(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { require.NoError(t, server.Close()) })
}

// command is one call of the program within the test.
type command struct {
	environ   []string
	stdin     string
	terminal  bool
	transport http.RoundTripper // nil: the network
}

// commandIn is a command in the environment of a whole shop.
func commandIn(env *testenv.Env) command {
	return command{environ: env.Environ, transport: env.Network.Transport()}
}

func (c command) run(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, trouble strings.Builder
	code = execute(t.Context(), args, &console{
		environ: c.environ, stdin: strings.NewReader(c.stdin), terminal: c.terminal, stdout: &out, stderr: &trouble, sys: app.System{Transport: c.transport},
	})
	return out.String(), trouble.String(), code
}

// shopEnviron is a complete configuration within a directory of its own.
func shopEnviron(t *testing.T) (environ []string, dir string) {
	t.Helper()
	dir = t.TempDir()
	testenv.WriteShopFiles(t, dir)
	return complete("SHOPBOT_CATALOG="+filepath.Join(dir, "catalog.yaml"), "SHOPBOT_DATABASE="+filepath.Join(dir, "shop.db"), "SHOPBOT_OPS_LISTEN=127.0.0.1:1",
		"SHOPBOT_ADMINS=1"), dir
}

func TestStockOfACatalogThatIsNotThereMakesNoDatabase(t *testing.T) {
	environ, dir := shopEnviron(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "catalog.yaml")))
	_, stderr, code := command{environ: environ, stdin: "K1\n"}.run(t, "stock", "add", "vpn")
	require.NotEqual(t, exitDone, code)
	require.Contains(t, stderr, "catalog.yaml")
	require.NoFileExists(t, filepath.Join(dir, "shop.db"))

	environ, dir = shopEnviron(t)
	_, stderr, _ = command{environ: environ, stdin: "K1\n"}.run(t, "stock", "add", "vpm")
	require.Contains(t, stderr, `no such product: "vpm"; did you mean vpn?`)
	require.NoFileExists(t, filepath.Join(dir, "shop.db"))
}

func TestStockIsLoadedIntoAClosedShop(t *testing.T) {
	environ, _ := shopEnviron(t)
	c := command{environ: environ, stdin: "K1\nK2\n\nK1\n"}
	_, stderr, code := c.run(t, "stock", "list")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")

	out, _, code := c.run(t, "stock", "add", "VPN")
	require.Equal(t, exitDone, code)
	require.Equal(t, "added 2, skipped 1 duplicate\nbatch 1; 'shopbot stock undo vpn 1' takes back what is unsold of it\n", out)
	out, _, _ = c.run(t, "stock", "add", "vpn", "-")
	require.Equal(t, "added 0, skipped 3 duplicates\n", out)
	out, _, _ = c.run(t, "stock", "list")
	require.Equal(t, "  FREE  RESERVED  SOLD  SKU  LEVEL  TITLE\n     2         0     0  vpn  low    VPN <30> days\n", firstLines(out, 2))

	for want, args := range map[string][]string{
		`no such product: "nope"`: {"stock", "add", "nope"},
		"not sold by keys":        {"stock", "add", "guide"},
		"no such file":            {"stock", "add", "vpn", "missing.txt"},
		`did you mean vpn?`:       {"stock", "list", "vpnn"},
	} {
		_, stderr, code := c.run(t, args...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, want)
	}
}

// firstLines are the first n lines of an output.
func firstLines(out string, n int) string {
	return strings.Join(strings.SplitAfter(out, "\n")[:n], "")
}

func TestTheCommandsWorkOnTheRunningShop(t *testing.T) {
	environ, _ := shopEnviron(t)
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	db := dbtest.Open(t, cfg.Database.Path())
	made := dbtest.Checkout(t, db, 3)
	closed := ops.ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: app.NewLogger(t.Output(), cfg)}
	openShop(t, cfg, ops.Server{Operator: closed, Exporter: closed})
	c := command{environ: environ, stdin: "K1\n"}

	out, stderr, _ := c.run(t, "stock", "add", "vpn")
	require.Equal(t, "added 1, skipped 0 duplicates\n", firstLines(out, 1), stderr)
	_, stderr, code := c.run(t, "stock", "add", "guide")
	require.Equal(t, exitFailed, code)
	require.Equal(t, "shopbot: guide: the product is not sold by keys\n", stderr)
	out, _, _ = c.run(t, "stock", "list", "vpn")
	require.Contains(t, out, "vpn")
	out, _, _ = c.run(t, "orders", "--since", "2026-11-23T12:01:00Z", "--status", "new", "--csv")
	require.Equal(t, 3, strings.Count(out, "\r\n"))
	require.NotContains(t, out, string(made[0].ID))
	out, _, code = c.run(t, "check", "--offline")
	require.Equal(t, exitDone, code)
	require.Contains(t, out, "is open in the running shop")
	require.Contains(t, out, "The shop is running")
	require.NotContains(t, out, "ready to run")
}

func TestCheckFollowsALinkToADatabaseThatIsNotThereYet(t *testing.T) {
	environ, dir := shopEnviron(t)
	c := command{environ: environ}
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Symlink(filepath.Join(data, "shop.db"), filepath.Join(dir, "shop.db")))
	out, _, code := c.run(t, "check", "--offline")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "make the directory "+data)
	require.NoError(t, os.Mkdir(data, 0o700))
	out, _, code = c.run(t, "check", "--offline")
	require.Equal(t, exitDone, code, out)

	copied := filepath.Join(data, "shop.db.rescued-20260101T000000.000Z")
	require.NoError(t, os.WriteFile(copied, nil, 0o600))
	out, _, code = c.run(t, "check", "--offline")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "shopbot restore "+copied, "as run would say")
}

func TestAMissingEnvFileIsTheOnlyFaultThatIsTold(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "shopbot.env")
	_, stderr, code := command{}.run(t, "run", "--env-file", missing)
	require.Equal(t, exitUsage, code)
	require.Equal(t, "shopbot: --env-file: open "+missing+": no such file or directory\n", stderr)
	out, _, code := command{}.run(t, "check", "--env-file", missing)
	require.Equal(t, exitFailed, code, "what check finds is a result, not a wrong usage")
	require.Equal(t, 1, strings.Count(out, "fail "), out)
}

func TestWhenAnotherProcessHasTheDatabaseTheRefusalNamesIt(t *testing.T) {
	environ, dir := shopEnviron(t)
	dbtest.Open(t, filepath.Join(dir, "shop.db"))
	_, stderr, code := command{environ: environ}.run(t, "orders")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, filepath.Join(dir, "shop.db"))
	require.Contains(t, stderr, "in use by another process")
	require.Contains(t, stderr, "no shop answers commands at "+filepath.Join(dir, "shop.db.sock"))
}

// longList is a shop with so many pages of orders; the last one is not full.
type longList struct {
	ops.Operator
	pages int
}

func (l longList) Orders(_ context.Context, f shop.Filter) ([]shop.Order, error) {
	page := 0
	if f.After != "" {
		page, _ = strconv.Atoi(string(f.After))
	}
	page++
	orders := make([]shop.Order, f.Limit)
	for i := range orders {
		orders[i].ID = shop.OrderID(strconv.Itoa(page))
	}
	if page == l.pages {
		orders = orders[1:]
	}
	return orders, nil
}

func TestLongListsOfOrdersComePageByPage(t *testing.T) {
	environ, dir := shopEnviron(t)
	dbtest.Open(t, filepath.Join(dir, "shop.db"))
	cfg, err := config.Load(environ, "")
	require.NoError(t, err)
	openShop(t, cfg, ops.Server{Operator: longList{pages: 3}})
	out, stderr, code := command{environ: environ}.run(t, "orders")
	require.Equal(t, exitDone, code, stderr)
	require.Equal(t, 1+3*ops.OrdersPage-1, strings.Count(out, "\n"))
}

func TestCheckGoesThroughAllThatAShopNeeds(t *testing.T) {
	world := sandbox.New(sandbox.Options{})
	defer world.Close()
	server := httptest.NewServer(world.Handler())
	defer server.Close()
	environ, dir := shopEnviron(t)
	c := command{environ: append([]string{
		"SHOPBOT_TELEGRAM_API_URL=" + server.URL + "/telegram", "SHOPBOT_CRYPTOPAY_API_URL=" + server.URL + "/cryptopay",
	}, environ...)}
	subjects := func(out string) (lines []string) {
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); len(f) > 1 && f[1] != "disk" { // which is the test machine's
				lines = append(lines, f[0]+" "+f[1])
			}
		}
		return lines
	}

	world.Telegram().AddUser(sandboxtelegram.User{ID: 1, FirstName: "Owner"})
	require.NoError(t, world.Telegram().Say(testenv.BotToken, 1, "/start"))
	out, stderr, code := c.run(t, "check")
	require.Equal(t, exitDone, code, out+stderr)
	require.Equal(t, []string{
		"ok configuration", "ok catalog", "ok database", "ok telegram", "ok owners", "ok crypto", "ok webhook", "ok transfers", "ok balance", "ok currencies", "ok clock", "The shop",
	}, subjects(out))
	require.NoFileExists(t, filepath.Join(dir, "shop.db"), "nothing is changed")

	dbtest.Open(t, filepath.Join(dir, "shop.db"))
	out, stderr, code = c.run(t, "check", "--offline")
	require.Equal(t, exitFailed, code)
	require.Equal(t, []string{"ok configuration", "ok catalog", "fail database"}, subjects(out))
	require.Regexp(t, `^shopbot: 1 of \d checks failed`, stderr)
}

func TestCheckWarnsOfWhatWouldSurpriseLater(t *testing.T) {
	world := sandbox.New(sandbox.Options{})
	defer world.Close()
	server := httptest.NewServer(world.Handler())
	defer server.Close()
	world.CryptoPay().SetTransfersEnabled(testenv.AppToken, false)
	environ, _ := shopEnviron(t)
	c := command{environ: append([]string{
		"SHOPBOT_TELEGRAM_API_URL=" + server.URL + "/telegram", "SHOPBOT_CRYPTOPAY_API_URL=" + server.URL + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_NETWORK=testnet", "SHOPBOT_OPS_LISTEN=0.0.0.0:1",
	}, environ...)}
	out, stderr, code := c.run(t, "check")
	require.Equal(t, exitDone, code, out+stderr)
	require.Regexp(t, `(?m)^warn  configuration  SHOPBOT_OPS_LISTEN=0\.0\.0\.0:1 can be reached`, out)
	require.Regexp(t, `(?m)^warn  crypto pay     SHOPBOT_CRYPTOPAY_NETWORK=testnet, but .* is the API of @CryptoBot`, out)
	require.Regexp(t, `(?m)^warn  transfers      disabled, so refunds will fail; enable them`, out)
	require.Regexp(t, `(?m)^warn  owners         the bot cannot write to 1 of SHOPBOT_ADMINS, .* press Start`, out)
	require.Len(t, regexp.MustCompile(`(?m)^warn  [^d]`).FindAllString(out, -1), 4, "without that of the test machine's disk: %s", out)
	require.Regexp(t, `see the \d warnings above`, out)
}

func TestCheckTellsHowAShopGetsItsFirstOwner(t *testing.T) {
	environ, dir := shopEnviron(t)
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, "SHOPBOT_ADMINS=") })
	check := func() string {
		out, stderr, code := command{environ: environ}.run(t, "check", "--offline")
		require.Equal(t, exitDone, code, out+stderr)
		return out
	}
	nobody := regexp.MustCompile(`(?m)^warn  configuration  SHOPBOT_ADMINS is empty and the shop has no owner.* 'shopbot run' prints a code`)
	require.Regexp(t, nobody, check(), "before there is a database")
	db := dbtest.Open(t, filepath.Join(dir, "shop.db"))
	require.NoError(t, db.Close())
	require.Regexp(t, nobody, check())

	db = dbtest.Open(t, filepath.Join(dir, "shop.db"))
	staff, err := shop.NewStaff(t.Context(), db, nil)
	require.NoError(t, err)
	require.NoError(t, staff.Claim(t.Context(), 7))
	require.NoError(t, db.Close())
	require.Regexp(t, `(?m)^ok    configuration  SHOPBOT_ADMINS is empty, and owners joined in the chat: 1`, check())
}

func TestCheckSaysWhatToDoAboutATokenThatIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			_, _ = fmt.Fprint(w, `{"ok":false,"error":{"code":401,"name":"UNAUTHORIZED"}}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
	}))
	defer server.Close()
	environ, _ := shopEnviron(t)
	c := command{environ: append([]string{"SHOPBOT_TELEGRAM_API_URL=" + server.URL, "SHOPBOT_CRYPTOPAY_API_URL=" + server.URL}, environ...)}
	out, stderr, code := c.run(t, "check")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "@BotFather")
	require.Contains(t, out, "set SHOPBOT_CRYPTOPAY_NETWORK=testnet")
	for _, token := range []string{testenv.BotToken, testenv.AppToken} {
		require.NotContains(t, out+stderr, token)
	}
}

func TestCheckWalksTheDatabaseOfAStoppedShopAndOfABackup(t *testing.T) {
	environ, dir := shopEnviron(t)
	path := filepath.Join(dir, "shop.db")
	c := command{environ: environ, stdin: "K1\nK2\n"}
	_, stderr, code := c.run(t, "check", "--database")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "there is no database")

	_, stderr, code = c.run(t, "stock", "add", "vpn")
	require.Equal(t, exitDone, code, stderr)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	out, stderr, code := command{environ: []string{"SHOPBOT_DATABASE=" + path}}.run(t, "check", "--database")
	require.Equal(t, exitDone, code, stderr, "the database's path is all that it needs")
	require.Contains(t, out, "is sound: 0 orders, units of stock: 2 free, 0 reserved, 0 sold, 1 audit entry")
	out, _, code = command{}.run(t, "check", "--database", path)
	require.Equal(t, exitDone, code, "a file needs no configuration")
	require.Contains(t, out, "is sound")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing is changed")

	db := dbtest.Open(t, path)
	_, stderr, code = c.run(t, "check", "--database")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "in use by another process")
	require.NoError(t, db.Close())

	bolt, err := bbolt.Open(path, 0, nil)
	require.NoError(t, err)
	require.NoError(t, bolt.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("stock")).Delete([]byte("vpn"))
	}))
	require.NoError(t, bolt.Close())
	out, stderr, code = c.run(t, "check", "--database")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "stock of vpn is counted as")
	require.Contains(t, out, "the audit trail says that 2 units of vpn are there")
	require.Contains(t, stderr, "2 breaches; restore a backup")

	require.NoError(t, os.WriteFile(path, []byte("my diary"), 0o600))
	_, stderr, code = c.run(t, "check", "--database")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "not a shopbot database")
	_, _, code = c.run(t, "check", path)
	require.Equal(t, exitUsage, code)
}

func TestCheckWarnsOfTokensThatOthersCanRead(t *testing.T) {
	environ, dir := shopEnviron(t)
	file := filepath.Join(dir, "shopbot.env")
	require.NoError(t, os.WriteFile(file, []byte("SHOPBOT_LOG_LEVEL=warn\n"), 0o644))
	out, _, _ := command{environ: environ}.run(t, "check", "--offline", "--env-file", file)
	require.Contains(t, out, "chmod 600 "+file)
	require.NoError(t, os.Chmod(file, 0o600))
	out, _, _ = command{environ: environ}.run(t, "check", "--offline", "--env-file", file)
	require.NotContains(t, out, "chmod")
}
