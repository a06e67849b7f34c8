package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// patience is after how long without an answer the measurement is given up.
const patience = 30 * time.Second

// The tokens are good for nothing but this program.
const (
	botToken = "1000:bench-token-for-this-machine-alone-00"
	appToken = "2000:BenchTokenForThisMachineAlone000000"
	owner    = 9_000_000_000 // the Telegram id of the shop's admin
	sku      = "steam-10"
	catalog  = `
shop: {name: Bench, currency: USD, assets: [USDT], languages: [en]}
categories: [{id: games, title: Games}]
products:
  - {sku: steam-10, category: games, title: Steam card $10, description: A code for your wallet, price: "10.5", deliver: keys}
`
)

// Settings of a shop that differ between the measurements.
const (
	telegramPace = "SHOPBOT_TELEGRAM_RATE_LIMIT=30"      // as the real Telegram asks for
	noPace       = "SHOPBOT_TELEGRAM_RATE_LIMIT=1000000" // of all chats together
)

// site is where shops run, one at a time.
type site struct {
	*remote

	dir, public, ops, baseline string
}

func newSite(ctx context.Context, dir string) (*site, error) {
	s := &site{remote: newRemote(), dir: dir}
	for _, address := range []*string{&s.public, &s.ops, &s.baseline} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }() // makes place for who is started there
		*address = l.Addr().String()
	}
	return s, os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte(catalog), 0o600)
}

// build is a shopbot program and its database.
type build struct {
	*site

	program, database string
}

// shopbot prepares a command of the program with one more setting.
func (b build) shopbot(ctx context.Context, setting string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Dir = b.dir
	cmd.Env = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + b.URL + "/telegram", setting,
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + b.URL + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_BURST=1000000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=128",
		"SHOPBOT_CATALOG=catalog.yaml", "SHOPBOT_DATABASE=" + b.database, "SHOPBOT_ADMINS=" + strconv.Itoa(owner),
		"SHOPBOT_LISTEN=" + b.public, "SHOPBOT_OPS_LISTEN=" + b.ops, "SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_SYNC_INTERVAL=24h",
	}
	return cmd
}

// run runs a command to its end. peak is the most memory that its process has had, in bytes.
func (b build) run(ctx context.Context, args ...string) (out string, peak float64, err error) {
	var text bytes.Buffer
	cmd := b.shopbot(ctx, telegramPace, args...)
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		return "", 0, err
	}
	// The kernel's own maximum (ru_maxrss) begins with the memory of this program.
	for now := 1.0; now > 0; time.Sleep(time.Millisecond) {
		now, _ = process{pid: cmd.Process.Pid}.peak() // 0 when it has ended
		peak = max(peak, now)
	}
	if err := cmd.Wait(); err != nil {
		return "", 0, fmt.Errorf("shopbot %s: %w: %s", args[0], err, &text)
	}
	return text.String(), peak, nil
}

// process is a running shop.
type process struct {
	pid     int
	started time.Duration // how long it took to get ready
}

// serve runs the shop while do runs, then stops it as a service manager does.
func (b build) serve(ctx context.Context, setting string, do func(process) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	log, err := os.Create(filepath.Join(b.dir, "shop.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := b.shopbot(ctx, setting, "run")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = log, log, patience
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	if err = waitFor(ctx, "http://"+b.ops+"/readyz"); err == nil {
		err = do(process{cmd.Process.Pid, time.Since(began)})
	}
	stop()
	if stopped := cmd.Wait(); !errors.Is(stopped, context.Canceled) {
		err = errors.Join(err, stopped)
	}
	if err != nil {
		return fmt.Errorf("%s, whose log is %s: %w", b.program, log.Name(), err)
	}
	return nil
}

// waitFor asks until the answer is 200.
func waitFor(ctx context.Context, url string) error {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(500 * time.Microsecond) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s: %w", url, errTimeout)
}

// peak is the most memory that the process has had, in bytes.
func (p process) peak() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	return float64(number(status, "VmHWM:") << 10), err
}

// cpu is the processor time that the process has used, to 10 ms.
func (p process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	var user, system time.Duration
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the program's name may hold blanks
	if err == nil {
		_, err = fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system)
	}
	return (user + system) * 10 * time.Millisecond, err
}

// newBuild is a program with no database yet.
func (s *site) newBuild(program string) build {
	return build{s, program, filepath.Join(s.dir, fmt.Sprintf("shop-%d.db", s.ids.Add(1)))}
}

// copied lends do a copy of a stopped shop. It waits for the disk, so that no write of it is measured.
func (b build) copied(do func(build) error) error {
	from, err := os.Open(b.database)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	c := b.newBuild(b.program)
	to, err := os.Create(c.database)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(c.database) }()
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return err
	}
	return do(c)
}
