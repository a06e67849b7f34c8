package preflight

import (
	"context"
	"errors"
	"strconv"

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
	const rights = "make the bot an administrator there, with the rights to add and to ban users"
	me, err := client.GetChatMember(ctx, &tgbot.GetChatMemberParams{ChatID: chat, UserID: client.UserID()})
	e, _ := errors.AsType[*telegram.Error](err)
	switch {
	case e != nil && e.MigrateTo != 0:
		c.warn(subject, "the group %d of %s was upgraded, and has a new id, which the shop uses already: write chat: %d into the catalog", chat, p.SKU, e.MigrateTo)
	case telegram.LacksRight(err):
		c.fail(subject, withHint(err, rights+"; "+p.SKU+" sells places in the chat "+strconv.FormatInt(chat, 10)))
	case errors.Is(err, telegram.ErrChatGone):
		c.fail(subject, withHint(err, "add the bot to the chat "+strconv.FormatInt(chat, 10)+" of "+p.SKU+" as an administrator, or correct the id: the bot tells its owner the id of a chat that it is added to"))
	case err != nil:
		c.warn(subject, "what the bot may do in the chat %d of %s could not be found out (%v)", chat, p.SKU, err)
	case me.Administrator == nil || !me.Administrator.CanInviteUsers:
		c.fail(subject, withHint(errors.New("the bot may not invite anybody into the chat "+strconv.FormatInt(chat, 10)+" of "+p.SKU), rights))
	case !me.Administrator.CanRestrictMembers:
		c.warn(subject, "the bot may not take anybody out of the chat %d of %s, so that access would not end, and strangers who come by a buyer's link would stay: %s", chat, p.SKU, rights)
	default:
		c.ok(subject, "the bot can invite into the chat %d of %s, and take out", chat, p.SKU)
	}
}
