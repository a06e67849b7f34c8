package preflight

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/config"
	"shopbot/internal/telegram"
)

// networkTimeout limits the examination of one service.
const networkTimeout = 30 * time.Second

func (c *check) checkTelegram(ctx context.Context) {
	const subject = "telegram"
	if c.cfg.Faulty("TELEGRAM_TOKEN", "TELEGRAM_API_URL") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	client, err := telegram.New(c.cfg.Telegram(c.Log, &c.clocks))
	if err != nil {
		c.failErr(subject, err)
		return
	}
	me, err := client.GetMe(ctx)
	switch {
	case errors.Is(err, telegram.ErrUnauthorized):
		c.fail(subject, "health_telegram_token", "Detail", err)
	case err != nil:
		c.fail(subject, "health_telegram_unreachable", "Detail", err, "Address", c.cfg.TelegramAPIURL)
	default:
		c.ok(subject, "the token is that of @%s; a product's link is https://t.me/%s?start=p_SKU", me.Username, me.Username)
		c.checkUpdates(ctx, client)
		c.checkInline(ctx, client, me.Username)
		c.checkOwners(ctx, client, me.Username)
		c.checkStarBalance(ctx, client)
		c.checkPlaces(ctx, client)
	}
}

// calledPorts are the ports that Telegram calls (core.telegram.org/bots/api#setwebhook).
var calledPorts = []string{"", "443", "80", "88", "8443"} //nolint:gochecknoglobals // read-only

// uncalledPort is the port of the public address if Telegram does not call it, else "".
func (c *check) uncalledPort() string {
	u, err := url.Parse(c.cfg.PublicURL)
	if err != nil || !strings.Contains(c.cfg.TelegramAPIURL, "api.telegram.org") || slices.Contains(calledPorts, u.Port()) {
		return ""
	}
	return u.Port()
}

// updatesFailed is how long a failed webhook of Telegram is worth a warning.
const updatesFailed = time.Hour

// checkUpdates compares where Telegram sends messages with where the running shop waits for them. A
// second program with the same token takes them away.
func (c *check) checkUpdates(ctx context.Context, client *telegram.Client) {
	const subject = "telegram"
	if c.Running == nil {
		return
	}
	info, err := client.WebhookInfo(ctx)
	if err != nil {
		c.warn(subject, "health_telegram_unknown", "Detail", err)
		return
	}
	own := ""
	if c.cfg.PublicURL != "" {
		own = c.cfg.PublicURL + config.TelegramWebhookPath
	}
	failed := time.Unix(int64(info.LastErrorDate), 0)
	switch {
	case info.URL == own && own != "" && time.Since(failed) < updatesFailed:
		c.warn(subject, "health_telegram_webhook", "Last", failed, "Detail", info.LastErrorMessage, "Waiting", info.PendingUpdateCount)
	case info.URL == own && own != "":
		c.ok(subject, "it calls %s", own)
	case info.URL == own:
	case info.URL == "":
		c.fail(subject, "health_telegram_taken")
	default:
		c.fail(subject, "health_telegram_elsewhere", "Host", hostOf(info.URL))
	}
}

// hostOf is the part of an address that holds no secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	return u.Host
}

// checkInline warns of a bot that gets no inline queries. The shop sells all the same.
func (c *check) checkInline(ctx context.Context, client *telegram.Client, bot string) {
	if on, err := client.SupportsInline(ctx); err == nil && !on {
		c.warn("inline mode", "health_inline_off", "Bot", bot)
	}
}

// findOwners says how to become the owner of a shop that has none. If the database cannot be read,
// they are those of the configuration.
func (c *check) findOwners() {
	const subject = "configuration"
	switch {
	case c.databaseErr != nil, c.cfg.Faulty("ADMINS"):
	case len(c.owners) == 0:
		c.warn(subject, "health_no_owner")
	case len(c.cfg.Admins) == 0:
		c.ok(subject, "SHOPBOT_ADMINS is empty, and owners joined in the chat: %d", len(c.owners))
	}
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
			c.warn(subject, "health_owner_away", "Owner", owner, "Where", c.namedIn(owner), "Bot", bot)
		case errors.Is(err, telegram.ErrFrozen):
			c.fail(subject, "health_frozen", "Detail", err)
			return
		case err != nil:
			c.warn(subject, "health_owner_unknown", "Owner", owner, "Where", c.namedIn(owner), "Detail", err)
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
