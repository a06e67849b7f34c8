package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const goodsSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

const serverCatalog = testenv.Catalog + `
  - {sku: account, category: games, title: Account, price: "5.00", limit: 10, deliver: server, server: {url: "http://goods.test/make"}}
  - {sku: slow, category: games, title: Slow, price: "5.00", limit: 10, deliver: server, server: {url: "http://slow.test/make"}}
  - {sku: maps, category: games, title: Maps, price: "5.00", limit: 10, deliver: keys, stock: {files: true}}
`

// goodsServer is an owner's server in a test.
type goodsServer struct {
	mu       sync.Mutex
	requests []goodsRequest
	answer   http.HandlerFunc // to requests whose signature is right
}

type goodsRequest struct {
	ID   string
	Body string
}

func (g *goodsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	verifier, err := webhooks.NewWebhook(goodsSecret)
	if err != nil || r.Method == http.MethodPost && verifier.Verify(body, r.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.mu.Lock()
	if r.Method == http.MethodPost {
		g.requests = append(g.requests, goodsRequest{r.Header.Get("Webhook-Id"), string(body)})
	}
	answer := g.answer
	g.mu.Unlock()
	answer(w, r)
}

func (g *goodsServer) answers(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

func (g *goodsServer) asked() []goodsRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// withServers runs a test with the shop open and servers at goods.test and slow.test.
func withServers(t *testing.T, test func(t *testing.T, env *testEnv, goods, slow *goodsServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(serverCatalog), 0o600))
		env.Setenv("GOODS_SECRET", goodsSecret)
		env.Setenv("GOODS_PRIVATE", "true")
		servers := [2]*goodsServer{}
		for i, address := range []string{"goods.test:80", "slow.test:80"} {
			listener, err := env.Network.Listen(address)
			require.NoError(t, err)
			servers[i] = &goodsServer{}
			server := &http.Server{Handler: servers[i]} //nolint:gosec // in memory
			go func() { _ = server.Serve(listener) }()
			t.Cleanup(func() { _ = server.Close() })
		}
		env.Start()
		env.LoadKeys(3)
		test(t, env, servers[0], servers[1])
		env.Stop()
		env.WithDatabase(func(db *storage.DB) {
			require.NoError(t, db.Check(t.Context(), func(breach string) { t.Error(breach) }))
		})
	})
}

func TestGoodsOfAServerAreMadeOnceAndStayTheSame(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		goods.answers(says(http.StatusOK, `{"text":"Log in as anna at https://x.example","keys":["ACC-1","ACC-2"]}`))
		env.Say(alice, "/buy account 2")
		order := env.Pay(alice).Payload
		for _, part := range []string{"ACC-1", "ACC-2", "Log in as anna at https://x.example"} {
			require.Equal(t, 1, env.CountSent(alice, part), env.Transcript(alice))
		}
		asked := goods.asked()
		require.Len(t, asked, 1)
		require.Equal(t, order+"-1-deliver", asked[0].ID)
		var told map[string]any
		require.NoError(t, json.Unmarshal([]byte(asked[0].Body), &told))
		require.Equal(t, "account", told["sku"])
		require.EqualValues(t, 2, told["quantity"])
		require.NotContains(t, asked[0].Body, "1001", "a buyer is told of by a pseudonym")

		goods.answers(says(http.StatusOK, `{"keys":["OTHER-1","OTHER-2"]}`))
		env.Say(alice, "/orders")
		env.Tap(alice, "Account")
		env.Tap(alice, "again")
		require.Equal(t, 2, env.CountSent(alice, "ACC-1"), env.Transcript(alice))
		require.Zero(t, env.CountSent(alice, "OTHER"))
		require.Len(t, goods.asked(), 1, "what is stored is sent again")
	})
}

