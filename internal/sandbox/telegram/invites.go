package telegram

import (
	"slices"
	"time"
)

// Limits of invite links.
const (
	maxInviteName    = 32 // characters; longer ones are cut
	maxInviteMembers = 100_000
)

// invite is an invite link of a group.
type invite struct {
	url     string
	name    string
	expires int64 // Unix time; 0: never
	limit   int   // how many may join; 0: any number
	joined  int
	primary bool
	revoked bool
	asks    bool // joining takes an administrator's approval
}

// usable reports whether somebody can still join by the link.
func (i *invite) usable() bool {
	return !i.revoked && (i.expires == 0 || time.Now().Unix() < i.expires) && (i.limit == 0 || i.joined < i.limit)
}

// Join lets a user into the group of an invite link, and returns the group's id. It returns
// ErrNoInvite if the link is unknown, revoked, expired or used up, and ErrBanned. A member stays
// one, and does not count.
func (s *Service) Join(link string, user int64) (int64, error) {
	s.mu.Lock()
	defer func() { s.mu.Unlock(); s.changed() }()
	if _, known := s.users[user]; !known {
		return 0, ErrNoUser
	}
	for _, token := range s.botOrder {
		b := s.bots[token]
		for id, c := range b.chats {
			if c.group == nil {
				continue
			}
			i := slices.IndexFunc(c.group.invites, func(i *invite) bool { return i.url == link })
			if i < 0 {
				continue
			}
			return id, s.join(b, c, user, c.group.invites[i])
		}
	}
	return 0, ErrNoInvite
}

func (s *Service) join(b *bot, c *chat, user int64, through *invite) error {
	switch m := c.group.members[user]; {
	case m.present():
		return nil
	case m.banned():
		return ErrBanned
	case !through.usable() || through.asks:
		return ErrNoInvite
	}
	through.joined++
	s.setMember(b, c, user, user, &member{status: "member"}, through)
	return nil
}

func (s *Service) wireInvite(b *bot, i *invite) map[string]any {
	o := map[string]any{
		"invite_link": i.url, "creator": s.botUser(b), "creates_join_request": i.asks, "is_primary": i.primary, "is_revoked": i.revoked,
	}
	if i.name != "" {
		o["name"] = i.name
	}
	if i.expires != 0 {
		o["expire_date"] = i.expires
	}
	if i.limit != 0 {
		o["member_limit"] = i.limit
	}
	return o
}

// inviter wraps a method about invite links of a group in which the bot may invite.
func inviter(run func(*call, *group) any) func(*call, *chat) any {
	return inGroups("can't invite members to a private chat", func(c *call, chat *chat) any {
		if chat.group.limited {
			return c.refuse(badRequest("not enough rights to manage chat invite link"))
		}
		return run(c, chat.group)
	})
}

func (c *call) newInvite(g *group) *invite {
	i := &invite{url: "https://t.me/+" + c.token62()}
	g.invites = append(g.invites, i)
	return i
}

// describe reads what createChatInviteLink and editChatInviteLink say about a link.
func (i *invite) describe(c *call) {
	name := []rune(c.cleanStr("name"))
	expires, limit, asks := c.number("expire_date"), int(c.between("member_limit", 0, maxInviteMembers, 0)), c.flag("creates_join_request")
	switch {
	case expires < 0 || expires > 0 && expires <= time.Now().Unix():
		c.refuse(badRequest("EXPIRE_DATE_INVALID"))
	case asks && limit > 0:
		c.refuse(badRequest("member limit can't be specified for links requiring administrator approval"))
	}
	if c.err == nil {
		i.name, i.expires, i.limit, i.asks = string(name[:min(len(name), maxInviteName)]), expires, limit, asks
	}
}

func createChatInviteLink(c *call, g *group) any {
	i := &invite{}
	i.describe(c)
	if c.err != nil {
		return nil
	}
	created := c.newInvite(g)
	i.url = created.url
	*created = *i
	return c.wireInvite(c.bot, created)
}

func editChatInviteLink(c *call, g *group) any {
	i := c.inviteOf(g)
	if i == nil {
		return nil
	}
	if i.primary || i.revoked {
		return c.refuse(badRequest("INVITE_HASH_EXPIRED"))
	}
	i.describe(c)
	return c.wireInvite(c.bot, i)
}

func revokeChatInviteLink(c *call, g *group) any {
	i := c.inviteOf(g)
	if i == nil {
		return nil
	}
	i.revoked = true
	return c.wireInvite(c.bot, i)
}

// exportChatInviteLink replaces the bot's primary link.
func exportChatInviteLink(c *call, g *group) any {
	for _, old := range g.invites {
		old.revoked = old.revoked || old.primary
	}
	i := c.newInvite(g)
	i.primary = true
	return i.url
}

func (c *call) inviteOf(g *group) *invite {
	link := c.required("invite_link")
	i := slices.IndexFunc(g.invites, func(i *invite) bool { return i.url == link })
	if i < 0 {
		c.refuse(badRequest("INVITE_HASH_EXPIRED"))
		return nil
	}
	return g.invites[i]
}
