package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// The tokens are good for nothing but this program.
const (
	botToken = "1000:bench-token-for-this-machine-alone-00"
	appToken = "2000:BenchTokenForThisMachineAlone000000"
	owner    = 9_000_000_000 // the Telegram id of the shop's admin
	sku      = "steam-10"
	products = `
shop: {name: Bench, currency: USD, assets: [USDT], languages: [en]}
categories: [{id: games, title: Games}]
products:
  - {sku: steam-10, category: games, title: Steam card $10, description: A code for your wallet, price: "10.5", deliver: keys}
`
)

// How many messages a second a shop may send.
const (
	telegramPace = 30 // what the real Telegram takes
	anyPace      = 1_000_000
)

// instance is a shopbot program with a database.
type instance struct {
	*site

	program, database string
	payments          [][]byte      // webhooks, one for each order that waits for its payment
	grace             time.Duration // to stop in
}

// newInstance has no database yet.
func (s *site) newInstance(program string) instance {
	database := filepath.Join(s.dir, fmt.Sprintf("shop-%d.db", s.ids.Add(1)))
	return instance{site: s, program: program, database: database, grace: patience}
}

// onCopy serves a copy of the database of a stopped shop, once it is on the disk, while do runs.
func (s instance) onCopy(ctx context.Context, pace int, do func(instance, process)) {
	original := s.database
	s.database, s.grace = s.newInstance("").database, 0
	check(exec.CommandContext(ctx, "cp", original, s.database).Run())
	check(exec.CommandContext(ctx, "sync", s.database).Run())
	s.serve(ctx, pace, func(p process) { do(s, p) })
	check(os.Remove(s.database))
}

// shopbot prepares a command of the program.
func (s instance) shopbot(ctx context.Context, pace int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + s.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + s.URL + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_BURST=1000000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=128",
		"SHOPBOT_CATALOG=catalog.yaml", "SHOPBOT_DATABASE=" + s.database, "SHOPBOT_ADMINS=" + strconv.Itoa(owner),
		"SHOPBOT_LISTEN=" + s.public, "SHOPBOT_OPS_LISTEN=" + s.ops, "SHOPBOT_TELEGRAM_RATE_LIMIT=" + strconv.Itoa(pace),
		"SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_SYNC_INTERVAL=24h",
	}
	return cmd
}

// run runs a command to its end. peak is the most memory that it has had, in MB.
func (s instance) run(ctx context.Context, args ...string) (out string, peak float64) {
	var text bytes.Buffer
	cmd := s.shopbot(ctx, telegramPace, args...)
	cmd.Stdout, cmd.Stderr = &text, &text
	check(cmd.Start())
	// The kernel's own maximum (ru_maxrss) begins with the memory of this program.
	for now := 1.0; now > 0; time.Sleep(time.Millisecond) {
		now = process{pid: cmd.Process.Pid}.peak()
		peak = max(peak, now)
	}
	if err := cmd.Wait(); err != nil {
		check(fmt.Errorf("shopbot %s: %w: %s", args[0], err, &text))
	}
	return text.String(), peak
}

// process is a running shop.
type process struct {
	pid     int
	started time.Duration // how long it took to get ready
}

// serve runs the shop while do runs.
func (s instance) serve(ctx context.Context, pace int, do func(process)) {
	log := must(os.Create(filepath.Join(s.dir, "shop.log")))
	defer log.Close()
	cmd := s.shopbot(ctx, pace, "run")
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	check(cmd.Start())
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		defer time.AfterFunc(s.grace, func() { _ = cmd.Process.Kill() }).Stop()
		_ = cmd.Wait()
	}()
	waitFor(ctx, "http://"+s.ops+"/readyz")
	do(process{cmd.Process.Pid, time.Since(began)})
}

// waitFor asks until the answer is 200.
func waitFor(ctx context.Context, url string) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(500 * time.Microsecond) {
		resp, err := http.DefaultClient.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)))
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			return
		}
	}
	check(fmt.Errorf("wait for %s: %w", url, errTimeout))
}

// peak is the most memory that the process has had, in MB; 0 if it has ended.
func (p process) peak() float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	return float64(number(status, "VmHWM:")) * 1024 / 1e6
}

// cpu is the processor time that the process has used, to 10 ms.
func (p process) cpu() time.Duration {
	stat := must(os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid)))
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the program's name may hold blanks
	user, system := must(strconv.Atoi(string(fields[11]))), must(strconv.Atoi(string(fields[12])))
	return time.Duration(user+system) * 10 * time.Millisecond
}
