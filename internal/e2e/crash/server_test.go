package crash

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// forgetfulServer is an owner's server that gives other goods each time.
type forgetfulServer struct {
	mu    sync.Mutex
	ids   []string
	given int
}

func (s *forgetfulServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given++
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, "PK bytes %d", s.given)
		return
	}
	s.ids = append(s.ids, r.Header.Get("Webhook-Id"))
	if len(s.ids) == 1 {
		_, _ = io.WriteString(w, `{"wait":30}`)
		return
	}
	_, _ = fmt.Fprintf(w, `{"keys":["KEY-%02d"],"file":{"url":"http://goods.test/file.zip"}}`, s.given)
}

// The process dies before and after each write of a sale of goods that the owner's server makes, and
// the server gives others at each asking. Whenever the process dies, the buyer gets the first goods
// that were stored, however often, and the server is asked under one id.
func TestGoodsOfAServerSurviveACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		catalog := testenv.Catalog +
			`  - {sku: account, category: games, title: Account, price: "5.00", deliver: server, server: {url: "http://goods.test/make"}}` + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(catalog), 0o600))
		env.Setenv("GOODS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
		env.Setenv("GOODS_PRIVATE", "true")
		listener, err := env.Network.Listen("goods.test:80")
		require.NoError(t, err)
		goods := &forgetfulServer{}
		server := &http.Server{Handler: goods} //nolint:gosec // in memory
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		env.Start()
		env.Say(alice, "/buy account")
		restartIfDead := startDying(env, process)
		order := env.Pay(alice).Payload
		restartIfDead()
		time.Sleep(time.Hour)
		restartIfDead()
		env.Stop()
		o := env.StoredOrders()[0]
		require.Equal(t, shop.StateDelivered, o.State, env.Transcript(alice))
		require.Empty(t, o.Jobs(), "nothing is left to do")
		made := o.Lines[0].Goods
		require.Len(t, made, 2)
		require.Equal(t, made[:1], slices.Compact(env.KeysOf(alice)), "each message has the same key")
		file, is := shop.ParseFileUnit(made[1])
		require.True(t, is)
		for _, m := range env.Telegram().Sent(testenv.BotToken, alice) {
			if m.Document != nil {
				require.Equal(t, file, shop.NewFileUnit("file.zip", m.Document.Data), "and the same file")
			}
		}
		require.Equal(t, []string{order + "-1-deliver"}, slices.Compact(goods.ids), "one id at each try")
		env.WithDatabase(func(db *storage.DB) {
			require.NoError(t, db.Check(t.Context(), func(breach string) { t.Error(breach) }))
		})
	})
}
