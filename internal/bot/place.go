package bot

import (
	"context"
	"errors"
	"slices"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// openPlace opens the invitation of a line, if it is one, and returns the order with the link to send:
// shop.AlreadyMember for a buyer who is in the chat. The errors are those of shop.Courier.
func (c *Courier) openPlace(ctx context.Context, o shop.Order, line int) (shop.Order, error) {
	if c.Places == nil || o.Lines[line].PartOf(catalog.Invitation) == nil {
		return o, nil
	}
	place, err := c.Places.Open(ctx, o, line)
	if err != nil {
		return o, err
	}
	o = o.Clone()
	l := &o.Lines[line]
	l.Also = slices.Clone(l.Also)
	p := l.PartOf(catalog.Invitation)
	p.Goods, p.Invited.Until = []string{shop.AlreadyMember}, place.Until
	switch {
	case place.Denied || place.Over:
		p.Goods = nil
	case place.Link != "":
		p.Goods = []string{place.Link}
	}
	return o, nil
}

// placeMessages hand over the way into a chat, which openPlace has opened.
func placeMessages(l localizer, d delivery) ([]deliveryMessage, error) {
	p := d.line.PartOf(catalog.Invitation)
	if p == nil {
		return nil, errors.New("no invitation")
	}
	facts := []any{"Title", d.line.Title, "Order", d.order, "Until", l.Moment(p.Invited.Until)}
	var m deliveryMessage
	switch {
	case len(p.Goods) == 0 && p.Invited.Strangers <= shop.MaxStrangers:
		m.Text = l.Say("access_ended", facts...)
		m.Copy = [][]button{row(button{Text: l.Plain("button_access_renew", "Title", d.line.Title), Data: data(actAccess, "r", d.line.SKU)})}
	case len(p.Goods) == 0:
		m.Text = l.Say("place_denied", facts...)
	case p.Goods[0] == shop.AlreadyMember:
		m.Text = l.Say("place_member", facts...)
	case p.Invited.Until.IsZero(): // the owner's look at it
		m.Text = l.Say("place_link_closed", append(facts, "Link", p.Goods[0])...)
	default:
		m.Text = l.Say("place_link", append(facts, "Link", p.Goods[0])...)
		m.Copy = [][]button{row(button{Text: l.Plain("button_place_join"), URL: p.Goods[0], Style: styleSuccess})}
	}
	return []deliveryMessage{m}, nil
}

// placeLine says when the buyer came into the chat of a line; "" if that is not known.
func placeLine(l localizer, line *shop.Line) markup {
	p := line.PartOf(catalog.Invitation)
	if p == nil || p.Invited.Joined.IsZero() {
		return ""
	}
	return l.Say("place_joined", "Title", line.Title, "At", l.Moment(p.Invited.Joined))
}

// placeLines is placeLine for all lines of an order.
func placeLines(l localizer, o shop.Order) markup {
	var said []markup
	for i := range o.Lines {
		if line := placeLine(l, &o.Lines[i]); line != "" {
			said = append(said, line)
		}
	}
	return lines(said...)
}

// tellStranger gives the buyer another link in the place of one that somebody else has used up, or
// says that there is no other one.
func (c *Courier) tellStranger(ctx context.Context, l localizer, o shop.Order, n shop.Notice) error {
	if n.Reason != shop.NoMoreLinks {
		if _, err := c.chat.send(ctx, o.Buyer.ID, screen{Text: l.Say("place_stranger", "Order", o.ID)}); err != nil {
			return err
		}
	}
	for i := range o.Lines {
		p := o.Lines[i].PartOf(catalog.Invitation)
		if p == nil || p.Invited.Strangers == 0 || !o.Shows(&o.Lines[i]) {
			continue
		}
		opened, err := c.openPlace(ctx, o, i)
		if isShut(err) {
			return c.tellShut(ctx, l, o, i, err)
		}
		if err != nil {
			return err
		}
		d := delivery{order: o.ID, line: opened.Lines[i]}
		messages, err := placeMessages(l, d)
		if err != nil {
			return err
		}
		if err := c.chat.sendDelivery(ctx, o.Buyer.ID, messages, deliveryRows(l, o, i)); err != nil {
			return err
		}
	}
	return nil
}

// joined handles an update about somebody who joined or left a chat in which the bot is.
func (b *Bot) joined(ctx context.Context, u *models.ChatMemberUpdated) error {
	if b.courier.Places == nil {
		return nil
	}
	j, err := b.courier.Places.Joined(ctx, u)
	if shop.IsFinal(err) {
		b.courier.tellNoRight(ctx, u.Chat, err)
		return nil
	}
	if err != nil || j == nil || j.Stranger {
		return err
	}
	for o, l := j.Order, b.courier.buyerLocalizer(ctx, j.Order); ; {
		if err := b.chat.redraw(ctx, l, o); err != nil {
			return err
		}
		now, err := b.shop.Order(ctx, o.ID)
		if err != nil || now.State == o.State {
			return err
		}
		o = now // who is quick joins before the order is delivered, and what was drawn may cover that
	}
}

// tellNoRight tells the owners that somebody could not be taken out of a chat.
func (c *Courier) tellNoRight(ctx context.Context, chat models.Chat, cause error) {
	err := c.toOwners(ctx, ownerNotice{
		about: "a chat", log: c.log.With("chat", chat.ID),
		draw: func(l localizer) screen {
			return screen{Text: l.Say("place_no_right", "Title", chat.Title, "ID", itoa(chat.ID), "Error", clip(cause.Error(), 200))}
		},
	})
	if err != nil {
		c.log.WarnContext(ctx, "tell owners that somebody could not be taken out failed", "chat", chat.ID, "error", err)
	}
}

// TellMoved tells the owners that a group of the catalog has a new id.
func (c *Courier) TellMoved(ctx context.Context, old, now int64) {
	err := c.toOwners(ctx, ownerNotice{
		about: "a group's new id", log: c.log.With("chat", old),
		draw: func(l localizer) screen {
			return screen{Text: l.Say("place_moved", "Old", itoa(old), "Now", itoa(now))}
		},
	})
	if err != nil {
		c.log.WarnContext(ctx, "tell owners of a group's new id failed", "chat", old, "error", err)
	}
}

// madeMember handles an update about what the bot is in a channel or group: owners are told its id,
// and what the bot may do there. Others who add the bot to a chat are told nothing.
func (b *Bot) madeMember(ctx context.Context, u *models.ChatMemberUpdated) error {
	sold := b.sellsPlacesIn(u.Chat.ID)
	if !sold && !b.staff.Role(u.From.ID).May(shop.RoleManager) {
		return nil
	}
	said := placeRights(&u.NewChatMember)
	if said == placeRights(&u.OldChatMember) || !sold && said == placeGone {
		return nil
	}
	return b.courier.toOwners(ctx, ownerNotice{
		to: shop.RoleManager, about: "a chat", log: b.log.With("chat", u.Chat.ID),
		draw: func(l localizer) screen {
			return screen{Text: placeText(l, said, u.Chat.Title, u.Chat.ID)}
		},
	})
}

// placeText says what the bot may do in a chat, and how places in it are sold.
func placeText(l localizer, rights, title string, chat int64) markup {
	text := l.Say("place_bot_"+rights, "Title", title)
	if rights == placeGone {
		return text
	}
	return sections(text, l.Say("place_id", "ID", itoa(chat)))
}

// sellsPlacesIn reports whether a product of the catalog leads into a chat.
func (b *Bot) sellsPlacesIn(chat int64) bool {
	return slices.ContainsFunc(b.shop.Catalog().Products, func(p catalog.Product) bool {
		return p.Invite.Chat == chat
	})
}

// What the bot may do in a chat.
const (
	placeReady   = "ready"   // invite, and take out
	placeInviter = "inviter" // invite alone
	placeMember  = "member"  // neither
	placeGone    = "gone"    // it is not there
)

// placeRights is what the bot may do in a chat, in a word.
func placeRights(m *models.ChatMember) string {
	switch {
	case !telegram.IsIn(m):
		return placeGone
	case m.Administrator == nil || !m.Administrator.CanInviteUsers:
		return placeMember
	case !m.Administrator.CanRestrictMembers:
		return placeInviter
	}
	return placeReady
}
