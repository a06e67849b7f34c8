package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

var update = flag.Bool("update", false, "write docs/quick-start.md anew")

// newcomer is a person with the program, an empty directory, and a Telegram account.
type newcomer struct {
	t      *testing.T
	world  *sandbox.World
	binary string
	dir    string
	env    []string
	seen   strings.Builder // what the person typed and read
}

func newNewcomer(t *testing.T, binary string) *newcomer {
	t.Helper()
	world := sandbox.New(sandbox.Options{Testnet: true})
	server := httptest.NewServer(world.Handler())
	t.Cleanup(func() {
		world.Close()
		server.Close()
	})
	world.Telegram().SetBotName(botToken, "Pixel Goods")
	return &newcomer{t: t, world: world, binary: binary, dir: t.TempDir(), env: []string{
		"HOME=" + t.TempDir(), "SHOPBOT_TELEGRAM_API_URL=" + server.URL + "/telegram", "SHOPBOT_CRYPTOPAY_API_URL=" + server.URL + "/cryptopay",
	}}
}

// command is a command in the person's directory.
func (n *newcomer) command(ctx context.Context, more []string, args ...string) *exec.Cmd {
	fmt.Fprintf(&n.seen, "$ shopbot %s\n", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, n.binary, args...)
	cmd.Args[0], cmd.Dir, cmd.Env = "shopbot", n.dir, slices.Concat(n.env, more)
	return cmd
}

// dialogue runs a command on a terminal of its own. Each answer is given once its question is on
// the screen.
func (n *newcomer) dialogue(cmd *exec.Cmd, answers ...[2]string) {
	n.t.Helper()
	terminal, err := pty.Start(cmd)
	require.NoError(n.t, err)
	defer func() { _ = terminal.Close() }()
	screen := &screen{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(screen, terminal) // ends with an error when the command does
	}()
	for _, a := range answers {
		question, answer := a[0], a[1]
		require.Eventually(n.t, func() bool { return strings.HasSuffix(screen.String(), question) }, time.Minute, 10*time.Millisecond, "%s", question)
		_, err := io.WriteString(terminal, answer+"\n")
		require.NoError(n.t, err)
	}
	require.NoError(n.t, cmd.Wait(), screen)
	<-read
	n.seen.WriteString(strings.ReplaceAll(screen.String(), "\r\n", "\n"))
}

// screen keeps what a command writes.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// runs runs a command to its end.
func (n *newcomer) runs(env []string, args ...string) {
	n.t.Helper()
	out, err := n.command(n.t.Context(), env, args...).CombinedOutput()
	require.NoError(n.t, err, string(out))
	n.seen.Write(out)
}

// start runs the shop until the returned function is called, and returns the link that makes an
// owner, as far as the bot is sent it. The log is left out of what the person reads.
func (n *newcomer) start() (claim string, stop func()) {
	n.t.Helper()
	out, log := &screen{}, &screen{}
	cmd := n.command(n.t.Context(), []string{
		"SHOPBOT_LISTEN=127.0.0.1:0", "SHOPBOT_OPS_LISTEN=127.0.0.1:0", "SHOPBOT_SYNC_INTERVAL=1s", // to save time, and use no port
	}, "run", "--env-file", "shopbot.env")
	cmd.Stdout, cmd.Stderr = out, log
	require.NoError(n.t, cmd.Start())
	const end = "until the shop stops.\n"
	require.Eventually(n.t, func() bool { return strings.HasSuffix(out.String(), end) }, time.Minute, 10*time.Millisecond, "%s", log)
	n.seen.WriteString(out.String())
	found := ownerLink.FindStringSubmatch(out.String())
	require.NotNil(n.t, found, out)
	return found[1], func() {
		n.t.Helper()
		require.NoError(n.t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(n.t, cmd.Wait(), log)
		require.NotContains(n.t, log.String(), "level=ERROR")
		n.seen.WriteString("^C\n")
	}
}

// do has the person do something in the chat, and waits for a message of the bot that is new or was
// changed, and has a text in it.
func (n *newcomer) do(act string, do func() error, want string) telegram.Message {
	n.t.Helper()
	before := n.sent()
	require.NoError(n.t, do())
	fmt.Fprintf(&n.seen, "\nYou: %s\n", act)
	return n.reads(want, before)
}

// reads waits for a message of the bot that has a text in it, or in its buttons, and is not among
// those of before.
func (n *newcomer) reads(want string, before []telegram.Message) (found telegram.Message) {
	n.t.Helper()
	known := map[string]bool{}
	for _, m := range before {
		known[shown(m)] = true
	}
	if !assert.Eventually(n.t, func() bool {
		for _, m := range slices.Backward(n.sent()) {
			if !known[shown(m)] && strings.Contains(shown(m), want) {
				found = m
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond) {
		require.Failf(n.t, "no such message", "%q after:\n%s", want, n.seen.String())
	}
	fmt.Fprintf(&n.seen, "Bot: %s\n", shown(found))
	return found
}

// shown is a message as the person sees it.
func shown(m telegram.Message) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n     "))
	if m.Document != nil {
		fmt.Fprintf(&b, "\n     📎 %s", m.Document.Name)
	}
	for _, row := range m.Buttons {
		b.WriteString("\n    ")
		for _, button := range row {
			fmt.Fprintf(&b, " [%s]", button.Text)
		}
	}
	return b.String()
}

// sent lists what the bot sent to the person.
func (n *newcomer) sent() []telegram.Message { return n.world.Telegram().Sent(botToken, olga) }

func (n *newcomer) say(text, want string) telegram.Message {
	n.t.Helper()
	return n.do(text, func() error { return n.world.Telegram().Say(botToken, olga, text) }, want)
}

func (n *newcomer) tap(label, want string) telegram.Message {
	n.t.Helper()
	for _, m := range slices.Backward(n.world.Telegram().Chat(botToken, olga)) {
		if b, found := testenv.FindButton(m, label); found {
			return n.do("["+b.Text+"]", func() error { return n.world.Telegram().Tap(botToken, olga, m.ID, b.Text) }, want)
		}
	}
	require.Failf(n.t, "no such button", "%q in:\n%s", label, n.seen.String())
	return telegram.Message{}
}

// anonymous replaces what differs from run to run.
func (n *newcomer) anonymous(claim string) string {
	const order, at = "1NGV3WE5T0W4GA3", "30 Nov 2026, 15:00 UTC"
	text := strings.NewReplacer(n.dir, "/home/olga/shop", strings.TrimPrefix(claim, "own_"), "7F3KQ0ZB5T2MXW9H").Replace(n.seen.String())
	for pattern, with := range map[string]string{
		`(?m) +$`: "",
		n.world.CryptoPay().Invoices(appToken)[0].Payload: order,
		`until \d\d:\d\d UTC`:                             "until 15:30 UTC",
		`\d+ \w+ \d{4}, \d\d:\d\d UTC`:                    at,
		`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`:                 "2026-11-30T15:00:00Z",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, with)
	}
	return text
}

// compareWithDocs compares what the person saw with the transcript in the docs, or writes it there.
func compareWithDocs(t *testing.T, seen string) {
	t.Helper()
	const page, begin, end = "../../docs/quick-start.md", "```text\n", "```\n"
	docs, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, _ := strings.Cut(string(docs), begin)
	shown, after, found := strings.Cut(rest, end)
	require.True(t, found, page)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+seen+end+after), 0o600)) //nolint:gosec // our own page
		return
	}
	// A product's page that is drawn before the rates are known has no price in coins.
	const rate = " ≈ 1.50 USDT"
	require.Equal(t, strings.ReplaceAll(shown, rate, ""), strings.ReplaceAll(seen, rate, ""), "go test ./internal/e2e -run TestAnEmptyDirectory -update")
}

