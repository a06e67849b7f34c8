package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/money"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/dbtest"
)

const stockCatalog = `
shop: {name: Keys, currency: USD, languages: [en, ru]}
categories: [{id: a, title: All}]
products:
  - {sku: vpn, category: a, title: VPN, price: "1", deliver: keys, limit: 3}
  - {sku: conf, category: a, title: Configs, price: "1", deliver: keys, stock: {separator: "==="}}
  - {sku: gift, category: a, title: {en: Gift, ru: Подарок}, price: "1", deliver: keys}
  - {sku: guide, category: a, title: Guide, price: "1", deliver: text, text: Read}
  - {sku: maps, category: a, title: Maps, price: "1", deliver: keys, stock: {files: true}}
`

// inEachShop runs a test with a stopped shop and with a running one. Of the running one the
// commands open no database.
func inEachShop(t *testing.T, test func(t *testing.T, c command, withDB func(func(db *storage.DB)))) {
	t.Helper()
	setUp := func(t *testing.T) (environ []string, cfg config.Config) {
		t.Helper()
		environ, dir := shopEnviron(t)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(stockCatalog), 0o600))
		t.Chdir(dir)
		cfg, err := config.Load(environ, "")
		require.NoError(t, err)
		return environ, cfg
	}
	t.Run("stopped", func(t *testing.T) {
		environ, cfg := setUp(t)
		mustClose := func(do func(db *storage.DB)) {
			db := dbtest.Open(t, cfg.Database.Path())
			do(db)
			require.NoError(t, db.Close())
		}
		test(t, command{environ: environ}, mustClose)
		command{environ: environ}.mustRun(t, "check", "--database")
		command{environ: environ}.mustRun(t, "audit", "verify")
	})
	t.Run("running", func(t *testing.T) {
		environ, cfg := setUp(t)
		db := dbtest.Open(t, cfg.Database.Path())
		running := ops.ClosedShop{DB: db, Catalog: cfg.CatalogFile(), Log: app.NewLogger(t.Output(), cfg)}
		openShop(t, cfg, ops.Server{Operator: running, AuditTrail: db})
		test(t, command{environ: environ}, func(do func(db *storage.DB)) { do(db) })
	})
}

// mustRun runs a command that succeeds.
func (c command) mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, stderr, code := c.run(t, args...)
	require.Equal(t, exitDone, code, stderr)
	return out
}

// refused runs a command that fails, and returns what it says.
func (c command) refused(t *testing.T, args ...string) string {
	t.Helper()
	_, stderr, code := c.run(t, args...)
	require.Equal(t, exitFailed, code, stderr)
	return stderr
}

// reserve makes an unpaid order.
func reserve(t *testing.T, db *storage.DB, sku string, n int) {
	t.Helper()
	price, err := money.Parse("1", "USD")
	require.NoError(t, err)
	at := time.Now().UTC()
	_, _, err = db.Checkout(t.Context(), shop.Order{
		ID: shop.NewOrderID(nil, shop.Origin{Chat: 1, Act: "buy", At: at}), State: shop.StateNew, Buyer: shop.Buyer{ID: 9},
		Lines: []shop.Line{{SKU: sku, Quantity: n, Price: price, Part: shop.Part{Deliver: "keys"}, FromStock: true}},
		Total: price.Times(n), Rail: shop.CryptoPay, Created: at, Expires: at.Add(time.Hour),
	}, time.Time{}, func(*shop.Order, shop.View) error { return nil })
	require.NoError(t, err)
}

func TestAScriptAddsNothingSuspicious(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(*storage.DB))) {
		c.stdin = "KEY-1\nok thanks, where do I find the refunds?\n"
		says := c.refused(t, "stock", "add", "vpn")
		require.Contains(t, says, "line 2, \"ok thanks, where do I find the refunds?\", looks like something that somebody said")
		require.Contains(t, says, "nothing was added: look at the keys above, and add --yes")
		require.Contains(t, c.mustRun(t, "stock", "list"), "     0         0     0  vpn")
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn", "--yes"), "added 2, skipped 0 duplicates\n")

		c.stdin = "K\u200BEY-1\n"
		require.Equal(t, "added 0, skipped 1 duplicate\n", c.mustRun(t, "stock", "add", "vpn"))
		says = c.refused(t, "stock", "add", "gift")
		require.Contains(t, says, "is for sale since batch 1 (vpn)")
		require.Contains(t, c.mustRun(t, "stock", "add", "gift", "--yes"), "added 1, skipped 0 duplicates\n")
	})
}

