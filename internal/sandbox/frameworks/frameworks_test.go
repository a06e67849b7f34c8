package frameworks

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

// installTimeout is how long a registry may take, and stepTimeout a library for one step.
const (
	installTimeout = 3 * time.Minute
	stepTimeout    = time.Minute
)

func TestRealLibrariesLiveAgainstTheSandbox(t *testing.T) {
	env := newEnv(t)
	t.Run("bots", env.bots)
	t.Run("payments", env.payments)
	t.Run("a club for Stars", env.club)
}

func (e *env) bots(t *testing.T) {
	for i, name := range []string{"grammy", "telegraf", "node-telegram-bot-api", "gramio", "telebot", "tgbotapi"} {
		t.Run(name, func(t *testing.T) {
			token := fmt.Sprintf("%d:AA%s", 1001+i, strings.Repeat("f", 33))
			s := e.start(t, name, "TOKEN="+token)
			s.await("ready")
			e.live(t, token)
			s.ends()
		})
	}
}

// live is the life of a bot, as its user sees it. The scripts in testdata are the other side.
func (e *env) live(t *testing.T, token string) {
	t.Helper()
	tg := e.world.Telegram()
	await := func(what string, condition func(sent []telegram.Message) bool) (last telegram.Message) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
		defer cancel()
		err := e.world.Await(ctx, func() bool { return condition(tg.Sent(token, sandbox.Alice)) })
		require.NoError(t, err, "no "+what)
		sent := tg.Sent(token, sandbox.Alice)
		return sent[len(sent)-1]
	}

	require.NoError(t, tg.Say(token, sandbox.Alice, "/start"))
	offer := await("offer", func(sent []telegram.Message) bool { return len(sent) == 1 })
	require.Equal(t, "Choose", offer.Text)
	require.Equal(t, []telegram.Entity{{Type: "bold", Length: 6}}, offer.Entities)
	require.Len(t, offer.Buttons[0], 2)
	require.Equal(t, "https://example.com", offer.Buttons[0][1].URL)

	require.NoError(t, tg.Tap(token, sandbox.Alice, offer.ID, "Buy"))
	await("goods", func(sent []telegram.Message) bool { return len(sent) == 4 })
	sent := tg.Sent(token, sandbox.Alice)
	require.Equal(t, "Thanks", tg.Alerts(token, sandbox.Alice)[0].Text)
	require.Equal(t, "Bought", sent[0].Text)
	require.Equal(t, "keys.txt", sent[1].Document.Name)
	require.Equal(t, "KEY-1\n", string(sent[1].Document.Data))
	require.Equal(t, "your keys", sent[1].Text)
	require.NotNil(t, sent[2].Photo)
	require.NotEmpty(t, sent[2].Group)
	require.Equal(t, sent[2].Group, sent[3].Group)

	require.NoError(t, tg.Upload(token, sandbox.Alice, "list.txt", []byte("A\nB"), ""))
	answer := await("answer to a file", func(sent []telegram.Message) bool { return len(sent) == 5 })
	require.Equal(t, "got A\nB", answer.Text)
	require.Equal(t, "start", tg.Commands(token, sandbox.Alice)[0].Command)

	require.NoError(t, tg.Say(token, sandbox.Alice, "/stop"))
	await("farewell", func(sent []telegram.Message) bool { return len(sent) == 6 })
}

// club is the life of a bot that sells a channel for Stars.
func (e *env) club(t *testing.T) {
	token := "3001:AA" + strings.Repeat("f", 33)
	s := e.start(t, "grammy-club", "TOKEN="+token)
	s.await("ready")
	tg := e.world.Telegram()
	says := func(text string) telegram.Message {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
		defer cancel()
		var last telegram.Message
		err := e.world.Await(ctx, func() bool {
			for _, m := range tg.Sent(token, sandbox.Alice) {
				last = m
			}
			return last.Text == text
		})
		require.NoError(t, err, "%s, and not %q", text, last.Text)
		return last
	}
	club, err := tg.AddGroup(token, sandbox.Olga, "channel", "Club")
	require.NoError(t, err)
	require.NoError(t, tg.Say(token, sandbox.Alice, "/club"))
	checkout, err := tg.PayStarsLink(says("Join for Stars").Buttons[0][0].URL, sandbox.Alice)
	require.NoError(t, err)
	_, err = tg.Join(says("Welcome").Buttons[0][0].URL, sandbox.Alice)
	require.NoError(t, err)
	says("joined by order 1")
	paid, _ := tg.Checkout(checkout)
	require.Equal(t, telegram.CheckoutPaid, paid.State)
	renewed, err := tg.RenewSubscription(token, paid.Charge)
	require.NoError(t, err)
	require.True(t, renewed)
	says("renewed")
	require.NoError(t, tg.Leave(token, club, sandbox.Alice))
	says("500 back")
	require.EqualValues(t, 500, tg.StarBalance(token))
	require.NoError(t, tg.Say(token, sandbox.Alice, "/stop"))
	says("bye")
	s.ends()
}

