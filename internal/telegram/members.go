package telegram

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// The methods below are about the members of channels and groups. The bot must be an administrator
// there, see LacksRight. None of them waits for a rate limit of messages. A group that was upgraded
// has a new id, which is in Error.MigrateTo.

// CreateChatInviteLink makes another invitation link. After ErrTemporary there may be one that nobody
// knows: bots cannot list their links.
func (c *Client) CreateChatInviteLink(ctx context.Context, p *bot.CreateChatInviteLinkParams) (*models.ChatInviteLink, error) {
	return call(ctx, c, request{method: "createChatInviteLink"}, with(c.bot.CreateChatInviteLink, p))
}

// EditChatInviteLink changes a link of the bot's own. It may be repeated.
func (c *Client) EditChatInviteLink(ctx context.Context, p *bot.EditChatInviteLinkParams) (*models.ChatInviteLink, error) {
	return call(ctx, c, request{method: "editChatInviteLink"}, with(c.bot.EditChatInviteLink, p))
}

// RevokeChatInviteLink ends a link of the bot's own. It returns nil if it has ended or is not known.
func (c *Client) RevokeChatInviteLink(ctx context.Context, p *bot.RevokeChatInviteLinkParams) error {
	_, err := call(ctx, c, request{method: "revokeChatInviteLink"}, with(c.bot.RevokeChatInviteLink, p))
	return unlessRefused(err, "INVITE_HASH_EXPIRED", "INVITE_HASH_INVALID", "INVITE_REVOKED_MISSING", "invite link not found")
}

// BanChatMember takes somebody out of a chat and keeps them out. It may be repeated.
func (c *Client) BanChatMember(ctx context.Context, p *bot.BanChatMemberParams) error {
	_, err := call(ctx, c, request{method: "banChatMember"}, with(c.bot.BanChatMember, p))
	return err
}

// UnbanChatMember lets somebody who was banned come back. Without OnlyIfBanned it also takes a member
// out. It may be repeated.
func (c *Client) UnbanChatMember(ctx context.Context, p *bot.UnbanChatMemberParams) error {
	_, err := call(ctx, c, request{method: "unbanChatMember"}, with(c.bot.UnbanChatMember, p))
	return err
}

// GetChatMember tells what somebody is in a chat.
func (c *Client) GetChatMember(ctx context.Context, p *bot.GetChatMemberParams) (*models.ChatMember, error) {
	return call(ctx, c, request{method: "getChatMember"}, with(c.bot.GetChatMember, p))
}

// GetChat tells about a chat.
func (c *Client) GetChat(ctx context.Context, p *bot.GetChatParams) (*models.ChatFullInfo, error) {
	return call(ctx, c, request{method: "getChat"}, with(c.bot.GetChat, p))
}

// UserID is the bot's own id, which is the first part of its token.
func (c *Client) UserID() int64 {
	id, _, _ := strings.Cut(c.wire.token, ":")
	n, _ := strconv.ParseInt(id, 10, 64) // digits, by tokenForm
	return n
}

// MemberOf returns the user whom a ChatMember is about; nil if it does not say.
func MemberOf(m *models.ChatMember) *models.User {
	switch {
	case m.Owner != nil:
		return m.Owner.User
	case m.Administrator != nil:
		return &m.Administrator.User
	case m.Member != nil:
		return m.Member.User
	case m.Restricted != nil:
		return m.Restricted.User
	case m.Left != nil:
		return m.Left.User
	case m.Banned != nil:
		return m.Banned.User
	}
	return nil
}

// IsIn reports whether a ChatMember is in the chat now.
func IsIn(m *models.ChatMember) bool {
	switch m.Type {
	case models.ChatMemberTypeOwner, models.ChatMemberTypeAdministrator, models.ChatMemberTypeMember:
		return true
	case models.ChatMemberTypeRestricted:
		return m.Restricted != nil && m.Restricted.IsMember
	case models.ChatMemberTypeLeft, models.ChatMemberTypeBanned:
	}
	return false
}

// IsOut reports whether a call failed since the bot is not in the chat any more, or there is no such
// chat. Telegram often says the same of both.
func IsOut(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (errors.Is(err, ErrChatGone) && e.MigrateTo == 0 ||
		containsAny(e.Description, "bot is not a member of the", "bot was kicked from the"))
}

// LacksRight reports whether a call failed since the bot is not in the chat, is no administrator of it,
// or lacks a right there. Nothing was done.
func LacksRight(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Code == 400 || e.Code == 403) && containsAny(e.Description,
		"not enough rights", "need administrator rights", "CHAT_ADMIN_REQUIRED", "CHAT_ADMIN_INVITE_REQUIRED",
		"member list is inaccessible", "bot is not a member of the", "bot was kicked from the")
}
