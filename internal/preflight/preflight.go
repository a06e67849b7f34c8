// Package preflight examines all that a shop needs, before it runs and while it does: configuration,
// catalog, database, machine, tokens and webhooks.
package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/health"
	"shopbot/internal/localize"
	"shopbot/internal/machine"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/status"
	"shopbot/internal/telegram"
)

// Options say what to look at.
type Options struct {
	EnvFile   string            // the file that the configuration was read from; ""
	Faults    error             // of the configuration, which tells what is Faulty; nil
	Offline   bool              // leave out what needs the network
	Transport http.RoundTripper // to Telegram, Crypto Pay and the webhook's address; nil: the network
	Goods     http.RoundTripper // to the owner's servers; nil: Transport
	Log       *slog.Logger
	NoFile    bool                 // the catalog is built in, as that of the demo, and is in no file
	Running   Shop                 // the running shop; nil: it is looked for
	Each      func(health.Finding) // is called with each finding at once; nil
}

// Shop is what the check asks a running shop. ops.Client is one.
type Shop interface {
	CatalogRevision(ctx context.Context) (catalog.Revision, error)
	PreviewFile(ctx context.Context, name string, data []byte) (catalog.Proposal, error)
	Stock(ctx context.Context) (map[string]shop.Stock, error)
	Owners(ctx context.Context) ([]int64, error)
	Webhooks(ctx context.Context) (shop.Webhooks, error)
	Status(ctx context.Context) (status.Status, error)
}

// check examines what a shop needs and reports on each of it. It changes nothing.
type check struct {
	Options

	cfg     config.Config
	report  *health.Report
	english localize.Localizer
	clocks  clocks
	books

	diskOf    func(directory string) (machine.Disk, error)
	container bool // whether the program runs in one
}

// Examine examines all that a shop needs. No secret of the configuration gets into the report.
func Examine(ctx context.Context, cfg config.Config, options Options) health.Report {
	c := newCheck(cfg, options)
	if options.Faults != nil {
		c.failErr("configuration", options.Faults)
	}
	c.checkConfiguration()
	c.checkFiles()
	c.checkCertificate()
	c.open(ctx)
	c.checkCatalog()
	c.checkTexts()
	c.checkDatabase()
	c.checkDisk(ctx)
	c.checkStock()
	c.checkMachine()
	c.checkAlarms()
	c.findOwners()
	switch {
	case cfg.HasCryptoPay():
		c.checkLastWebhook()
	case !cfg.Faulty("CRYPTOPAY_TOKEN"):
		c.ok("crypto pay", "not needed: the catalog takes Telegram Stars alone")
	}
	c.checkStars()
	if !options.Offline {
		c.checkTelegram(ctx)
		if cfg.HasCryptoPay() {
			c.checkCryptoPay(ctx)
		}
		c.checkClock()
	}
	c.checkGoodsServers(ctx)
	return *c.report
}

func newCheck(cfg config.Config, options Options) *check {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Goods == nil {
		options.Goods = options.Transport
	}
	if options.Each == nil {
		options.Each = func(health.Finding) {}
	}
	c := &check{Options: options, cfg: cfg, report: &health.Report{Findings: []health.Finding{}}, diskOf: machine.DiskOf, container: inContainer()}
	if texts, err := localize.Load(); err == nil { // a test reads what is built in
		c.english = texts.Localizer("en", catalog.Shop{Languages: []string{"en"}})
	}
	c.clocks.base = options.Transport
	return c
}

// Run writes a line to out for each thing that a shop needs: ok, warn or fail with the remedy. Its
// error says how many failed.
func Run(ctx context.Context, out io.Writer, cfg config.Config, options Options) error {
	options.Each = func(f health.Finding) { _ = f.WriteLine(out) } // the exit code tells as well
	r := Examine(ctx, cfg, options)
	return errors.Join(r.WriteVerdict(out), r.Err())
}

// Refuse reports each fault of a configuration of which there is nothing to examine. each is as in
// Options.
func Refuse(fault error, each func(health.Finding)) health.Report {
	c := newCheck(config.Config{}, Options{Each: each})
	c.failErr("configuration", fault)
	return *c.report
}

func (c *check) ok(subject, format string, args ...any) {
	c.add(health.Finding{Level: health.OK, Subject: subject, Text: fmt.Sprintf(format, args...)})
}

// warn adds a finding with a text of localize.
func (c *check) warn(subject, text string, facts ...any) {
	c.add(health.New(c.english, health.Warn, subject, text, c.safe(facts)...))
}

// fail is warn for what does not work.
func (c *check) fail(subject, text string, facts ...any) {
	c.add(health.New(c.english, health.Fail, subject, text, c.safe(facts)...))
}

// failErr adds a finding for each line of an error that says itself what to do.
func (c *check) failErr(subject string, err error) {
	for text := range strings.Lines(err.Error()) {
		c.add(health.Finding{Level: health.Fail, Subject: subject, Text: strings.TrimRight(text, "\n")})
	}
}

func (c *check) add(f health.Finding) {
	f.Text = c.redacted(f.Text)
	c.report.Add(f)
	c.Each(f)
}

// safe returns facts without secrets. Errors become their texts.
func (c *check) safe(facts []any) []any {
	for i, fact := range facts {
		switch fact := fact.(type) {
		case error:
			facts[i] = c.redacted(strings.TrimSuffix(fact.Error(), "."))
		case string:
			facts[i] = c.redacted(fact)
		}
	}
	return facts
}

func (c *check) redacted(text string) string {
	var safe strings.Builder
	_, _ = telegram.RedactingWriter(&safe, c.cfg.Secrets()...).Write([]byte(text)) // into memory
	return safe.String()
}

func (c *check) checkConfiguration() {
	const subject = "configuration"
	if c.Faults == nil {
		c.ok(subject, "all settings are well-formed; %s", c.updatesBy())
	}
	if host, _, err := net.SplitHostPort(c.cfg.OpsListen); err == nil && !config.IsLoopback(host) {
		c.warn(subject, "health_ops_open", "Listen", c.cfg.OpsListen)
	}
	if port := c.uncalledPort(); port != "" {
		c.fail(subject, "health_telegram_port", "Port", port)
	}
	if c.EnvFile == "" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(c.EnvFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		c.warn(subject, "health_env_readable", "File", c.EnvFile)
	}
}

func (c *check) updatesBy() string {
	if c.cfg.PublicURL == "" {
		return "Telegram is asked by long polling"
	}
	return "Telegram calls " + c.cfg.PublicURL + config.TelegramWebhookPath
}

// find looks for the running shop, unless the caller is it.
func (c *check) find(ctx context.Context) {
	if c.Running == nil && !c.cfg.Faulty("DATABASE") {
		if running, found := ops.Find(ctx, c.cfg); found {
			c.Running = running
		}
	}
	c.report.Running = c.Running != nil
}

// withHint adds a remedy to an error.
func withHint(err error, remedy string) error {
	return errors.New(strings.TrimSuffix(err.Error(), ".") + "; " + remedy)
}