func TestABuyerReadsThatGoodsAreBeingPreparedAndASlowServerDelaysNobodyElse(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, slow *goodsServer) {
		ready := time.Now().Add(2 * time.Minute)
		slow.answers(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			if time.Now().Before(ready) {
				says(http.StatusOK, `{"wait":20}`)(w, r)
				return
			}
			says(http.StatusOK, `{"keys":["SLOW-1"]}`)(w, r)
		})
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		env.Say(alice, "/buy slow")
		env.Pay(alice)
		time.Sleep(3 * time.Second)
		require.Contains(t, env.Transcript(alice), "are being prepared", "while the server thinks")
		require.Empty(t, env.PayLink(alice))
		env.Say(boris, "/buy account")
		env.Pay(boris)
		env.Say(boris, "/buy vpn")
		env.Pay(boris)
		require.Less(t, len(slow.asked()), 2)
		require.Equal(t, 1, env.CountSent(boris, "ACC-1"), "another server's goods come meanwhile")
		require.Equal(t, 1, env.CountSent(boris, "KEY-01"))
		time.Sleep(30 * time.Second)
		require.Contains(t, env.Transcript(alice), "are being prepared")
		env.Say(alice, "/orders")
		env.Tap(alice, "Slow")
		require.Contains(t, env.Last(alice).Text+env.Transcript(alice), "are being prepared")
		time.Sleep(3 * time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "SLOW-1"), env.Transcript(alice))
		require.Equal(t, 1, strings.Count(env.Transcript(alice), "Delivered on"))
		for _, r := range slow.asked() {
			require.Equal(t, slow.asked()[0], r, "one id and body at each try")
		}
		require.Zero(t, env.CountSent(olga, "not made yet"))
	})
}

func TestWhatAServerRefusesWaitsForTheOwnerAndIsMadeAfterwards(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		reason string
		note   string
	}{
		"a refusal":         {says(http.StatusForbidden, "no"), "refused to give the goods", "goods.test answered 403"},
		"a redirect":        {says(http.StatusFound, ""), "refused to give the goods", "redirect"},
		"too many keys":     {says(http.StatusOK, `{"keys":["A","B","C"]}`), "cannot be delivered", "3 keys for 1 pieces"},
		"nothing":           {says(http.StatusOK, `{}`), "cannot be delivered", "neither text"},
		"a page, each time": {says(http.StatusOK, "<html>"), "cannot be delivered", "not one JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
				goods.answers(c.answer)
				env.Say(alice, "/buy account")
				env.Pay(alice)
				time.Sleep(10 * time.Minute)
				notice := ""
				for _, m := range env.Telegram().Sent(botToken, olga) {
					if strings.Contains(m.Text, "Your server") || strings.Contains(m.Text, "your server") {
						notice = m.Text
					}
				}
				require.Contains(t, notice, c.reason)
				require.Contains(t, notice, c.note)
				require.Contains(t, env.Transcript(alice), "could not make the goods just now")
				goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
				env.Tap(olga, "Deliver now")
				time.Sleep(time.Minute)
				require.Equal(t, 1, env.CountSent(alice, "ACC-1"), env.Transcript(alice))
				for _, r := range goods.asked() {
					require.Equal(t, goods.asked()[0], r)
				}
			})
		})
	}
}

func TestAServerThatIsAwayIsAskedUntilItIsBackAndTheOwnerIsTold(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		goods.answers(says(http.StatusBadGateway, "<html>"))
		env.Say(alice, "/buy account")
		env.Pay(alice)
		time.Sleep(time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "your server has not given them"))
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		time.Sleep(6 * time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "ACC-1"), env.Transcript(alice))

		goods.answers(says(http.StatusServiceUnavailable, ""))
		env.Say(boris, "/buy account")
		env.Pay(boris)
		time.Sleep(74 * time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "has not given the goods in three days"))
		require.Contains(t, env.Transcript(boris), "сразу вернуть деньги")
	})
}

func TestAFileOfAServerIsStoredAndSentAgainAsItWas(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		content := "PK the first"
		goods.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				_, _ = io.WriteString(w, content)
				return
			}
			_, _ = io.WriteString(w, `{"file":{"url":"http://goods.test/files/config.zip"}}`)
		})
		env.Say(alice, "/buy account")
		env.Pay(alice)
		require.Equal(t, []string{"PK the first"}, documentsOf(env, alice))
		content = "PK another"
		env.Say(alice, "/orders")
		env.Tap(alice, "Account")
		env.Tap(alice, "again")
		require.Equal(t, []string{"PK the first", "PK the first"}, documentsOf(env, alice))
		require.Equal(t, "config.zip", env.Last(alice).Document.Name)
		env.Stop()
		for _, o := range env.StoredOrders() {
			f, is := shop.ParseFileUnit(o.Lines[0].Goods[0])
			require.True(t, is)
			require.Equal(t, shop.NewFileUnit("config.zip", []byte("PK the first")), f)
		}
		env.Start()
	})
}

