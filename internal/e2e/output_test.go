package e2e

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

// startUnread runs the real binary with standard output and error in one pipe, and returns the
// pipe.
func startUnread(t *testing.T, binary string, env []string, args ...string) (cmd *exec.Cmd, output *os.File) {
	t.Helper()
	output, write, err := os.Pipe()
	require.NoError(t, err)
	cmd = exec.CommandContext(t.Context(), binary, args...)
	ours := func(variable string) bool { return strings.HasPrefix(variable, "SHOPBOT_") } // those of the tests
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ours), env...)
	cmd.Stdout, cmd.Stderr = write, write
	require.NoError(t, cmd.Start())
	require.NoError(t, write.Close())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = output.Close()
	})
	return cmd, output
}

// shopEnviron is for a shop whose services cannot be reached.
func shopEnviron(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	testenv.WriteShopFiles(t, dir)
	return []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=http://127.0.0.1:1/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=http://127.0.0.1:1/cryptopay",
		"SHOPBOT_CATALOG=" + filepath.Join(dir, "catalog.yaml"), "SHOPBOT_DATABASE=" + filepath.Join(dir, "shop.db"),
		"SHOPBOT_LISTEN=127.0.0.1:0", "SHOPBOT_OPS_LISTEN=127.0.0.1:0", "SHOPBOT_LOG_LEVEL=debug",
	}
}

// readUntil reads lines until one matches, and returns what the group caught.
func readUntil(t *testing.T, output *bufio.Reader, pattern string) string {
	t.Helper()
	for {
		line, err := output.ReadString('\n')
		require.NoError(t, err)
		if found := regexp.MustCompile(pattern).FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
}

// stillServes has strangers make requests that are logged, and asks for the shop's health.
func stillServes(t *testing.T, address string, requests int) {
	t.Helper()
	client := &http.Client{Timeout: 30 * time.Second}
	for range requests {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/cryptopay/webhook", strings.NewReader("{}"))
		require.NoError(t, err)
		resp, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/healthz", nil)
	require.NoError(t, err)
	resp, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// stopsInOrder ends a program as an operator would.
func stopsInOrder(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "exit code")
}

func TestTheProgramOutlivesTheReadersOfItsOutput(t *testing.T) {
	t.Parallel() // it takes long
	binary := testenv.BuildShop(t)
	for name, leaves := range map[string]bool{"the reader leaves": true, "the reader reads no more": false} {
		t.Run("run: "+name, func(t *testing.T) {
			cmd, output := startUnread(t, binary, shopEnviron(t), "run")
			address := "http://" + readUntil(t, bufio.NewReader(output), `shop open.* listen=(\S+)`)
			if leaves {
				require.NoError(t, output.Close())
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGHUP)) // one more line: the catalog was read again
			stillServes(t, address, 1500)                          // lines of more than a pipe holds
			stopsInOrder(t, cmd)
		})
		t.Run("demo: "+name, func(t *testing.T) {
			cmd, output := startUnread(t, binary, nil, "demo", "--listen", "127.0.0.1:0")
			address := "http://" + readUntil(t, bufio.NewReader(output), `the shop\s+http://(\S+) `)
			if leaves {
				require.NoError(t, output.Close())
			}
			stillServes(t, address, 10)
			stopsInOrder(t, cmd)
		})
	}
	t.Run("a list does not", func(t *testing.T) { listIsCutOff(t, binary) })
}

// A list that is cut off by its reader, as by head, ends the usual way.
func listIsCutOff(t *testing.T, binary string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "--help")
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	cmd.Stdout = write
	var said testenv.LogBuffer
	cmd.Stderr = &said
	err = cmd.Run()
	require.NoError(t, write.Close())
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGPIPE, status.Signal(), "%v", err)
	require.Empty(t, said.String())
}
