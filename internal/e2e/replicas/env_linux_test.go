// Package replicas tests shops of two and three replicas: whole programs in one process, on a real
// PostgreSQL and behind a proxy. Time is the real one.
package replicas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/ops"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
	"shopbot/internal/status"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

const (
	alice = sandbox.Alice
	boris = sandbox.Boris
	olga  = sandbox.Olga
)

// patience is how long a test waits for what takes a few seconds on a machine at rest.
const patience = 3 * time.Minute

// env is the sandbox, a PostgreSQL database, and the replicas of a shop behind a proxy.
type env struct {
	*sandbox.World

	t        *testing.T
	server   *pgtest.Server
	address  string // of the database
	dir      string // of the catalog
	front    string // address of the proxy
	proxy    *proxy
	environ  []string
	replicas []*replica // that run
	started  int
}

// replica is a program.
type replica struct {
	e           *env
	number      int
	cfg         config.Config
	log, out    *testenv.LogBuffer
	public, ops string // addresses
	stop        context.CancelFunc
	done        chan error
}

// newEnv makes a shop without replicas. settings are more variables of its environment.
func newEnv(t *testing.T, settings ...string) *env {
	t.Helper()
	t.Parallel() // they wait most of the time
	e := &env{t: t, server: pgtest.Start(t), dir: t.TempDir()}
	e.address = e.server.Schema(t)
	e.World = sandbox.New(sandbox.Options{})
	services := httptest.NewServer(e.Handler())
	e.proxy = &proxy{client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	front := httptest.NewServer(e.proxy)
	t.Cleanup(func() {
		e.Close()
		front.Close()
		services.Close()
	})
	testenv.WriteShopFiles(t, e.dir)
	e.environ = append([]string{
		"SHOPBOT_TELEGRAM_TOKEN=" + testenv.BotToken, "SHOPBOT_TELEGRAM_API_URL=" + services.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + testenv.AppToken, "SHOPBOT_CRYPTOPAY_API_URL=" + services.URL + "/cryptopay",
		"SHOPBOT_CATALOG=" + filepath.Join(e.dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + e.address,
		"SHOPBOT_LISTEN=127.0.0.1:0", "SHOPBOT_OPS_LISTEN=localhost:0", "SHOPBOT_LOG_LEVEL=debug",
	}, settings...)
	e.CryptoPay().SetWebhook(testenv.AppToken, front.URL+"/cryptopay/webhook")
	e.front = front.URL
	return e
}

// newShop makes a shop with an owner, whose updates Telegram posts through the proxy.
func newShop(t *testing.T) *env {
	t.Helper()
	e := newEnv(t, "SHOPBOT_ADMINS="+fmt.Sprint(olga))
	e.environ = append(e.environ, "SHOPBOT_PUBLIC_URL="+e.front)
	return e
}

// start starts one more replica and returns once it serves.
func (e *env) start() *replica {
	e.t.Helper()
	e.started++
	r := &replica{e: e, number: e.started, log: &testenv.LogBuffer{}, out: &testenv.LogBuffer{}, done: make(chan error, 1)}
	serving := make(chan [2]net.Addr, 1)
	var err error
	r.cfg, err = config.Load(append([]string{"SHOPBOT_SOCKET=" + filepath.Join(e.dir, fmt.Sprintf("%d.sock", r.number))}, e.environ...), "")
	require.NoError(e.t, err)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() {
		r.done <- app.Run(ctx, r.cfg, app.NewLogger(r.log, r.cfg), app.System{
			Serving: func(public, ops net.Addr) { serving <- [2]net.Addr{public, ops} }, Out: r.out,
		})
	}()
	select {
	case at := <-serving:
		r.public, r.ops = at[0].String(), at[1].String()
	case err := <-r.done:
		require.NoError(e.t, err)
		require.Fail(e.t, "it ended")
	case <-time.After(patience):
		require.Fail(e.t, "it does not serve", r.log.String())
	}
	e.replicas = append(e.replicas, r)
	e.proxy.use(e.replicas...)
	e.t.Cleanup(r.end)
	e.waitFor("the replica to be ready", func() bool { return r.ready() == nil })
	return r
}

// end stops the replica in an orderly way.
func (r *replica) end() {
	i := slices.Index(r.e.replicas, r)
	if i < 0 {
		return
	}
	r.e.replicas = slices.Delete(r.e.replicas, i, i+1)
	r.e.proxy.use(r.e.replicas...)
	r.stop()
	require.NoError(r.e.t, <-r.done, r.log.String())
	require.NotContains(r.e.t, r.log.String(), testenv.BotToken)
	require.NotContains(r.e.t, r.log.String(), testenv.AppToken)
}

// failed waits until the replica has ended by itself, and returns why.
func (r *replica) failed() error {
	err := <-r.done
	r.e.replicas = slices.DeleteFunc(r.e.replicas, func(o *replica) bool { return o == r })
	r.e.proxy.use(r.e.replicas...)
	return err
}

// waitFor waits until something is so.
func (e *env) waitFor(what string, is func() bool) {
	e.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().Before(end) {
			continue
		}
		for _, r := range e.replicas {
			e.t.Logf("log of replica %d:\n%s", r.number, r.log)
		}
		require.Fail(e.t, "waited in vain for "+what)
	}
}

func (r *replica) get(url string) (code int, body string) {
	resp, err := http.Get(url) //nolint:noctx,gosec // of the test's own
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// ready returns nil, or why the replica is not ready.
func (r *replica) ready() error {
	if code, body := r.get("http://" + r.ops + "/readyz"); code != http.StatusOK {
		return errors.New(body)
	}
	return nil
}

// metric is the value of a metric; "" if it cannot be asked.
func (r *replica) metric(name string) string {
	_, body := r.get("http://" + r.ops + "/metrics")
	for line := range strings.Lines(body) {
		if rest, found := strings.CutPrefix(line, name+" "); found {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func (r *replica) leads() bool { return r.metric("shopbot_leader") == "1" }

// commands is how commands reach the replica.
func (r *replica) commands() ops.Client {
	r.e.t.Helper()
	client, found := ops.Find(r.e.t.Context(), r.cfg)
	require.True(r.e.t, found)
	return client
}

func (r *replica) status() status.Status {
	r.e.t.Helper()
	s, err := r.commands().Status(r.e.t.Context())
	require.NoError(r.e.t, err)
	return s
}

// leader waits until one replica leads and all are ready, and returns it with the others.
func (e *env) leader() (leader *replica, others []*replica) {
	e.t.Helper()
	e.waitFor("one replica to lead", func() bool {
		leader, others = nil, nil
		for _, r := range e.replicas {
			if r.leads() {
				leader = r
			} else {
				others = append(others, r)
			}
		}
		return leader != nil && len(others) == len(e.replicas)-1 &&
			!slices.ContainsFunc(e.replicas, func(r *replica) bool { return r.ready() != nil })
	})
	return leader, others
}

// depose takes the lead from the replica that has it, as if it had slept for too long.
func (e *env) depose() {
	e.t.Helper()
	e.server.Exec(e.t, `UPDATE `+e.table("lease")+` SET until = clock_timestamp(), holder = 'nobody'`)
}

// table is a table of the shop, for SQL.
func (e *env) table(name string) string {
	return e.address[strings.Index(e.address, "search_path=")+len("search_path="):] + "." + name
}

// withDatabase calls use with the database.
func (e *env) withDatabase(use func(db *storage.DB)) {
	e.t.Helper()
	db, err := database.Open(e.t.Context(), config.Database(e.address))
	require.NoError(e.t, err)
	use(db)
	require.NoError(e.t, db.Close())
}

// finish stops all replicas and checks the database.
func (e *env) finish() {
	e.t.Helper()
	for len(e.replicas) > 0 {
		e.replicas[0].end()
	}
	e.withDatabase(func(db *storage.DB) {
		require.NoError(e.t, db.Check(e.t.Context(), func(breach string) { e.t.Error(breach) }))
		_, err := db.VerifyAudit(e.t.Context())
		require.NoError(e.t, err)
	})
}

// say has a person write, and waits until the bot has answered with a message that contains text.
func (e *env) say(who int64, said, text string) {
	e.t.Helper()
	before := e.count(who, text)
	require.NoError(e.t, e.Telegram().Say(testenv.BotToken, who, said))
	e.waitFor(fmt.Sprintf("an answer to %q with %q", said, text), func() bool { return e.count(who, text) > before })
}

// count counts the bot's messages to somebody that contain text.
func (e *env) count(who int64, text string) (n int) {
	for _, m := range e.Telegram().Sent(testenv.BotToken, who) {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// link waits for a link that begins so in somebody's chat, and returns the newest.
func (e *env) link(who int64, prefix string) (link string) {
	e.t.Helper()
	e.waitFor("a link "+prefix, func() bool {
		for _, m := range slices.Backward(e.Telegram().Chat(testenv.BotToken, who)) {
			for _, url := range m.URLs() {
				if strings.HasPrefix(url, prefix) {
					link = url
					return true
				}
			}
		}
		return false
	})
	return link
}

// keysOf lists the keys that somebody was sent, repeats included.
func (e *env) keysOf(who int64) (keys []string) {
	for _, m := range e.Telegram().Sent(testenv.BotToken, who) {
		keys = append(keys, testenv.KeysIn(m.Text)...)
	}
	return keys
}

// differentKeys lists the keys that somebody was sent.
func (e *env) differentKeys(who int64) []string {
	keys := e.keysOf(who)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// loadKeys puts the first n keys on sale, by the commands of a replica.
func (r *replica) loadKeys(n int) {
	r.e.t.Helper()
	var list []byte
	for _, key := range testenv.Keys(n) {
		list = fmt.Appendln(list, key)
	}
	units, err := shop.ParseUnits(list, "")
	require.NoError(r.e.t, err)
	_, err = r.commands().AddStock(r.e.t.Context(), "vpn", units, shop.LoadOptions{})
	require.NoError(r.e.t, err)
}

// buy has somebody order and pay one key.
func (e *env) buy(who int64) {
	e.t.Helper()
	paid := len(e.keysOf(who))
	e.say(who, "/buy vpn", "VPN")
	e.pay(who)
	e.waitFor("the goods", func() bool { return len(e.keysOf(who)) > paid })
}

// pay has somebody pay the newest invoice.
func (e *env) pay(who int64) {
	e.t.Helper()
	var link string
	e.waitFor("an invoice", func() bool {
		for _, m := range slices.Backward(e.Telegram().Chat(testenv.BotToken, who)) {
			for _, url := range m.URLs() {
				if in, err := e.CryptoPay().Invoice(url); err == nil && in.Status == cryptopay.StatusActive {
					link = url
					return true
				}
			}
		}
		return false
	})
	_, err := e.CryptoPay().Pay(link, who, "USDT")
	require.NoError(e.t, err)
}

// proxy hands requests to the replicas in turn, and to the next one if a replica does not answer or
// is not able to, as nginx does.
type proxy struct {
	client  *http.Client
	turn    atomic.Int64
	refused atomic.Int64 // requests that a replica did not take

	mu sync.Mutex
	to []string
}

// use makes the proxy use these replicas and no others.
func (p *proxy) use(replicas ...*replica) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = nil
	for _, r := range replicas {
		p.to = append(p.to, r.public)
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	to := slices.Clone(p.to)
	p.mu.Unlock()
	for range to {
		at := to[p.turn.Add(1)%int64(len(to))]
		out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+at+r.URL.RequestURI(), bytes.NewReader(body)) //nolint:gosec // to the test's own
		if err != nil {
			break
		}
		out.Header = r.Header.Clone()
		resp, err := p.client.Do(out) //nolint:gosec // as above
		if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
			p.refused.Add(1)
			if err == nil {
				_ = resp.Body.Close()
			}
			continue
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		_ = resp.Body.Close()
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}
