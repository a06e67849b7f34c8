package crash

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shopProcess is the real program in a process of its own.
type shopProcess struct {
	t       *testing.T
	binary  string
	env     []string
	listen  string // address of the webhook listener
	ops     string // address of the private listener
	log     *os.File
	running *exec.Cmd // nil while there is no process
	socket  *os.File  // held for the shop as systemd does; nil: it listens by itself
	starts  int
}

func newShopProcess(t *testing.T, binary, dir string, env []string) *shopProcess {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "shop.log"))
	require.NoError(t, err)
	p := &shopProcess{t: t, binary: binary, listen: freeAddress(t), ops: freeAddress(t), log: log}
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

// freeAddress is a loopback address at which nobody listens now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (p *shopProcess) start() {
	p.t.Helper()
	p.running = exec.Command(p.binary, "run") //nolint:noctx // it is killed by hand
	p.running.Env = p.env
	if p.socket != nil {
		p.running.Path, p.running.Args = "/bin/sh", []string{"sh", "-c", `LISTEN_PID=$$ exec "$0" run`, p.binary}
		p.running.Env = slices.Concat(p.env, []string{"LISTEN_FDS=1"})
		p.running.ExtraFiles = []*os.File{p.socket}
	}
	p.running.Stdout, p.running.Stderr = p.log, p.log
	require.NoError(p.t, p.running.Start())
	p.starts++
}

// kill is kill -9. A process that has exited before is a failure.
func (p *shopProcess) kill() {
	if p.running == nil {
		return
	}
	_ = p.running.Process.Kill()
	err := p.running.Wait()
	if exit, ended := errors.AsType[*exec.ExitError](err); !ended || exit.Exited() {
		p.t.Errorf("the shop exited before it was killed: %v", err)
	}
	p.running = nil
}

// stop ends the process as an operator would.
func (p *shopProcess) stop() {
	p.t.Helper()
	require.NoError(p.t, p.running.Process.Signal(syscall.SIGTERM))
	require.NoError(p.t, p.running.Wait(), "exit code of the shop")
	p.running = nil
}

// awaitReady returns when /readyz answers 200.
func (p *shopProcess) awaitReady(ctx context.Context) {
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
func (p *shopProcess) command(args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.binary, args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, string(out))
	return string(out)
}

// leads reports whether the replica leads, by its metrics. One that does not answer does not.
func (p *shopProcess) leads(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ops+"/metrics", nil)
	require.NoError(p.t, err)
	resp, err := (&http.Client{Timeout: time.Second}).Do(r)
	if err != nil {
		return false
	}
	metrics, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return err == nil && bytes.Contains(metrics, []byte("\nshopbot_leader 1\n"))
}
