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
	limit   int   // how many members may have joined by it at a time; 0: any number
	primary bool
	revoked bool
	asks    bool // joining takes an administrator's approval
}

// usable reports whether somebody can join by the link. Who leaves makes room for another
// (core.telegram.org/bots/api#chatinvitelink: members "simultaneously").
func (i *invite) usable(g *group) bool {
	joined := 0
	for _, m := range g.members {
		if m.through == i && m.present() {
			joined++
		}
	}
	return !i.revoked && (i.expires == 0 || time.Now().Unix() < i.expires) && (i.limit == 0 || joined < i.limit)
}

// Join lets a user into the group of an invite link, and returns the group's id. It returns
// ErrNoInvite if the link is unknown, revoked, expired or used up, ErrBanned, or ErrAsked if the
// link makes a request that the bot may approve. A member stays one, and does not count.
func (s *Service) Join(link string, user int64) (int64, error) {
	s.mu.Lock()
	defer func() { s.mu.Unlock(); s.changed() }()
	if _, known := s.users[user]; !known {
		return 0, ErrNoUser
	}
	b, c, i := s.invited(link)
	if i == nil {
		return 0, ErrNoInvite
	}
	return c.group.id, s.join(b, c, user, i)
}

// UsableLinks lists the invite links of a group by which somebody can join now, oldest first.
func (s *Service) UsableLinks(token string, id int64) (links []string) {
	_ = s.inGroup(token, id, func(_ *bot, c *chat) error {
		for _, i := range c.group.invites {
			if i.usable(c.group) {
				links = append(links, i.url)
			}
		}
		return nil
	})
	return links
}

// DeleteInvite deletes an invite link of a group, as an administrator may. The bot is not told.
func (s *Service) DeleteInvite(token string, id int64, link string) error {
	return s.inGroup(token, id, func(_ *bot, c *chat) error {
		c.group.invites = slices.DeleteFunc(c.group.invites, func(i *invite) bool { return i.url == link })
		return nil
	})
}

// invited finds what a link leads to; a nil invite if it leads nowhere.
func (s *Service) invited(link string) (*bot, *chat, *invite) {
	for _, token := range s.botOrder {
		b := s.bots[token]
		for _, c := range b.chats {
			if c.group == nil || c.group.migratedTo != 0 || c.group.out == groupDeleted {
				continue
			}
			if i := slices.IndexFunc(c.group.invites, func(i *invite) bool { return i.url == link }); i >= 0 {
				return b, c, c.group.invites[i]
			}
		}
	}
	return nil, nil, nil
}

// Invitation is what a person reads who opens an invite link.
type Invitation struct {
	Group
	Asks bool // joining takes an administrator's approval
}

// Invitation opens an invite link for a user. A member sees it whatever has become of the link;
// others get ErrNoInvite if they cannot join by it.
func (s *Service) Invitation(link string, user int64) (Invitation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, c, i := s.invited(link)
	switch {
	case i == nil || !i.usable(c.group) && !c.group.members[user].present():
		return Invitation{}, ErrNoInvite
	case c.group.members[user].banned():
		return Invitation{}, ErrBanned
	}
	return Invitation{s.viewGroup(b, c.group), i.asks}, nil
}

func (s *Service) join(b *bot, c *chat, user int64, through *invite) error {
	switch m := c.group.members[user]; {
	case m.present():
		return nil
	case m.banned():
		return ErrBanned
	case !through.usable(c.group):
		return ErrNoInvite
	case through.asks:
		if c.group.requests[user] == nil {
			c.group.requests[user] = through
			s.tellOfRequest(b, c, user, through)
		}
		return ErrAsked
	}
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
	return inviting(func(c *call, chat *chat) any { return run(c, chat.group) })
}

func inviting(run func(*call, *chat) any) func(*call, *chat) any {
	return inGroups("can't invite members to a private chat", func(c *call, chat *chat) any {
		if !chat.group.may("can_invite_users") {
			return c.refuse(badRequest("not enough rights to manage chat invite link"))
		}
		return run(c, chat)
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