func TestAPersonIsShownTheListAndAsked(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(*storage.DB))) {
		c.terminal = true
		require.NoError(t, os.WriteFile("keys.txt", []byte("KEY-1\nKEY-2\nKEY-1\n"), 0o600))
		for _, answer := range []string{"", "\n", "n\n", "maybe\n"} {
			c.stdin = answer
			says := c.refused(t, "stock", "add", "vpn", "keys.txt")
			require.Contains(t, says, "3 keys in the list for vpn:\n        2  new\n        1  repeated")
			require.Contains(t, says, "first  \"KEY-1\"\n     last  \"KEY-1\"\n")
			require.Contains(t, says, `line 3, "KEY-1", is in the list before`)
			require.Contains(t, says, "Add 2 keys to vpn? [y/N]")
			require.Contains(t, says, "nothing was added")
		}
		require.Contains(t, c.mustRun(t, "stock", "list", "vpn"), "     0         0     0  vpn")
		c.stdin = "Y\n"
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn", "keys.txt"), "added 2, skipped 1 duplicate\n")
		require.Regexp(t, `(?m)^    1  \S+        2        2  command line  "keys.txt"$`, c.mustRun(t, "stock", "list", "vpn"))
	})
}

func TestABatchIsTakenBackAsFarAsItIsUnsold(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(*storage.DB))) {
		c.stdin = "A-1\nA-2\nA-3\n"
		c.mustRun(t, "stock", "add", "vpn")
		withDB(func(db *storage.DB) { reserve(t, db, "vpn", 1) })
		require.Contains(t, c.refused(t, "stock", "undo", "vpn", "7"), "no such batch")
		require.Equal(t, "took back 2 of 3 keys; reserved by unpaid orders, and still there: 1\n", c.mustRun(t, "stock", "undo", "vpn", "1"))
		require.Contains(t, c.mustRun(t, "stock", "list", "vpn"), "     0         1     0  vpn  sold out")
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn"), "added 2, skipped 1 duplicate\n", "as if they had never been loaded")
	})
}

func TestEachRemovalHasAFileOfItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	now := time.Date(2026, 11, 30, 2, 3, 23, 0, time.UTC)
	for _, want := range []string{"removed-vpn-20261130-020323.txt", "removed-vpn-20261130-020323-2.txt", "removed-vpn-20261130-020323-3.txt"} {
		name := newRemovedFile("vpn", now)
		require.Equal(t, want, name)
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
}

func TestATableIsToldOfOnce(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(*storage.DB))) {
		c.stdin = "login,password\nu1,p1\nu2,p2\n"
		_, stderr, code := c.run(t, "stock", "add", "vpn")
		require.Equal(t, exitFailed, code)
		require.Equal(t, 1, strings.Count(stderr, "the list is a table with a header"))
		require.NotContains(t, stderr, "line 2")
	})
}

func TestRemovedKeysAreInAFileAndNeverSoldAgain(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(*storage.DB))) {
		c.stdin = "A-1\nA-2\nA-3\nA-4\n"
		c.mustRun(t, "stock", "add", "vpn")
		out, stderr, code := c.run(t, "stock", "remove", "VPN", "A\u00AD-2", "nope", "A-2", "--out", "out.txt")
		require.Equal(t, exitDone, code, stderr)
		require.Equal(t, "removed 1 key into out.txt; not for sale: 1\n", out)
		require.Contains(t, stderr, `"nope" was never loaded`)
		content, err := os.ReadFile("out.txt")
		require.NoError(t, err)
		require.Equal(t, "A-2\n", string(content))
		info, err := os.Stat("out.txt")
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		require.Contains(t, c.refused(t, "stock", "remove", "vpn", "A-1", "--out", "out.txt"), "exists")
		require.Contains(t, c.refused(t, "stock", "remove", "vpn", "A-2"), "was removed on")

		withDB(func(db *storage.DB) { reserve(t, db, "vpn", 1) })
		c.stdin = ""
		require.Equal(t, "removed 2 keys into rest.txt; reserved by unpaid orders, and still there: 1\n",
			c.mustRun(t, "stock", "remove", "vpn", "--batch", "1", "--out", "rest.txt"))
		content, err = os.ReadFile("rest.txt")
		require.NoError(t, err)
		require.Equal(t, "A-4\nA-3\n", string(content))
		require.Contains(t, c.mustRun(t, "audit", "list"), "stock_removed sku=vpn units=-2 keys=")

		require.Equal(t, "added 0, skipped 0 duplicates, 2 that were removed or refunded before (--again adds them)\n",
			c.mustRun(t, "stock", "add", "vpn", "rest.txt"))
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn", "rest.txt", "--again"), "added 2, skipped 0 duplicates\n")
		c.stdin = "A-3\nA-4\n"
		c.mustRun(t, "stock", "remove", "vpn", "-", "--out", "stdin.txt")
		c.mustRun(t, "stock", "add", "vpn", "rest.txt", "--again")
		c.mustRun(t, "stock", "remove", "vpn", "--from", "rest.txt")
		files, err := filepath.Glob("removed-vpn-*.txt")
		require.NoError(t, err)
		require.Len(t, files, 1)

		_, stderr, code = c.run(t, "stock", "remove", "vpn")
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "--from FILE, or by --batch N")
		require.Contains(t, c.refused(t, "stock", "remove", "vqn", "x"), "did you mean vpn?")
		c.terminal, c.stdin = true, "n\n"
		require.Contains(t, c.refused(t, "stock", "remove", "vpn", "A-1"), "nothing was removed")
	})
}

