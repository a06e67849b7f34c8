package invite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Join is what a join was found to be.
type Join struct {
	Order shop.Order
	Line  int
	// Stranger says that somebody came who may not be there, and was taken out.
	Stranger bool
}

// Joined handles a chat_member update: a join by a link of the shop's is noted in its order, and who
// may not be there is taken out. It returns nil if it is about something else. It may be repeated.
func (s *Service) Joined(ctx context.Context, u *models.ChatMemberUpdated) (*Join, error) {
	link, user := u.InviteLink, telegram.MemberOf(&u.NewChatMember)
	if link == nil || user == nil || link.Creator.ID != s.tg.UserID() || !telegram.IsIn(&u.NewChatMember) || telegram.IsIn(&u.OldChatMember) {
		return nil, nil //nolint:nilnil // the contract
	}
	id, line, ok := ofLink(link.Name)
	if !ok {
		return nil, nil //nolint:nilnil // a link of the bot's that is not the shop's
	}
	o, err := s.store.Order(ctx, id)
	if errors.Is(err, shop.ErrNotFound) {
		return nil, nil //nolint:nilnil // of another database
	}
	if err != nil || line >= len(o.Lines) {
		return nil, err
	}
	part := o.Lines[line].PartOf(catalog.Invitation)
	if part == nil {
		return nil, nil //nolint:nilnil // no link of the shop's
	}
	stored := len(part.Goods) > 0 && part.Goods[0] == link.InviteLink
	buyer, err := s.bought(ctx, user.ID, &o, line)
	if err != nil {
		return nil, err
	}
	if buyer && s.mayBeIn(ctx, user.ID, &o, line) {
		if !stored && len(part.Goods) > 0 && part.Goods[0] != shop.AlreadyMember {
			if err := s.revoke(ctx, u.Chat.ID, part.Goods[0]); err != nil {
				return nil, err
			}
		}
		o, err = s.Orders.MarkJoined(ctx, id, line, time.Unix(int64(u.Date), 0))
		return &Join{Order: o, Line: line}, err
	}
	s.log.WarnContext(ctx, "somebody else came by an order's link", "order", id, "user", user.ID, "stored", stored)
	j := &Join{Order: o, Line: line, Stranger: true}
	if err := s.remove(ctx, u.Chat.ID, user.ID); err != nil {
		return nil, err
	}
	if err := s.revoke(ctx, u.Chat.ID, link.InviteLink); err != nil {
		return nil, err
	}
	if stored && !buyer && o.Buyer.ID != 0 {
		j.Order, err = s.Orders.MarkStranger(ctx, id, line, link.InviteLink)
	}
	return j, err
}

// bought reports whether somebody is the buyer of a line. Who deleted their data is known by their
// access alone.
func (s *Service) bought(ctx context.Context, user int64, o *shop.Order, line int) (bool, error) {
	if o.Buyer.ID != 0 {
		return user == o.Buyer.ID, nil
	}
	list, err := s.store.AccessOf(ctx, user)
	for i := range list {
		for _, g := range list[i].Grants {
			if g.Order == o.ID && g.Line == line {
				return true, nil
			}
		}
	}
	return false, err
}

// mayBeIn reports whether the buyer of a line, user, may be in its chat: it was paid, and neither paid
// back nor over.
func (s *Service) mayBeIn(ctx context.Context, user int64, o *shop.Order, line int) bool {
	l := &o.Lines[line]
	if len(o.Payments) == 0 || l.Refunded || o.WentBack() {
		return false
	}
	if l.Access == 0 || l.Delivered.IsZero() {
		return true
	}
	kept, err := s.keeps(ctx, user, l.PartOf(catalog.Invitation).Invite.Chat)
	return kept || err != nil // rather in than out
}

// Withdraw takes back what a line of an order handed over: its link, and the buyer's place in the chat
// unless another order gives it. It is an access.Taker.
func (s *Service) Withdraw(ctx context.Context, user int64, o shop.Order, line int, _ bool) error {
	err := s.withdraw(ctx, user, o, line)
	if telegram.IsOut(err) {
		return fmt.Errorf("%w: %w", access.ErrOut, err)
	}
	return err
}

func (s *Service) withdraw(ctx context.Context, user int64, o shop.Order, line int) error {
	part, chat := o.Lines[line].PartOf(catalog.Invitation), o.Lines[line].Place()
	if part != nil && len(part.Goods) > 0 && part.Goods[0] != shop.AlreadyMember && part.Goods[0] != "" {
		if err := s.revoke(ctx, chat, part.Goods[0]); err != nil {
			return err
		}
	}
	defer s.lock(user)()
	kept, err := s.keeps(ctx, user, chat)
	if err != nil || kept {
		return err
	}
	member, err := s.member(ctx, chat, user)
	if err != nil || !telegram.IsIn(member) {
		return err
	}
	return s.remove(ctx, chat, user)
}

// keeps reports whether an order gives somebody a place in a chat, or is about to.
func (s *Service) keeps(ctx context.Context, user, chat int64) (bool, error) {
	leads := func(l *shop.Line) bool { return l.Place() == chat }
	list, err := s.store.AccessOf(ctx, user)
	if err != nil {
		return false, err
	}
	for i := range list {
		if !list[i].Live() {
			continue
		}
		for _, g := range slices.Backward(list[i].Grants) {
			o, err := s.store.Order(ctx, g.Order)
			if err != nil && !errors.Is(err, shop.ErrNotFound) {
				return false, err
			}
			if g.Line < len(o.Lines) && leads(&o.Lines[g.Line]) {
				return true, nil
			}
		}
	}
	orders, err := s.store.OrdersOf(ctx, user, "", latest)
	for i := range orders {
		o := &orders[i]
		if o.State == shop.StatePaid && slices.ContainsFunc(o.Lines, func(l shop.Line) bool { return l.Pending() && leads(&l) }) {
			return true, nil
		}
	}
	return false, err
}

// remove takes somebody out of a chat, so that they may come back by another link.
func (s *Service) remove(ctx context.Context, chat, user int64) error {
	err := s.inChat(ctx, chat, func(chat int64) error {
		err := s.tg.BanChatMember(ctx, &tgbot.BanChatMemberParams{ChatID: chat, UserID: user, UntilDate: unix(time.Now().Add(banTime))})
		if isStaffOf(err) || unknown(err) {
			s.log.WarnContext(ctx, "cannot be taken out of the chat", "chat", chat, "user", user, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		err = s.tg.UnbanChatMember(ctx, &tgbot.UnbanChatMemberParams{ChatID: chat, UserID: user, OnlyIfBanned: true})
		if errors.Is(err, telegram.ErrBadRequest) { // a basic group, which does not ban
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("take somebody out of the chat: %w", err)
	}
	return nil
}

// isStaffOf reports whether a ban was refused since the person runs the chat.
func isStaffOf(err error) bool {
	e, ok := errors.AsType[*telegram.Error](err)
	return ok && slices.ContainsFunc([]string{
		"Bad Request: can't remove chat owner", "Bad Request: user is an administrator of the chat", "Bad Request: USER_ADMIN_INVALID",
	}, func(said string) bool { return e.Description == said })
}

func (s *Service) revoke(ctx context.Context, chat int64, link string) error {
	err := s.inChat(ctx, chat, func(chat int64) error {
		return s.tg.RevokeChatInviteLink(ctx, &tgbot.RevokeChatInviteLinkParams{ChatID: chat, InviteLink: link})
	})
	if err != nil {
		return fmt.Errorf("revoke an invitation link: %w", err)
	}
	return nil
}
