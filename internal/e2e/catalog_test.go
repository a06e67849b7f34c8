package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// catalogRevision is the one in force.
func (env *testEnv) catalogRevision() (r catalog.Revision) {
	env.T.Helper()
	status, body := env.AskOps(http.MethodGet, "/ops/catalog")
	require.Equal(env.T, http.StatusOK, status, body)
	require.NoError(env.T, json.Unmarshal([]byte(body), &r))
	return r
}

// applyCatalog changes the catalog elsewhere than in its file.
func (env *testEnv) applyCatalog(old, replacement string) {
	env.T.Helper()
	now := env.catalogRevision()
	text := strings.Replace(string(now.Export()), old, replacement, 1)
	require.NotEqual(env.T, string(now.Export()), text)
	status, body := env.TellOps(http.MethodPost, fmt.Sprint("/ops/catalog/apply?name=x.yaml&base=", now.Number), text)
	require.Equal(env.T, http.StatusOK, status, body)
	require.Equal(env.T, now.Number+1, env.catalogRevision().Number, body)
	env.Settle()
}

// payAll pays every invoice that somebody has a button for.
func (env *testEnv) payAll(who int64) {
	env.T.Helper()
	for range 10 {
		if env.PayLink(who) == "" {
			return
		}
		env.Pay(who)
	}
}

// guideCosts looks at what the shop asks for the guide now.
func (env *testEnv) guideCosts(price string) {
	env.T.Helper()
	env.Say(alice, "/start p_guide")
	require.Contains(env.T, env.Last(alice).Text, price)
}

func guideFor(price string) string {
	return strings.Replace(testenv.Catalog, `price: "2.50"`, `price: "`+price+`"`, 1)
}

func TestAChangedFileIsTheNextRevision(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		require.EqualValues(t, 1, env.catalogRevision().Number)
		env.WriteCatalog(guideFor("2.75"))
		env.guideCosts("2.75")
		r := env.catalogRevision()
		require.EqualValues(t, 2, r.Number)
		require.Equal(t, "product guide: price 2.50 → 2.75", r.Changes[0].String())

		env.Stop()
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(guideFor("2.80")), 0o600))
		env.Start()
		env.guideCosts("2.80")
		require.EqualValues(t, 3, env.catalogRevision().Number, "also one that changed while the shop was down")
	})
}

func TestAFileThatIsOlderThanTheCatalogIsRefused(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/start")
		env.applyCatalog("2.50", "2.75")
		env.guideCosts("2.75")

		env.WriteCatalog(guideFor("2.80"))
		env.guideCosts("2.75")
		told := func() int { return env.CountSent(olga, "The catalog file was not taken in") }
		require.Equal(t, 1, told(), env.Transcript(olga))
		require.Contains(t, env.Last(olga).Text, "price: 2.75 → 2.80")
		require.Contains(t, env.Last(olga).Text, "shopbot catalog export")
		require.Contains(t, env.Log.String(), "product guide: price 2.75 → 2.80")

		env.applyCatalog("2.75", "2.76")
		env.Stop()
		env.Start()
		env.guideCosts("2.76")
		require.Equal(t, 1, told(), "each version of the file is told of once")

		env.WriteCatalog(fmt.Sprintf("revision: %d\n%s", env.catalogRevision().Number, guideFor("2.80")))
		env.guideCosts("2.80")
		env.wait(2 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "The catalog file is in order again"), env.Transcript(olga))
	})
}

func TestAFaultyFileIsToldToTheOwners(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/start")
		env.WriteCatalog(guideFor("-1"))
		require.Contains(t, env.Last(olga).Text, `price "-1" is below zero`)
		env.guideCosts("2.50")
		env.WriteCatalog(testenv.Catalog)
		env.wait(2 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "The catalog file is in order again"))
	})
}