// interruptedShop is a shop in which something happens just before keys are removed.
type interruptedShop struct {
	ops.Shop

	before func(call int) error
	calls  int
}

func (s *interruptedShop) RemoveUnits(ctx context.Context, r shop.StockRemoval) error {
	s.calls++
	if err := s.before(s.calls); err != nil {
		return err
	}
	return s.Shop.RemoveUnits(ctx, r)
}

func TestTheFileOfRemovedKeysHoldsWhatWasRemoved(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(*storage.DB))) {
		c.stdin = "A-1\nA-2\nA-3\nA-4\n"
		c.mustRun(t, "stock", "add", "vpn")
		withDB(func(db *storage.DB) {
			closed := ops.ClosedShop{DB: db, Catalog: catalog.FileAt("catalog.yaml"), Log: slog.New(slog.DiscardHandler)}
			quickBuyer := &interruptedShop{Shop: closed, before: func(call int) error {
				if call == 1 {
					reserve(t, db, "vpn", 1)
				}
				return nil
			}}
			r := remover{shop: quickBuyer, sku: "vpn", batch: 1, file: removedFile{name: "out.txt"}}
			require.NoError(t, r.run(t.Context(), nil))
			require.Equal(t, 2, quickBuyer.calls)
			content, err := os.ReadFile("out.txt")
			require.NoError(t, err)
			require.Equal(t, "A-4\nA-3\nA-2\n", string(content), "without the one that was reserved meanwhile")
			require.Equal(t, 1, r.reserved)

			silent := &interruptedShop{Shop: closed, before: func(int) error { return errors.New("connection lost") }}
			r = remover{shop: silent, sku: "vpn", file: removedFile{name: "lost.txt"}}
			_, err = db.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"A-5"})})
			require.NoError(t, err)
			err = r.report(&console{stdout: io.Discard, stderr: io.Discard}, r.run(t.Context(), [][]string{{"A-5"}}))
			require.ErrorContains(t, err, "the last 1 in lost.txt may still be for sale")
			content, err = os.ReadFile("lost.txt")
			require.NoError(t, err)
			require.Equal(t, "A-5\n", string(content))
		})
	})
}

func TestThousandsOfKeysAreRemovedInParts(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(*storage.DB))) {
		var list strings.Builder
		for i := range 2500 {
			fmt.Fprintf(&list, "KEY-%05d\n", i)
		}
		c.stdin = list.String()
		c.mustRun(t, "stock", "add", "vpn")
		require.Equal(t, "removed 2500 keys into out.txt\n", c.mustRun(t, "stock", "remove", "vpn", "--batch", "1", "--out", "out.txt"))
		content, err := os.ReadFile("out.txt")
		require.NoError(t, err)
		require.ElementsMatch(t, strings.Fields(list.String()), strings.Fields(string(content)))
	})
}

