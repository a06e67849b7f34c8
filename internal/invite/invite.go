// Package invite sells places in channels and groups: it makes links that let one person in, sees
// who joins by them, and takes people out again.
//
// It knows Telegram and the orders, and nothing of screens. Telegram keeps no list of a bot's links, so
// one that was made and not stored, because the program was killed in between, cannot be found again.
// These rules leave one valid link all the same:
//
//   - A link is made for Brief only, is stored, and is opened for the time that the catalog says when
//     it is sent. A link that was never stored has expired a minute after the crash.
//   - The name of a link is the number of its order, and a join tells the link. Who comes by a link
//     that is not the one stored in the order, or is not the order's buyer, is taken out, and the link
//     is revoked.
//   - Once the buyer is in, every other link of the order is revoked.
//
// A link takes one member instead of asking for approval (the API has the one or the other): so the
// buyer gets in while the bot is away. A stranger who was given the link is inside until the update
// arrives, usually a second; then the buyer gets another link, shop.MaxStrangers times.
package invite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

const (
	// Brief is how long a link may be used before it is stored and sent.
	Brief = time.Minute
	// banTime is how long a person who is taken out stays banned if the program is killed before it
	// lifts the ban. Telegram takes less than 30 seconds for ever.
	banTime = time.Minute
	// latest is among how many of a buyer's latest orders one is looked for that is just being
	// delivered.
	latest = 20
)

// Store is what the Service keeps and reads.
type Store interface {
	Order(ctx context.Context, id shop.OrderID) (shop.Order, error)
	OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) ([]shop.Order, error)
	AccessOf(ctx context.Context, user int64) ([]access.Access, error)
	Note(ctx context.Context, name string) ([]byte, error)
	SetNote(ctx context.Context, name string, value []byte) error
}

// Orders changes orders. *shop.Shop is one.
type Orders interface {
	MarkJoined(ctx context.Context, id shop.OrderID, line int, at time.Time) (shop.Order, error)
	MarkStranger(ctx context.Context, id shop.OrderID, line int, link string) (shop.Order, error)
	ReplaceLink(ctx context.Context, id shop.OrderID, line int, old, link string) (shop.Order, error)
}

// Service makes invitations and takes them back.
type Service struct {
	// Orders is set before use.
	Orders Orders
	// Moved is told of a group that was upgraded and has a new id. It is set before use.
	Moved func(ctx context.Context, old, now int64)

	tg    *telegram.Client
	store Store
	log   *slog.Logger
	moved sync.Map // maps: old id of a chat => new id
	// users are held while somebody is looked at and taken out, so that nobody who buys meanwhile is.
	users [64]sync.Mutex
}

// New makes a Service.
func New(tg *telegram.Client, store Store, log *slog.Logger) *Service {
	return &Service{tg: tg, store: store, log: log}
}

func (s *Service) lock(user int64) (unlock func()) {
	m := &s.users[uint64(user)%uint64(len(s.users))] //nolint:gosec // any number will do
	m.Lock()
	return m.Unlock
}

// Make makes the link of a line, or says that its buyer is a member. It is a shop.Way's Make.
func (s *Service) Make(ctx context.Context, o shop.Order, line int) ([]string, error) {
	chat := o.Lines[line].PartOf(catalog.Invitation).Invite.Chat
	defer s.lock(o.Buyer.ID)()
	member, err := s.member(ctx, chat, o.Buyer.ID)
	if err != nil {
		return nil, err
	}
	if telegram.IsIn(member) {
		return []string{shop.AlreadyMember}, nil
	}
	link, err := s.link(ctx, chat, &o, line, member)
	if err != nil {
		return nil, err
	}
	return []string{link}, nil
}

