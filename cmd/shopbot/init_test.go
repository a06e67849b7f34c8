package main

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
)

// servedTestnet is the environment for a sandbox of the test network.
func servedTestnet(t *testing.T) []string {
	t.Helper()
	world := sandbox.New(sandbox.Options{Testnet: true})
	server := httptest.NewServer(world.Handler())
	t.Cleanup(func() {
		world.Close()
		server.Close()
	})
	return []string{"SHOPBOT_TELEGRAM_API_URL=" + server.URL + "/telegram", "SHOPBOT_CRYPTOPAY_API_URL=" + server.URL + "/cryptopay"}
}

func TestInitAsksForWhatIsNotSet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my shop")
	c := command{environ: servedTestnet(t), terminal: true, stdin: testenv.BotToken + "\n" + testenv.AppToken + "\nOlga's\n"}
	out, stderr, code := c.run(t, "init", dir)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stderr, "Token of the app")
	require.Contains(t, out, "cd '"+dir+"' && shopbot run --env-file shopbot.env")
	sold, err := os.ReadFile(filepath.Join(dir, "catalog.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(sold), `name: "Olga's"`)

	_, stderr, code = c.run(t, "init", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "shopbot.env is there already, and nothing is overwritten")
	require.NotContains(t, stderr, "Token", "nobody is asked in vain")
}

func TestInitAsksNothingWithoutATerminal(t *testing.T) {
	for _, c := range []command{{}, {terminal: true}} {
		c.environ = servedTestnet(t)
		dir := filepath.Join(t.TempDir(), "shop")
		args := []string{"init", dir}
		if c.terminal {
			args = append(args, "--yes")
		}
		out, stderr, code := c.run(t, args...)
		require.Equal(t, exitUsage, code)
		require.Empty(t, out)
		require.Contains(t, stderr, "shopbot: SHOPBOT_TELEGRAM_TOKEN: required; @BotFather gives the token")
		require.Contains(t, stderr, "shopbot: SHOPBOT_CRYPTOPAY_TOKEN: required; @CryptoTestnetBot gives the token")

		token := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(token, []byte(testenv.BotToken), 0o600))
		c.environ = append(c.environ, "SHOPBOT_CRYPTOPAY_TOKEN="+testenv.AppToken)
		out, stderr, code = c.run(t, append(args, "--telegram-token-file", token)...)
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, out, "on testnet")
		require.FileExists(t, filepath.Join(dir, "shopbot.env"))
	}
}

func TestAPersonMayLeaveInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	_, stderr, code := command{environ: servedTestnet(t), terminal: true, stdin: testenv.BotToken + "\n"}.run(t, "init", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "shopbot: stopped, and nothing was written", "Ctrl-D")
	require.NoDirExists(t, dir)

	ctx, interrupt := context.WithCancel(t.Context())
	stdin, typing := io.Pipe() // nobody types anything
	defer func() { _ = typing.Close() }()
	var trouble strings.Builder
	interrupt()
	require.Equal(t, exitFailed, execute(ctx, []string{"init", dir}, &console{terminal: true, stdin: stdin, stdout: io.Discard, stderr: &trouble}))
	require.Contains(t, trouble.String(), "shopbot: stopped, and nothing was written", "SIGTERM")
	require.NoDirExists(t, dir)
}

func TestTheNextStepsCallTheProgramAsThePersonDid(t *testing.T) {
	whole, err := filepath.Abs("bin/shopbot")
	require.NoError(t, err)
	for _, test := range []struct{ called, dir, want string }{
		{"shopbot", "shop", "shopbot"},
		{"bin/shopbot", ".", "bin/shopbot"},
		{"bin/shopbot", "shop", whole},
		{"/tmp/go-build1/b001/exe/shopbot", ".", "shopbot"},
		{"", ".", "shopbot"},
	} {
		require.Equal(t, test.want, (&initCommand{Dir: test.dir}).program(test.called), test)
	}
}