func TestGoodsOfSeveralLines(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(*storage.DB))) {
		c.stdin = "[Interface]\nKey = 1\n"
		require.Contains(t, c.refused(t, "stock", "add", "vpn", "--yes"), "it looks like WireGuard configurations")
		c.stdin = "[Interface]\nKey = 1\n---\n[Interface]\nKey = 2\n"
		require.Contains(t, c.refused(t, "stock", "add", "vpn"), `has several lines and would be sold as one key`)
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn", "--yes"), "added 2,")
		c.stdin = "[Interface]\r\nKey = 3\r\n===\r\n[Interface]\r\nKey = 4\r\n---\r\n"
		require.Contains(t, c.mustRun(t, "stock", "add", "conf"), "added 2,", "as the catalog says")

		c.mustRun(t, "stock", "remove", "vpn", "--batch", "1", "--out", "vpn.txt")
		content, err := os.ReadFile("vpn.txt")
		require.NoError(t, err)
		require.Equal(t, "[Interface]\nKey = 2\n---\n[Interface]\nKey = 1\n---\n", string(content))
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn", "vpn.txt", "--yes", "--again"), "added 2,")
		c.mustRun(t, "stock", "remove", "conf", "--batch", "2", "--out", "conf.txt")
		require.Contains(t, c.mustRun(t, "stock", "add", "conf", "conf.txt", "--again"), "added 2,")

		f, err := os.Create("goods.zip")
		require.NoError(t, err)
		w := zip.NewWriter(f)
		for i := range 3 {
			one, err := w.Create(fmt.Sprintf("peer%d.conf", i))
			require.NoError(t, err)
			_, err = fmt.Fprintf(one, "[Peer]\nKey = %d\n---\nend\n", i)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		require.NoError(t, f.Close())
		require.Contains(t, c.mustRun(t, "stock", "add", "gift", "goods.zip"), "added 3,")
		c.stdin = "[Peer]\nKey = 1\n---\nend\n==="
		require.Contains(t, c.refused(t, "stock", "add", "conf"), "is for sale since batch", "compared whole")

		c.stdin = "\xff\xfeK\x001\x00\r\x00\n\x00K\x002\x00"
		require.Contains(t, c.mustRun(t, "stock", "add", "vpn"), "added 2,")
	})
}

func TestTheListHasEveryProductThatIsSoldByStock(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(*storage.DB))) {
		c.stdin = "A-1\nA-2\nA-3\n"
		c.mustRun(t, "stock", "add", "vpn")
		withDB(func(db *storage.DB) {
			_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: "old", Units: func(yield func(string) bool) { yield("O-1") }})
			require.NoError(t, err)
		})
		require.Equal(t, ""+
			"  FREE  RESERVED  SOLD  SKU   LEVEL               TITLE\n"+
			"     3         0     0  vpn   low                 VPN\n"+
			"     0         0     0  conf  sold out            Configs\n"+
			"     0         0     0  gift  sold out            Gift\n"+
			"     0         0     0  maps  sold out            Maps\n"+
			"     1         0     0  old   not in the catalog\n", c.mustRun(t, "stock", "list"))
		require.Equal(t, "shopbot: no such product: \"guife\"; did you mean guide?\n", c.refused(t, "stock", "list", "guife"))
		require.Contains(t, c.refused(t, "stock", "list", "guide"), "not sold by keys")
		c.mustRun(t, "stock", "remove", "old", "O-1", "--out", "old.txt")
	})
}

func TestAZIPOfFilesIsABatchOfUnits(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(*storage.DB))) {
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		for _, file := range []string{"north.pdf", "south.pdf", "again.pdf"} {
			f, err := w.Create("maps/" + file)
			require.NoError(t, err)
			_, err = f.Write([]byte("%PDF\x00" + strings.Replace(file, "again", "south", 1)))
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		require.NoError(t, os.WriteFile("maps.zip", archive.Bytes(), 0o600))

		c.terminal, c.stdin = true, "n\n"
		says := c.refused(t, "stock", "add", "maps", "maps.zip")
		require.Contains(t, says, "2  new\n        1  repeated")
		require.Contains(t, says, "file  north.pdf (14 B)\n     file  south.pdf (14 B)\n")
		c.terminal = false
		require.Contains(t, c.mustRun(t, "stock", "add", "maps", "maps.zip"), "added 2, skipped 1 duplicate\n")
		require.Contains(t, c.mustRun(t, "stock", "add", "maps", "maps.zip"), "added 0, skipped 3 duplicates\n")
		withDB(func(db *storage.DB) {
			content, err := db.KeptFile(t.Context(), shop.NewFileUnit("", []byte("%PDF\x00north.pdf")).Blob())
			require.NoError(t, err)
			require.Equal(t, "%PDF\x00north.pdf", string(content))
		})
		c.stdin = "KEY-1\n"
		require.Contains(t, c.refused(t, "stock", "add", "maps"), "the units of this product are files")
		require.NoError(t, os.WriteFile("keys.txt", []byte("KEY-1\nKEY-2\n"), 0o600))
		require.Contains(t, c.refused(t, "stock", "add", "maps", "keys.txt"), `"keys.txt (12 B)", is a text of several lines and would be sold whole`)
		require.Contains(t, c.refused(t, "stock", "add", "vpn", "maps.zip"), "stock: {files: true}")
		require.Contains(t, c.mustRun(t, "stock", "remove", "maps", "--from", "maps.zip", "--out", "out.txt"), "removed 2 keys into out.txt")
		content, err := os.ReadFile("out.txt")
		require.NoError(t, err)
		require.Equal(t, "north.pdf (14 B)\nsouth.pdf (14 B)\n", string(content))
	})
}
