package crash

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
)

// servicesEnv is a shop process and a sandbox process. The sandbox can be frozen, and forgets
// everything when it is killed: chats, invoices, coins. What people and shop were told stays with
// the test.
type servicesEnv struct {
	*shopEnv

	proxy   *recordingProxy
	binary  string
	address string    // of the sandbox
	sandbox *exec.Cmd // nil while there is no process
	starts  atomic.Int64
	client  *http.Client

	mayPay   sync.RWMutex // held by buyers who begin to pay, and locked to make them wait
	withLink atomic.Int64 // buyers who wait at mayPay

	mu        sync.Mutex
	maybePaid map[int64]bool // people who may have paid and have no goods yet
}

func newServicesEnv(t *testing.T, binary string) *servicesEnv {
	t.Helper()
	e := &servicesEnv{
		binary: binary, address: freeAddress(t), client: &http.Client{Timeout: 10 * time.Second}, maybePaid: map[int64]bool{},
	}
	e.proxy = newRecordingProxy(e.address)
	server := httptest.NewServer(e.proxy)
	e.shopEnv = newShopEnv(t, binary, server.URL, func() bool { return false })
	t.Cleanup(func() {
		e.killSandbox()
		server.CloseClientConnections()
		server.Close()
	})
	return e
}

// startSandbox starts a sandbox that knows nobody, makes those known to it who wait for goods, and
// opens the proxy. So the shop meets a service that was away for a while, and not one in which its
// buyers never existed.
func (e *servicesEnv) startSandbox() {
	e.t.Helper()
	e.sandbox = exec.Command(e.binary, "sandbox", "--listen", e.address) //nolint:noctx // it is killed by hand
	require.NoError(e.t, e.sandbox.Start())
	ctx, cancel := context.WithTimeout(e.t.Context(), testTimeout)
	defer cancel()
	for e.call(ctx, "/telegram/bot"+botToken+"/getMe", struct{}{}) != nil {
		require.NoError(e.t, ctx.Err(), "the sandbox does not listen")
		time.Sleep(5 * time.Millisecond)
	}
	require.NoError(e.t, e.call(ctx, "/cryptopay/api/getMe", struct{}{}))
	require.NoError(e.t, e.call(ctx, "/ui/webhook", map[string]any{"url": e.webhooks.url}))
	for _, who := range e.waiting(ctx) {
		require.NoError(e.t, e.say(ctx, who, "/language"))
	}
	e.starts.Add(1)
	e.proxy.closed.Store(false)
}

// killSandbox is kill -9.
func (e *servicesEnv) killSandbox() {
	e.proxy.closed.Store(true)
	if e.sandbox == nil {
		return
	}
	_ = e.sandbox.Process.Kill()
	_ = e.sandbox.Wait() // returns that it was killed
	e.sandbox = nil
}

// killShopBeforePayment kills the shop after a buyer has got a pay link and before the buyer pays,
// so that the payment meets a dead shop however slow the machine is.
func (e *servicesEnv) killShopBeforePayment() {
	e.mayPay.Lock()
	for end := time.Now().Add(testTimeout / 4); e.withLink.Load() == 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	e.shop.kill()
	e.mayPay.Unlock()
	e.webhooks.awaitRefusal(10 * time.Second)
}

// freezeSandbox stops the sandbox process for a while and calls meanwhile: its system goes on
// taking connections, and it answers nothing.
func (e *servicesEnv) freezeSandbox(d time.Duration, meanwhile func()) {
	e.t.Helper()
	require.NoError(e.t, e.sandbox.Process.Signal(syscall.SIGSTOP))
	time.Sleep(d / 2)
	meanwhile()
	time.Sleep(d / 2)
	require.NoError(e.t, e.sandbox.Process.Signal(syscall.SIGCONT))
}

// refusedError is a refusal of the sandbox. After any other error it is unknown what was done.
type refusedError struct{ status int }

func (e *refusedError) Error() string { return fmt.Sprintf("refused with %d", e.status) }

// call makes a request to the sandbox as people do, past the proxy.
func (e *servicesEnv) call(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+e.address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(cryptopay.TokenHeader, appToken)
	resp, err := e.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return &refusedError{resp.StatusCode}
	}
	return nil
}

// say has somebody write to the bot who may be new to this sandbox.
func (e *servicesEnv) say(ctx context.Context, who int64, text string) error {
	if err := e.call(ctx, "/ui/join", map[string]any{"id": who, "name": "Buyer", "language": "en"}); err != nil {
		return err
	}
	return e.call(ctx, "/ui/say", map[string]any{"as": fmt.Sprint(who), "text": text})
}

// setMaybePaid records whether somebody may have paid.
func (e *servicesEnv) setMaybePaid(who int64, maybe bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if maybe {
		e.maybePaid[who] = true
	} else {
		delete(e.maybePaid, who)
	}
}

// waiting lists the people who may have paid and have no goods yet, and those whom the shop has
// still to send something: it may not know that the goods have arrived.
func (e *servicesEnv) waiting(ctx context.Context) []int64 {
	e.mu.Lock()
	people := slices.Collect(maps.Keys(e.maybePaid))
	e.mu.Unlock()
	people = slices.DeleteFunc(people, func(who int64) bool { return len(e.proxy.goodsOf(who)) > 0 })
	return append(people, e.undelivered(ctx)...)
}

// undelivered lists the buyers of orders in delivery, from the running shop or its database.
func (e *servicesEnv) undelivered(ctx context.Context) (people []int64) {
	e.t.Helper()
	var rows [][]string
	for rows == nil {
		cmd := exec.CommandContext(ctx, e.binary, "orders", "--csv", "--status", string(shop.StatePaid))
		cmd.Env = e.shop.env
		out, err := cmd.Output()
		if err == nil {
			rows, err = csv.NewReader(bytes.NewReader(out)).ReadAll()
			require.NoError(e.t, err)
		}
		require.NoError(e.t, ctx.Err(), "neither the shop nor its database answers") // the shop may just be opening the database
	}
	buyer := slices.Index(rows[0], "buyer_id")
	for _, row := range rows[1:] {
		who, err := strconv.ParseInt(row[buyer], 10, 64)
		require.NoError(e.t, err)
		people = append(people, who)
	}
	return people
}
