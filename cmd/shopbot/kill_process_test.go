package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buildShop builds the program as it is shipped, without the race detector, which would make it another one.
func buildShop(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "shopbot")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// process is the real program in a process of its own, which dies without a warning and comes back.
type process struct {
	t       *testing.T
	binary  string
	env     []string
	listen  string // of webhooks
	ops     string
	log     *os.File
	running *exec.Cmd
	starts  int
}

func newProcess(t *testing.T, binary, dir string, env []string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "shop.log"))
	require.NoError(t, err)
	p := &process{t: t, binary: binary, listen: freeAddress(t), ops: freeAddress(t), log: log}
	p.env = append([]string{"SHOPBOT_LISTEN=" + p.listen, "SHOPBOT_OPS_LISTEN=" + p.ops}, env...)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name()) // as much as there is
			t.Logf("the shop's log ends with:\n%s", text[max(len(text)-4000, 0):])
		}
		_ = log.Close()
	})
	return p
}

// freeAddress is one at which nobody listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (p *process) start() {
	p.t.Helper()
	p.running = exec.Command(p.binary, "run") //nolint:noctx // it is killed by hand
	p.running.Env = p.env
	p.running.Stdout, p.running.Stderr = p.log, p.log
	require.NoError(p.t, p.running.Start())
	p.starts++
}

// kill is kill -9. That the shop has ended by itself before is a failure.
func (p *process) kill() {
	if p.running == nil {
		return
	}
	_ = p.running.Process.Kill()
	err := p.running.Wait()
	if exit, ended := errors.AsType[*exec.ExitError](err); !ended || exit.Exited() {
		p.t.Errorf("the shop ended by itself: %v", err)
	}
	p.running = nil
}

// stop ends it as an operator would.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.running.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.running.Wait(), "it ends well")
	p.running = nil
}

// awaitReady returns when the shop says that it is ready.
func (p *process) awaitReady(ctx context.Context) {
	p.t.Helper()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ops+"/readyz", nil)
		require.NoError(p.t, err)
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			require.NoError(p.t, ctx.Err(), "the shop is not ready")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// command runs another command of the program and returns what it printed.
func (p *process) command(args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.binary, args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, string(out))
	return string(out)
}