// A person who has the program, tokens and an empty directory has sold something two commands and a
// few taps later. docs/quick-start.md shows what that looks like.
func TestAnEmptyDirectoryBecomesAShopThatHasSoldSomething(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("terminals of another kind")
	}
	binary := testenv.BuildShop(t)

	t.Run("for test coins, on a terminal", func(t *testing.T) {
		n := newNewcomer(t, binary)
		n.world.CryptoPay().SetAppName(appToken, "Pixel Goods")
		n.dialogue(n.command(t.Context(), nil, "init"),
			[2]string{"Token of the bot (not shown as you paste it): ", botToken},
			[2]string{"Token of the app (not shown as you paste it): ", appToken},
			[2]string{"as buyers see it [Pixel Goods]: ", ""})
		require.NotContains(t, n.seen.String(), botToken)
		require.NotContains(t, n.seen.String(), appToken)
		info, err := os.Stat(filepath.Join(n.dir, "shopbot.env"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

		claim, stop := n.start()
		n.say("/start "+claim, "You are an owner")
		n.say("/catalog", "What are you looking for?")
		n.tap("Guides and files", "Six pixel wallpapers")
		n.tap("Six pixel wallpapers", "A ZIP archive")
		bill := n.tap("Buy", "Pay 1.50 USD")
		before := n.sent()
		n.do("[Pay 1.50 USD], and pays with test coins", func() error {
			_, err := n.world.CryptoPay().Pay(bill.URLs()[0], olga, "USDT")
			return err
		}, "pixel-wallpapers.zip")
		n.reads("Delivered on", before)
		n.reads("💰 1.50 USD", before)
		n.seen.WriteString("\n")
		stop()
		n.runs(nil, "orders", "--env-file", "shopbot.env")
		compareWithDocs(t, n.anonymous(claim))
		n.runs(nil, "check", "--database", "--env-file", "shopbot.env")
		require.Contains(t, n.seen.String(), "is sound: 1 order")
	})

	t.Run("for Stars alone, without a terminal", func(t *testing.T) {
		n := newNewcomer(t, binary)
		n.runs([]string{"SHOPBOT_TELEGRAM_TOKEN=" + botToken}, "init", "--yes", "--stars-only", "--name", "Star Goods")
		claim, stop := n.start()
		n.say("/start "+claim, "You are an owner")
		bill := n.say("/buy wallpapers", "Pay 116 ⭐")
		before := n.sent()
		_, err := n.world.Telegram().PayStarsLink(bill.URLs()[0], olga)
		require.NoError(t, err)
		n.reads("pixel-wallpapers.zip", before)
		require.Equal(t, int64(116), n.world.Telegram().StarBalance(botToken))
		n.reads("💰 116 ⭐", before)
		stop()
		require.Empty(t, n.world.CryptoPay().Apps(), "Crypto Pay was not asked")
		n.runs(nil, "check", "--database", "--env-file", "shopbot.env")
	})
}