// link makes a link for Brief. member is what the buyer is in the chat.
func (s *Service) link(ctx context.Context, chat int64, o *shop.Order, line int, member *models.ChatMember) (string, error) {
	if member.Type == models.ChatMemberTypeBanned {
		err := s.inChat(ctx, chat, func(chat int64) error {
			return s.tg.UnbanChatMember(ctx, &tgbot.UnbanChatMemberParams{ChatID: chat, UserID: o.Buyer.ID, OnlyIfBanned: true})
		})
		if err != nil {
			return "", fmt.Errorf("lift the ban of the buyer: %w", err)
		}
	}
	var made *models.ChatInviteLink
	err := s.inChat(ctx, chat, func(chat int64) (err error) {
		made, err = s.tg.CreateChatInviteLink(ctx, &tgbot.CreateChatInviteLinkParams{
			ChatID: chat, Name: linkName(o.ID, line), ExpireDate: unix(time.Now().Add(Brief)), MemberLimit: 1,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("make an invitation link: %w", err)
	}
	return made.InviteLink, nil
}

func unix(t time.Time) int { return int(t.Unix()) }

// linkName is the name of a line's links, by which a join tells the order.
func linkName(id shop.OrderID, line int) string {
	if line == 0 {
		return string(id)
	}
	return string(id) + "/" + strconv.Itoa(line+1)
}

// ofLink reads what linkName wrote.
func ofLink(name string) (id shop.OrderID, line int, ok bool) {
	number, rest, more := strings.Cut(name, "/")
	if more {
		n, err := strconv.Atoi(rest)
		if err != nil || n < 2 {
			return "", 0, false
		}
		line = n - 1
	}
	id, err := shop.ParseOrderID(number)
	return id, line, err == nil
}

// Place is how a buyer gets in.
type Place struct {
	Link  string    // "" for a member, and for who gets no other link
	Until time.Time // when the link ends
	// Denied says that others have used up so many of the buyer's links that there is no other one.
	Denied bool
	// Over says that the time that was bought is over.
	Over bool
}

// Open gives the buyer of a line the way in: their link, whose time begins anew, or another one if it
// has ended or was used and they are not in the chat; none if they are, or if their time is over. It
// may be repeated.
func (s *Service) Open(ctx context.Context, o shop.Order, line int) (Place, error) {
	if !s.mayBeIn(ctx, o.Buyer.ID, &o, line) {
		return Place{Over: true}, nil
	}
	part := o.Lines[line].PartOf(catalog.Invitation)
	old := ""
	if len(part.Goods) > 0 {
		old = part.Goods[0]
	}
	if old != shop.AlreadyMember && old != part.Invited.Spent && part.Invited.Joined.IsZero() {
		p, err := s.extend(ctx, part.Invite, &o, line, old)
		if err == nil || !isRefused(err) {
			return p, err
		}
	}
	defer s.lock(o.Buyer.ID)()
	member, err := s.member(ctx, part.Invite.Chat, o.Buyer.ID)
	if err != nil || telegram.IsIn(member) {
		return Place{}, err
	}
	if old == part.Invited.Spent && part.Invited.Strangers > shop.MaxStrangers {
		return Place{Denied: true}, nil
	}
	if old != shop.AlreadyMember { // it works again once who came by it has left
		if err := s.revoke(ctx, part.Invite.Chat, old); err != nil {
			return Place{}, err
		}
	}
	link, err := s.link(ctx, part.Invite.Chat, &o, line, member)
	if err != nil {
		return Place{}, err
	}
	if o, err = s.Orders.ReplaceLink(ctx, o.ID, line, old, link); err != nil {
		return Place{}, err
	}
	if stored := o.Lines[line].PartOf(catalog.Invitation).Goods[0]; stored != link { // somebody was quicker
		link = stored
	}
	return s.extend(ctx, part.Invite, &o, line, link)
}

// extend lets a link be used for its whole time from now on.
func (s *Service) extend(ctx context.Context, in catalog.Invite, o *shop.Order, line int, link string) (Place, error) {
	until := time.Now().Add(cmp.Or(in.Expires, catalog.DefaultInviteExpires))
	err := s.inChat(ctx, in.Chat, func(chat int64) error {
		_, err := s.tg.EditChatInviteLink(ctx, &tgbot.EditChatInviteLinkParams{
			ChatID: chat, InviteLink: link, Name: linkName(o.ID, line), ExpireDate: unix(until), MemberLimit: 1,
		})
		return err
	})
	if err != nil {
		return Place{}, fmt.Errorf("open an invitation link: %w", err)
	}
	return Place{Link: link, Until: until.Truncate(time.Second)}, nil
}

// isRefused reports whether a link cannot be opened again, so that another one is needed.
func isRefused(err error) bool {
	never, ok := errors.AsType[*shop.UndeliverableError](err)
	return ok && never.Reason == shop.HoldRefused
}

// member tells what somebody is in a chat.
func (s *Service) member(ctx context.Context, chat, user int64) (m *models.ChatMember, err error) {
	err = s.inChat(ctx, chat, func(chat int64) (err error) {
		m, err = s.tg.GetChatMember(ctx, &tgbot.GetChatMemberParams{ChatID: chat, UserID: user})
		if unknown(err) {
			m, err = &models.ChatMember{Type: models.ChatMemberTypeLeft}, nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask who is in the chat: %w", err)
	}
	return m, nil
}

// unknown reports whether Telegram knows nothing of a person in a chat.
func unknown(err error) bool {
	e, ok := errors.AsType[*telegram.Error](err)
	if !ok || e.Code != 400 {
		return false
	}
	for _, said := range []string{"PARTICIPANT_ID_INVALID", "user not found", "member not found", "USER_NOT_PARTICIPANT"} {
		if strings.Contains(strings.ToLower(e.Description), strings.ToLower(said)) {
			return true
		}
	}
	return false
}