func TestUndoOverTheSocket(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.applyCatalog("2.50", "2.75")
		status, body := env.AskOps(http.MethodPost, "/ops/catalog/undo?revision=2")
		require.Equal(t, http.StatusOK, status, body)
		env.guideCosts("2.50")
		require.EqualValues(t, 2, env.catalogRevision().Undoes)
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 1000)
			require.NoError(t, err)
			var acts []string
			for _, e := range trail {
				if e.Act == shop.AuditCatalogChanged || e.Act == shop.AuditCatalogUndone {
					acts = append(acts, string(e.Act)+" "+e.Reference)
				}
			}
			require.Equal(t, []string{"catalog_changed 2", "catalog_undone 3"}, acts)
		})
		env.Start()
		env.guideCosts("2.50")
	})
}

func TestTheShopRunsWithoutItsFile(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		require.NoError(t, os.Remove(filepath.Join(env.Dir, "catalog.yaml")))
		env.Start()
		env.guideCosts("2.50")
		require.Contains(t, env.Log.String(), "no catalog file, the newest revision is in force")
	})
}

// What was ordered is delivered as it was bought, whatever the catalog says by then.
func TestOpenOrdersStayAsTheyWereBought(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, sku := range []string{"vpn", "guide", "album"} {
			env.Say(alice, "/buy "+sku)
		}
		env.WriteCatalog(`
shop: {name: Another Shop, currency: EUR}
categories: [{id: games, title: Games}]
products:
  - {sku: guide, category: games, title: Other, price: "99", deliver: keys}
`)
		require.EqualValues(t, 2, env.catalogRevision().Number)
		env.payAll(alice)
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret> & more"), env.Transcript(alice))
		var documents []telegram.Message
		for _, m := range env.Telegram().Sent(botToken, alice) {
			if m.Document != nil {
				documents = append(documents, m)
			}
		}
		require.Len(t, documents, 1, "the album, by the name that its order has")
		env.Stop()
		for _, o := range env.StoredOrders() {
			require.Equal(t, shop.StateDelivered, o.State, o.Lines[0].SKU)
			require.Contains(t, []string{"5 USD", "2.5 USD", "3 USD"}, o.Total.String())
		}
		env.Start()
	})
}

func TestAFileOfAnOpenOrderThatIsGoneWaitsForTheOwner(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy album")
		require.NoError(t, os.Remove(filepath.Join(env.Dir, "album.zip")))
		env.WriteCatalog(strings.Replace(testenv.Catalog, "  - {sku: album", "#", 1))
		env.payAll(alice)
		env.Stop()
		require.Equal(t, shop.HoldNoGoods, env.StoredOrders()[0].Hold)
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "album.zip"), []byte("PK pictures"), 0o600))
		env.Start()
	})
}

func TestHiddenProductsAreNotSold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy guide")
		env.Say(boris, "/buy nothing")
		unknown := env.Last(boris).Text
		env.WriteCatalog(strings.Replace(testenv.Catalog, "sku: guide,", "sku: guide, hidden: true,", 1))
		for _, say := range []string{"/buy guide", "/start p_guide", "/buy guide 1"} {
			env.Say(boris, say)
			require.Equal(t, unknown, env.Last(boris).Text, say)
		}
		env.Say(boris, "/catalog")
		env.Press(boris, "c:games")
		require.NotContains(t, fmt.Sprint(env.Last(boris).Buttons), "Guide")
		require.Contains(t, fmt.Sprint(env.Last(boris).Buttons), "Album")
		env.payAll(alice)
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret> & more"), "an open order goes on")

		env.WriteCatalog(strings.Replace(testenv.Catalog, "{id: games,", "{id: games, hidden: true,", 1))
		env.Say(boris, "/buy vpn")
		require.Equal(t, unknown, env.Last(boris).Text, "its category is hidden")
		env.Say(boris, "/catalog")
		require.NotContains(t, fmt.Sprint(env.Last(boris).Buttons), "Игры")
	})
}
