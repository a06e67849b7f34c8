package preflight

import (
	"context"
	"errors"

	tgbot "github.com/go-telegram/bot"

	"shopbot/internal/catalog"
	"shopbot/internal/telegram"
)

// checkPlaces checks what the bot may do in each chat that the catalog sells places in.
func (c *check) checkPlaces(ctx context.Context, client *telegram.Client) {
	if c.catalog == nil {
		return
	}
	seen := map[int64]bool{}
	for _, p := range c.catalog.Products {
		if chat := p.Invite.Chat; p.Delivers(catalog.Invitation) && !seen[chat] {
			seen[chat] = true
			c.checkPlace(ctx, client, p, chat)
		}
	}
}

func (c *check) checkPlace(ctx context.Context, client *telegram.Client, p catalog.Product, chat int64) {
	const subject = "places"
	me, err := client.GetChatMember(ctx, &tgbot.GetChatMemberParams{ChatID: chat, UserID: client.UserID()})
	e, _ := errors.AsType[*telegram.Error](err)
	switch {
	case e != nil && e.MigrateTo != 0:
		c.warn(subject, "health_place_moved", "Chat", chat, "SKU", p.SKU, "Now", e.MigrateTo)
	case telegram.LacksRight(err):
		c.fail(subject, "health_place_rights", "Chat", chat, "SKU", p.SKU, "Detail", err)
	case errors.Is(err, telegram.ErrChatGone):
		c.fail(subject, "health_place_gone", "Chat", chat, "SKU", p.SKU, "Detail", err)
	case err != nil:
		c.warn(subject, "health_place_unknown", "Chat", chat, "SKU", p.SKU, "Detail", err)
	case me.Administrator == nil || !me.Administrator.CanInviteUsers:
		c.fail(subject, "health_place_no_invites", "Chat", chat, "SKU", p.SKU)
	case !me.Administrator.CanRestrictMembers:
		c.warn(subject, "health_place_no_bans", "Chat", chat, "SKU", p.SKU)
	default:
		c.ok(subject, "the bot can invite into the chat %d of %s, and take out", chat, p.SKU)
	}
}