func TestAShopThatSellsFromAServerNeedsItsSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(serverCatalog), 0o600))
		cfg := env.Config()
		source, err := cfg.CatalogFile().Load()
		require.NoError(t, err)
		require.ErrorContains(t, cfg.CheckGoods(source), "SHOPBOT_GOODS_SECRET: required, since product account is deliver: server")
		env.Setenv("GOODS_SECRET", goodsSecret)
		require.ErrorContains(t, env.Config().CheckGoods(source), "SHOPBOT_GOODS_PRIVATE=true")
	})
}

func TestFilesOfAZIPAreSoldEachOnceByTheirNames(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, _, _ *goodsServer) {
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		for _, name := range []string{"north.pdf", "south.pdf", "south again.pdf"} {
			f, err := w.Create("maps/" + name)
			require.NoError(t, err)
			_, err = f.Write([]byte("%PDF\x00" + strings.Replace(name, " again", "", 1)))
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		env.Say(olga, "/addstock maps")
		require.NoError(t, env.Telegram().Upload(botToken, olga, "maps.zip", archive.Bytes(), ""))
		env.Settle()
		time.Sleep(10 * time.Second)
		require.Contains(t, env.Transcript(olga), "north.pdf (14 B)", env.Transcript(olga))
		env.Press(olga, "stock:add")
		require.Contains(t, env.Transcript(olga), "2 keys added, 1 left out")

		env.Say(alice, "/buy maps 2")
		env.Pay(alice)
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"%PDF\x00north.pdf", "%PDF\x00south.pdf"}, documentsOf(env, alice))
		require.Equal(t, "south.pdf", env.Last(alice).Document.Name)
		env.Say(boris, "/buy maps")
		require.Empty(t, env.PayLink(boris), "each is sold once")
		require.Empty(t, documentsOf(env, boris))
	})
}

func TestAServerIsToldOfARefundUntilItAccepts(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		env.Say(alice, "/buy account")
		order := env.Pay(alice).Payload
		goods.answers(says(http.StatusBadGateway, ""))
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(10 * time.Minute)
		goods.answers(says(http.StatusNoContent, ""))
		time.Sleep(2 * time.Hour)
		told := slices.DeleteFunc(goods.asked(), func(r goodsRequest) bool { return r.ID != order+"-1-refunded" })
		require.Greater(t, len(told), 1, "it is told again")
		for _, r := range told {
			require.Equal(t, told[0], r, "under one id")
			require.Contains(t, r.Body, `"event":"refunded"`)
		}
		count := len(goods.asked())
		time.Sleep(24 * time.Hour)
		require.Len(t, goods.asked(), count, "and no more once it has accepted")
	})
}

func TestWhatAServerStillPreparesIsPaidBackAtOnce(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, slow *goodsServer) {
		goods.answers(says(http.StatusOK, `{"wait":60}`))
		env.Say(alice, "/buy account")
		order := env.Pay(alice).Payload
		time.Sleep(time.Minute)
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Refund")
		env.Tap(olga, "Yes, send")
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, env.CountSent(alice, "is back in your"), env.Transcript(alice))
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		time.Sleep(10 * time.Minute)
		require.Zero(t, env.CountSent(alice, "ACC-1"))
		require.Equal(t, order+"-1-refunded", goods.asked()[len(goods.asked())-1].ID, "the server takes back what it may be making")

		slow.answers(func(w http.ResponseWriter, _ *http.Request) { // it answers while the money goes back
			time.Sleep(20 * time.Second)
			says(http.StatusOK, `{"keys":["SLOW-1"]}`)(w, nil)
		})
		env.Say(boris, "/buy slow")
		order = env.Pay(boris).Payload
		time.Sleep(5 * time.Second)
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(10 * time.Minute)
		require.Zero(t, env.CountSent(boris, "SLOW-1"))
		require.NotContains(t, env.Log.String(), "record order step failed")
	})
}
