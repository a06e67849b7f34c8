package main

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

// mortals is a world in which Telegram and Crypto Pay are a process too, that can be frozen, and that forgets
// everything when it is killed: chats, invoices, coins. What the people and the shop were told stays with the test.
type mortals struct {
	*street
	border  *border
	binary  string
	address string // of the sandbox
	hook    string // where the sandbox announces payments
	sandbox *exec.Cmd
	life    atomic.Int64 // of the sandbox, counted from 1
	client  *http.Client

	mu     sync.Mutex
	paying map[int64]bool // people who may have paid and have no goods yet
}

func newMortals(t *testing.T, binary string) *mortals {
	t.Helper()
	m := &mortals{
		street: &street{t: t, dir: t.TempDir(), answered: map[int64]bool{}, orders: map[string]bool{}},
		binary: binary, address: freeAddress(t), client: &http.Client{Timeout: 10 * time.Second}, paying: map[int64]bool{},
	}
	m.border = newBorder(m.address)
	door := httptest.NewServer(m.border)
	hook := httptest.NewServer(http.HandlerFunc(m.takeWebhook))
	m.hook = hook.URL
	m.openShop(binary, door.URL)
	t.Cleanup(func() {
		m.endSandbox()
		for _, server := range []*httptest.Server{door, hook} {
			server.CloseClientConnections()
			server.Close()
		}
	})
	return m
}

// begin starts a sandbox that knows nobody, brings back those who wait for goods, and opens the border. So what
// the shop meets is a service that was away for a while, not one in which its buyers never existed.
func (m *mortals) begin() {
	m.t.Helper()
	m.sandbox = exec.Command(m.binary, "sandbox", "--listen", m.address) //nolint:noctx // it is killed by hand
	require.NoError(m.t, m.sandbox.Start())
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	for m.call(ctx, "/telegram/bot"+botToken+"/getMe", struct{}{}) != nil {
		require.NoError(m.t, ctx.Err(), "the sandbox never listens")
		time.Sleep(5 * time.Millisecond)
	}
	require.NoError(m.t, m.call(ctx, "/cryptopay/api/getMe", struct{}{}))
	require.NoError(m.t, m.call(ctx, "/ui/webhook", map[string]any{"url": m.hook}))
	for _, who := range m.waiting(ctx) {
		require.NoError(m.t, m.say(ctx, who, "/language"))
	}
	m.life.Add(1)
	m.border.closed.Store(false)
}

// endSandbox is kill -9.
func (m *mortals) endSandbox() {
	m.border.closed.Store(true)
	if m.sandbox == nil {
		return
	}
	_ = m.sandbox.Process.Kill()
	_ = m.sandbox.Wait() // says that it was killed
	m.sandbox = nil
}

// freeze stops the sandbox for a while, in the midst of which something else happens: it takes connections, as
// its system does that for it, and says nothing.
func (m *mortals) freeze(d time.Duration, amidst func()) {
	m.t.Helper()
	require.NoError(m.t, m.sandbox.Process.Signal(syscall.SIGSTOP))
	time.Sleep(d / 2)
	amidst()
	time.Sleep(d / 2)
	require.NoError(m.t, m.sandbox.Process.Signal(syscall.SIGCONT))
}

// refusedError is a clear no of the sandbox; any other error leaves open what was done.
type refusedError struct{ status int }

func (e *refusedError) Error() string { return fmt.Sprintf("refused with %d", e.status) }

// call asks the sandbox itself, as people do, whose way does not lead over the border.
func (m *mortals) call(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+m.address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(cryptopay.TokenHeader, appToken)
	resp, err := m.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return &refusedError{resp.StatusCode}
	}
	return nil
}

// say has somebody write to the bot, who is new to this sandbox perhaps.
func (m *mortals) say(ctx context.Context, who int64, text string) error {
	if err := m.call(ctx, "/ui/join", map[string]any{"id": who, "name": "Buyer", "language": "en"}); err != nil {
		return err
	}
	return m.call(ctx, "/ui/say", map[string]any{"as": fmt.Sprint(who), "text": text})
}

// pays notes whether somebody may have paid.
func (m *mortals) pays(who int64, perhaps bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if perhaps {
		m.paying[who] = true
	} else {
		delete(m.paying, who)
	}
}

// waiting is who may have paid and has nothing yet, and whom the shop has still to send something: goods that
// came may have come without its knowing.
func (m *mortals) waiting(ctx context.Context) []int64 {
	m.mu.Lock()
	people := slices.Collect(maps.Keys(m.paying))
	m.mu.Unlock()
	people = slices.DeleteFunc(people, func(who int64) bool { return len(m.border.goods(who)) > 0 })
	return append(people, m.owed(ctx)...)
}

// owed lists the buyers of orders in delivery, by a command that asks the shop where it lives and else its database.
func (m *mortals) owed(ctx context.Context) (people []int64) {
	m.t.Helper()
	var rows [][]string
	for rows == nil {
		cmd := exec.CommandContext(ctx, m.binary, "orders", "--csv", "--status", string(shop.StatePaid))
		cmd.Env = m.shop.env
		out, err := cmd.Output()
		if err == nil {
			rows, err = csv.NewReader(bytes.NewReader(out)).ReadAll()
			require.NoError(m.t, err)
		}
		require.NoError(m.t, ctx.Err(), "neither the shop nor its database answers") // it may just be opening
	}
	buyer := slices.Index(rows[0], "buyer_id")
	for _, row := range rows[1:] {
		who, err := strconv.ParseInt(row[buyer], 10, 64)
		require.NoError(m.t, err)
		people = append(people, who)
	}
	return people
}