func (e *env) payments(t *testing.T) {
	for i, name := range []string{"foile", "crypto-bot-api"} {
		t.Run(name, func(t *testing.T) {
			token := fmt.Sprintf("%d:AA%s", 2001+i, strings.Repeat("f", 33))
			port := freePort(t)
			s := e.start(t, name, "APP_TOKEN="+token, "HOOK="+port)
			_, bill, _ := strings.Cut(s.await("invoice"), " ")
			s.await("ready")
			pay := e.world.CryptoPay()
			pay.SetWebhook(token, "http://127.0.0.1:"+port+"/paid")
			_, err := pay.Pay(bill, sandbox.Alice, "USDT")
			require.NoError(t, err)
			require.Equal(t, "sent 2", s.await("sent"))
			s.ends()
		})
	}
}

// env is a sandbox on a socket, and the libraries in a temporary folder.
type env struct {
	world *sandbox.World
	dir   string
	vars  []string
}

// mode is "required" to fail where npm or a registry is missing, "off" to skip the test anyway, and
// empty to skip it where something is missing.
var mode = os.Getenv("SHOPBOT_FRAMEWORKS_TEST")

// newEnv installs the libraries, or skips the test.
func newEnv(t *testing.T) *env {
	t.Helper()
	if mode == "off" {
		t.Skip("real libraries are not tested: SHOPBOT_FRAMEWORKS_TEST=off")
	}
	e := &env{world: sandbox.New(sandbox.Options{}), dir: t.TempDir()}
	t.Cleanup(e.world.Close)
	plain, secure := httptest.NewServer(e.world.Handler()), httptest.NewTLSServer(e.world.Handler())
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	ca := filepath.Join(e.dir, "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	require.NoError(t, os.WriteFile(ca, certificate, 0o600))
	e.vars = append(os.Environ(), "API="+plain.URL+"/telegram", "ROOT="+plain.URL, "SECURE="+secure.URL, "PICTURE="+picture(t),
		"USER="+strconv.FormatInt(sandbox.Alice, 10), "NODE_EXTRA_CA_CERTS="+ca, "GOFLAGS=-mod=readonly")

	require.NoError(t, os.CopyFS(e.dir, os.DirFS("testdata/node")))
	e.install(t, e.dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
	e.install(t, "testdata/go", "go", "build", "-o", e.dir+string(filepath.Separator), "./...")
	return e
}

func (e *env) install(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, e.vars
	out, err := cmd.CombinedOutput()
	if err != nil && mode != "required" {
		t.Skipf("real libraries are not tested here: %s %s: %v\n%s", name, args[0], err, out)
	}
	require.NoError(t, err, string(out))
}

// script is a running library.
type script struct {
	t     *testing.T
	out   *output
	ended chan error
}

// start runs a script of testdata until the test ends.
func (e *env) start(t *testing.T, name string, vars ...string) *script {
	t.Helper()
	path := filepath.Join(e.dir, name)
	cmd := exec.CommandContext(t.Context(), path)
	if _, err := os.Stat(path + ".mjs"); err == nil {
		cmd = exec.CommandContext(t.Context(), "node", path+".mjs")
	}
	s := &script{t: t, out: &output{changed: make(chan struct{}, 1)}, ended: make(chan error, 1)}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = e.dir, slices.Concat(e.vars, vars), s.out, s.out
	cmd.WaitDelay = time.Second
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.out)
		}
	})
	go func() { s.ended <- cmd.Wait() }()
	return s
}

// await waits for the line that starts with a word, and returns it.
func (s *script) await(word string) string {
	s.t.Helper()
	deadline := time.After(stepTimeout)
	for {
		if line, found := s.out.line(word); found {
			return line
		}
		select {
		case <-s.out.changed:
		case err := <-s.ended:
			s.ended <- err
			if line, found := s.out.line(word); found {
				return line
			}
			require.FailNow(s.t, "the script ended before it said "+word, err)
		case <-deadline:
			require.FailNow(s.t, "the script did not say "+word)
		}
	}
}

// ends waits for the script to end well.
func (s *script) ends() {
	s.t.Helper()
	select {
	case err := <-s.ended:
		require.NoError(s.t, err)
	case <-time.After(stepTimeout):
		require.FailNow(s.t, "the script did not end")
	}
}

// output collects what a script prints.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) line(word string) (string, bool) {
	for line := range strings.Lines(o.String()) {
		if text, complete := strings.CutSuffix(line, "\n"); complete && strings.HasPrefix(text, word) {
			return text, true
		}
	}
	return "", false
}

// picture is a small PNG in base64.
func picture(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, 90, 90))))
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}
