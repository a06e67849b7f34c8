// Package preflight examines all that a shop needs before it runs: configuration, catalog,
// database, tokens and webhooks.
package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/localize"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/telegram"
)

// Options say what to look at.
type Options struct {
	EnvFile   string            // the file that the configuration was read from; ""
	Offline   bool              // leave out what needs the network
	Transport http.RoundTripper // to Telegram and Crypto Pay; nil: the network
	Log       *slog.Logger
}

// check examines what a shop needs and reports on each of it. It changes nothing.
type check struct {
	*report
	Options

	cfg     config.Config
	catalog *catalog.Catalog // nil if it has faults
	owners  []int64          // of the configuration and of the database
}

// Run writes a line to out for each thing that a shop needs: ok, warn or fail with the remedy. Its
// error says how many failed. No secret of the configuration gets to out.
func Run(ctx context.Context, out io.Writer, cfg config.Config, options Options) error {
	r := &report{out: telegram.RedactingWriter(out, cfg.Secrets()...)}
	c := check{report: r, Options: options, cfg: cfg}
	c.checkConfiguration()
	c.checkEnvFile(options.EnvFile)
	c.checkCatalog(ctx)
	c.checkTexts()
	c.checkDatabase(ctx)
	c.findOwners(ctx)
	if cfg.HasCryptoPay() {
		c.checkLastWebhook(ctx)
	} else {
		c.ok("crypto pay", "not needed: the catalog takes Telegram Stars alone")
	}
	c.checkStars()
	if !options.Offline {
		c.checkTelegram(ctx)
		if cfg.HasCryptoPay() {
			c.checkCryptoPay(ctx)
		}
	}
	return r.verdict()
}

// Refuse writes a line to out for each fault of a configuration that could not be read.
func Refuse(out io.Writer, fault error) error {
	r := &report{out: out}
	r.fail("configuration", fault)
	return r.verdict()
}

func (c *check) checkConfiguration() {
	const subject = "configuration"
	c.ok(subject, "all settings are well-formed; %s", c.updatesBy())
	if host, _, err := net.SplitHostPort(c.cfg.OpsListen); err == nil && !config.IsLoopback(host) {
		c.warn(subject, "SHOPBOT_OPS_LISTEN=%s can be reached from other machines; see that none but yours can", c.cfg.OpsListen)
	}
	if err := c.webhookPort(); err != nil {
		c.fail(subject, err)
	}
}

// checkEnvFile warns if others on the machine can read the tokens.
func (c *check) checkEnvFile(path string) {
	if path == "" || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		c.warn("configuration", "others on this machine can read %s, which holds the tokens: chmod 600 %s", path, path)
	}
}

func (c *check) updatesBy() string {
	if c.cfg.PublicURL == "" {
		return "Telegram is asked by long polling"
	}
	return "Telegram calls " + c.cfg.PublicURL + config.TelegramWebhookPath
}

// webhookPort checks that Telegram calls the port of the public address
// (core.telegram.org/bots/api#setwebhook).
func (c *check) webhookPort() error {
	u, err := url.Parse(c.cfg.PublicURL)
	if err != nil || !strings.Contains(c.cfg.TelegramAPIURL, "api.telegram.org") {
		return nil //nolint:nilerr // addresses were checked with the configuration
	}
	if port := u.Port(); port != "" && !slices.Contains([]string{"443", "80", "88", "8443"}, port) {
		return fmt.Errorf("SHOPBOT_PUBLIC_URL: Telegram does not call port %s; use 443, 80, 88 or 8443", port)
	}
	return nil
}

func (c *check) checkCatalog(ctx context.Context) {
	const subject = "catalog"
	current, trouble, err := c.catalogInForce(ctx)
	if err != nil {
		if _, faulty := errors.AsType[catalog.Fault](err); !faulty {
			err = withHint(err, "SHOPBOT_CATALOG names the file")
		}
		c.fail(subject, err)
		return
	}
	c.catalog = current
	of := c.cfg.Catalog
	if current.Revision > 0 {
		of += fmt.Sprintf(", revision %d", current.Revision)
	}
	c.ok(subject, "%s: %d products in %d categories, priced in %s, languages %s", of,
		len(current.Products), len(current.Categories), current.Shop.Currency, strings.Join(current.Shop.Languages, ", "))
	if trouble != nil {
		c.warn(subject, "the file is not taken in: %v", trouble)
	}
}

