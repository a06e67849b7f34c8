package telegram

import (
	"errors"
	"time"
)

// ErrAsked says that a user has asked to join, and that an administrator must approve.
var ErrAsked = errors.New("telegram: an administrator must approve the request to join")

// tellOfRequest sends the update about a request to join, which a bot gets that may invite.
func (s *Service) tellOfRequest(b *bot, c *chat, user int64, through *invite) {
	if !c.group.may("can_invite_users") {
		return
	}
	s.enqueue(b, "chat_join_request", c.group.id, map[string]any{
		"chat": s.wireChat(c), "from": s.wireUser(user), "user_chat_id": user, "date": time.Now().Unix(),
		"invite_link": s.wireInvite(b, through),
	})
}

func approveChatJoinRequest(c *call, chat *chat) any {
	return c.endRequest(chat, func(user int64, through *invite) {
		c.setMember(c.bot, chat, c.bot.id, user, &member{status: "member"}, through)
	})
}

func declineChatJoinRequest(c *call, chat *chat) any {
	return c.endRequest(chat, func(int64, *invite) {})
}

func (c *call) endRequest(chat *chat, do func(user int64, through *invite)) any {
	user := c.userID()
	through := chat.group.requests[user]
	switch {
	case c.err != nil:
	case chat.group.members[user].present():
		c.refuse(badRequest("USER_ALREADY_PARTICIPANT"))
	case through == nil:
		c.refuse(badRequest("HIDE_REQUESTER_MISSING"))
	default:
		delete(chat.group.requests, user)
		do(user, through)
	}
	return true
}
