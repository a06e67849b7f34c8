package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// buildShop builds the shop as its owner would.
func buildShop(ctx context.Context, dir string) (path string, err error) {
	path = filepath.Join(dir, "shopbot")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "shopbot/cmd/shopbot").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the shop: %w: %s", err, out)
	}
	return path, nil
}

// process is a running shop.
type process struct {
	cmd         *exec.Cmd
	log         *os.File
	public, ops string // addresses
}

// stopLimit is how long a shop may take to stop.
const stopLimit = 30 * time.Second

// settings are what a case needs of the shop.
type settings struct {
	byWebhook bool     // Telegram posts its updates; else it is asked for them
	more      []string // variables, NAME=value
}

// startShop runs the shop on a database. Its log goes to a file in dir, at the level
// that is its default.
func startShop(ctx context.Context, program, dir, database string, s *services, set settings) (*process, error) {
	public, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	ops, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "shop.log")) //nolint:gosec // a directory of our own
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "run")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopLimit
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = append([]string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + s.address + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + s.address + "/cryptopay",
		"SHOPBOT_CATALOG=" + filepath.Join(dir, catalogName), "SHOPBOT_DATABASE=" + database,
		"SHOPBOT_LISTEN=" + public, "SHOPBOT_OPS_LISTEN=" + ops,
	}, set.more...)
	if set.byWebhook {
		cmd.Env = append(cmd.Env, "SHOPBOT_PUBLIC_URL=http://"+public)
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	p := &process{cmd: cmd, log: log, public: public, ops: ops}
	if err := p.waitReady(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// freeAddress is one that nobody listens at.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// waitReady asks /readyz until it says yes.
func (p *process) waitReady(ctx context.Context) error {
	began, answer := time.Now(), ""
	for time.Since(began) < callTimeout {
		status, body, err := p.get(ctx, "/readyz")
		if status == http.StatusOK {
			return nil
		}
		answer = string(body)
		if err != nil {
			answer = err.Error()
		}
		time.Sleep(500 * time.Microsecond)
	}
	return fmt.Errorf("the shop is not ready: %s; its log is %s", answer, p.log.Name())
}

// get asks the shop's private listener.
func (p *process) get(ctx context.Context, path string) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ops+path, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, errors.Join(err, resp.Body.Close())
}

// stop ends the shop as a service manager does, and waits for its end.
func (p *process) stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	hang := time.AfterFunc(stopLimit, func() { _ = p.cmd.Process.Kill() })
	defer hang.Stop()
	if waitErr := p.cmd.Wait(); waitErr != nil {
		err = errors.Join(err, fmt.Errorf("the shop: %w; its log is %s", waitErr, p.log.Name()))
	}
	return errors.Join(err, p.log.Close())
}