// checkTexts reads the texts of SHOPBOT_TEXTS, and warns of those that are said in English, or to
// nobody.
func (c *check) checkTexts() {
	const subject = "texts"
	if c.cfg.Texts == "" {
		return
	}
	texts, err := localize.LoadWith(c.cfg.Texts)
	if err != nil {
		c.fail(subject, err)
		return
	}
	c.ok(subject, "the texts of %s fit", c.cfg.Texts)
	lacking, of := texts.Lacking()
	for _, code := range slices.Sorted(maps.Keys(lacking)) {
		c.warn(subject, "%s lacks %d of %d texts, which are said in English", code, lacking[code], of)
	}
	for _, code := range texts.Changed() {
		base, _, _ := strings.Cut(code, "-")
		spoken := func(s string) bool {
			return strings.EqualFold(s, code) || strings.HasPrefix(strings.ToLower(s)+"-", base+"-")
		}
		if c.catalog != nil && !slices.ContainsFunc(c.catalog.Shop.Languages, spoken) {
			c.warn(subject, "nobody reads the texts in %s: add it to shop.languages in the catalog", code)
		}
	}
}

// catalogInForce is the catalog that a start of the shop would put in force, and why it would not
// take the file in. Nothing is written.
func (c *check) catalogInForce(ctx context.Context) (current *catalog.Catalog, trouble, err error) {
	if running, found := ops.Find(ctx, c.cfg); found {
		return c.catalogOfRunning(ctx, running)
	}
	if ops.RequireDatabase(c.cfg) != nil {
		current, err = c.cfg.CatalogFile().Load()
		return current, nil, err
	}
	db, err := storage.Open(ctx, c.cfg.Database.Path())
	if err != nil {
		current, err = c.cfg.CatalogFile().Load() // checkDatabase tells about the database
		return current, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	source, err := catalog.Open(ctx, c.cfg.CatalogFile(), unchanged{db})
	if err != nil {
		return nil, nil, err
	}
	return source.Current(), source.Trouble(), nil
}

// unchanged stores no revision.
type unchanged struct{ catalog.Store }

func (unchanged) AddCatalogRevision(context.Context, catalog.Revision) error { return nil }

func (c *check) catalogOfRunning(ctx context.Context, running ops.Client) (current *catalog.Catalog, trouble, err error) {
	r, err := running.CatalogRevision(ctx)
	if err != nil {
		return nil, nil, err
	}
	if current, err = r.Catalog(); err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(c.cfg.Catalog)
	if err != nil {
		return current, err, nil
	}
	if r.TookIn(text) {
		return current, nil, nil
	}
	_, err = running.PreviewFile(ctx, c.cfg.Catalog, text)
	if _, faulty := errors.AsType[catalog.Fault](err); faulty {
		return nil, nil, err
	}
	return current, err, nil
}

func (c *check) checkDatabase(ctx context.Context) {
	const subject = "database"
	path := c.cfg.Database.Path()
	if running, found := ops.Find(ctx, c.cfg); found {
		c.running = true
		if _, err := running.Stock(ctx); err != nil {
			c.fail(subject, fmt.Errorf("the running shop cannot read %s: %w", path, err))
			return
		}
		c.ok(subject, "%s is open in the running shop, and answers", path)
		return
	}
	if err := ops.RequireDatabase(c.cfg); err != nil {
		c.checkDirectory(path)
		return
	}
	db, err := storage.Open(ctx, path)
	if err != nil {
		c.fail(subject, err)
		return
	}
	breaches := 0
	err = db.Check(ctx, func(breach string) {
		breaches++
		c.fail(subject, withHint(errors.New(breach), "restore a backup, and report this as a bug"))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		c.fail(subject, err)
	} else if breaches == 0 {
		c.ok(subject, "%s can be opened, and all that it holds agrees", path)
	}
}

// checkDirectory checks that a database can be made, without making it.
func (c *check) checkDirectory(path string) {
	target, err := storage.NewPath(path)
	if err != nil {
		c.fail("database", err)
		return
	}
	dir := filepath.Dir(target)
	probe, err := os.CreateTemp(dir, ".shopbot-check-*")
	if err != nil {
		c.fail("database", withHint(err, "make the directory "+dir+" and let the shop's user write there, or set SHOPBOT_DATABASE"))
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	c.ok("database", "%s is not there yet; the shop will make it", path)
}

// networkTimeout limits the examination of one service.
const networkTimeout = 30 * time.Second

func (c *check) checkTelegram(ctx context.Context) {
	const subject = "telegram"
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	client, err := telegram.New(c.cfg.Telegram(c.Log, c.Transport))
	if err != nil {
		c.fail(subject, err)
		return
	}
	me, err := client.GetMe(ctx)
	switch {
	case errors.Is(err, telegram.ErrUnauthorized):
		c.fail(subject, withHint(err, "Telegram does not know SHOPBOT_TELEGRAM_TOKEN; @BotFather shows the bot's token with /mybots"))
	case err != nil:
		c.fail(subject, withHint(err, "see that "+c.cfg.TelegramAPIURL+" can be reached from here"))
	default:
		c.ok(subject, "the token is that of @%s; a product's link is https://t.me/%s?start=p_SKU", me.Username, me.Username)
		c.checkInline(ctx, client, me.Username)
		c.checkOwners(ctx, client, me.Username)
		c.checkStarBalance(ctx, client)
	}
}

// checkInline warns of a bot that gets no inline queries. The shop sells all the same.
func (c *check) checkInline(ctx context.Context, client *telegram.Client, bot string) {
	if on, err := client.SupportsInline(ctx); err == nil && !on {
		c.warn("inline mode", "it is off, so people cannot show your products in other chats by typing @%s and some words: "+
			"send /setinline to @BotFather, and choose the bot", bot)
	}
}

// findOwners finds who owns the shop, and says how to become its owner if nobody does.
func (c *check) findOwners(ctx context.Context) {
	owners, err := c.askOwners(ctx)
	switch {
	case err != nil: // the database has been complained of
		c.owners = c.cfg.Admins
	case len(owners) == 0:
		c.warn("configuration", "SHOPBOT_ADMINS is empty and the shop has no owner, so nobody is told of sales, nor can refund: "+
			"'shopbot run' prints a code, and who sends it to the bot becomes the owner; or write your Telegram id (@userinfobot tells it)")
	default:
		c.owners = owners
		if len(c.cfg.Admins) == 0 {
			c.ok("configuration", "SHOPBOT_ADMINS is empty, and owners joined in the chat: %d", len(owners))
		}
	}
}

// askOwners lists the owners that the running shop knows, or that its database and the
// configuration name.
func (c *check) askOwners(ctx context.Context) ([]int64, error) {
	if running, found := ops.Find(ctx, c.cfg); found {
		return running.Owners(ctx)
	}
	if err := ops.RequireDatabase(c.cfg); err != nil {
		return c.cfg.Admins, nil //nolint:nilerr // a shop that never ran has no other owners
	}
	db, err := storage.Open(ctx, c.cfg.Database.Path())
	if err != nil {
		return nil, err
	}
	staff, err := shop.NewStaff(ctx, db, c.cfg.Admins)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return staff.With(shop.RoleOwner), nil
}

// checkOwners warns of owners to whom the bot may not write. It may write to nobody who has not
// pressed Start, so they would hear of no sale.
func (c *check) checkOwners(ctx context.Context, client *telegram.Client, bot string) {
	const subject = "owners"
	reached := 0
	for _, owner := range c.owners {
		err := client.SendChatAction(ctx, &tgbot.SendChatActionParams{ChatID: owner, Action: models.ChatActionTyping})
		switch {
		case errors.Is(err, telegram.ErrChatGone), errors.Is(err, telegram.ErrBlocked):
			c.warn(subject, "the bot cannot write to %d of %s, who hears of no sale: open https://t.me/%s as this person and press Start; if that was done, the id is wrong (@userinfobot tells it)",
				owner, c.namedIn(owner), bot)
		case errors.Is(err, telegram.ErrFrozen):
			c.fail(subject, withHint(err, "Telegram has frozen the bot's account: it can write to nobody; ask @BotSupport"))
			return
		case err != nil:
			c.warn(subject, "whether the bot can write to %d of %s could not be found out (%v)", owner, c.namedIn(owner), err)
		default:
			reached++
		}
	}
	if reached > 0 {
		c.ok(subject, "the bot can write to %d of the %d owners", reached, len(c.owners))
	}
}

// namedIn is where an owner comes from.
func (c *check) namedIn(owner int64) string {
	if slices.Contains(c.cfg.Admins, owner) {
		return "SHOPBOT_ADMINS"
	}
	return "the database"
}
