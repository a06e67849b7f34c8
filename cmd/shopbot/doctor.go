package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/storage"
	"shopbot/internal/telegram"
)

// doctor examines what a shop needs and reports on each of it. It changes nothing.
type doctor struct {
	*report
	cfg     config
	sys     system
	log     *slog.Logger
	catalog *catalog.Catalog // nil if it has faults
}

func (d *doctor) checkConfiguration() {
	const subject = "configuration"
	d.ok(subject, "all settings are well-formed; %s", d.updatesBy())
	if len(d.cfg.Admins) == 0 {
		d.warn(subject, "SHOPBOT_ADMINS is empty: nobody is told of sales, nor can refund; write your Telegram id (@userinfobot tells it)")
	}
	if host, _, err := net.SplitHostPort(d.cfg.OpsListen); err == nil && !isLoopback(host) {
		d.warn(subject, "SHOPBOT_OPS_LISTEN=%s can be reached from other machines; see that none but yours can", d.cfg.OpsListen)
	}
	if err := d.webhookPort(); err != nil {
		d.fail(subject, err)
	}
}

// checkEnvFile warns where others on the machine can read the tokens.
func (d *doctor) checkEnvFile(path string) {
	if path == "" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.warn("configuration", "others on this machine can read %s, which holds the tokens: chmod 600 %s", path, path)
	}
}

func (d *doctor) updatesBy() string {
	if d.cfg.PublicURL == "" {
		return "Telegram is asked by long polling"
	}
	return "Telegram calls " + d.cfg.PublicURL + telegramWebhookPath
}

// webhookPort knows which ports Telegram's own server calls (core.telegram.org/bots/api#setwebhook).
func (d *doctor) webhookPort() error {
	u, err := url.Parse(d.cfg.PublicURL)
	if err != nil || !strings.Contains(d.cfg.TelegramAPIURL, "api.telegram.org") {
		return nil //nolint:nilerr // addresses were checked with the configuration
	}
	if port := u.Port(); port != "" && !slices.Contains([]string{"443", "80", "88", "8443"}, port) {
		return fmt.Errorf("SHOPBOT_PUBLIC_URL: Telegram does not call port %s; use 443, 80, 88 or 8443", port)
	}
	return nil
}

func (d *doctor) checkCatalog() {
	const subject = "catalog"
	current, err := catalog.Load(d.cfg.Catalog)
	if err != nil {
		if _, faulty := errors.AsType[catalog.Fault](err); !faulty {
			err = advise(err, "SHOPBOT_CATALOG names the file")
		}
		d.fail(subject, err)
		return
	}
	d.catalog = current
	d.ok(subject, "%s: %d products in %d categories, priced in %s, languages %s", d.cfg.Catalog,
		len(current.Products), len(current.Categories), current.Shop.Currency, strings.Join(current.Shop.Languages, ", "))
}

func (d *doctor) checkDatabase(ctx context.Context) {
	const subject = "database"
	path := d.cfg.Database.path()
	if running, found := findRunning(ctx, d.cfg); found {
		if _, err := running.Stock(ctx); err != nil {
			d.fail(subject, fmt.Errorf("the running shop cannot read %s: %w", path, err))
			return
		}
		d.ok(subject, "%s is open in the running shop, and answers", path)
		return
	}
	if err := needDatabase(d.cfg); err != nil {
		d.checkDirectory(path)
		return
	}
	db, err := storage.Open(ctx, path)
	if err != nil {
		d.fail(subject, err)
		return
	}
	breaches := 0
	err = db.Check(ctx, func(breach string) {
		breaches++
		d.fail(subject, advise(errors.New(breach), "restore a backup, and report this as a bug"))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		d.fail(subject, err)
	} else if breaches == 0 {
		d.ok(subject, "%s can be opened, and all that it holds agrees", path)
	}
}

// checkDirectory looks at where a database is still to be made, without making it.
func (d *doctor) checkDirectory(path string) {
	dir := filepath.Dir(path)
	probe, err := os.CreateTemp(dir, ".shopbot-check-*")
	if err != nil {
		d.fail("database", advise(err, "make the directory "+dir+" and let the shop's user write there, or set SHOPBOT_DATABASE"))
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	d.ok("database", "%s is not there yet; the shop will make it", path)
}

// networkTimeout is how long one service may take to be examined.
const networkTimeout = 30 * time.Second

func (d *doctor) checkTelegram(ctx context.Context) {
	const subject = "telegram"
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	client, err := telegram.New(d.cfg.telegram(d.log, d.sys, newMetrics()))
	if err != nil {
		d.fail(subject, err)
		return
	}
	me, err := client.GetMe(ctx)
	switch {
	case errors.Is(err, telegram.ErrUnauthorized):
		d.fail(subject, advise(err, "Telegram does not know SHOPBOT_TELEGRAM_TOKEN; @BotFather shows the bot's token with /mybots"))
	case err != nil:
		d.fail(subject, advise(err, "see that "+d.cfg.TelegramAPIURL+" can be reached from here"))
	default:
		d.ok(subject, "the token is that of @%s; a product's link is https://t.me/%s?start=p_SKU", me.Username, me.Username)
	}
}
