package telegram

import (
	"maps"
	"slices"
	"time"
)

// Leave takes a user out of a group.
func (s *Service) Leave(token string, id, user int64) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if m := c.group.members[user]; !m.present() || m.status == "creator" {
			return ErrNotMember
		}
		s.setMember(b, c, user, user, &member{status: "left"}, nil)
		return nil
	})
}

// Add has the owner add a user to a group.
func (s *Service) Add(token string, id, user int64) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if !c.group.members[user].present() {
			s.setMember(b, c, c.group.owner, user, &member{status: "member"}, nil)
		}
		return nil
	})
}

// Kick has the owner remove a user, who is then banned except from a basic group.
func (s *Service) Kick(token string, id, user int64) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if m := c.group.members[user]; !m.present() || m.status == "creator" {
			return ErrNotMember
		}
		status := "kicked"
		if c.group.kind == "group" {
			status = "left"
		}
		s.setMember(b, c, c.group.owner, user, &member{status: status}, nil)
		return nil
	})
}

// Members lists the users who are in a group, by id.
func (s *Service) Members(token string, id int64) []int64 {
	var list []int64
	_ = s.inGroup(token, id, func(_ *bot, c *chat) error {
		for user, m := range c.group.members {
			if m.present() {
				list = append(list, user)
			}
		}
		return nil
	})
	slices.Sort(list)
	return list
}

func (s *Service) inGroup(token string, id int64, do func(*bot, *chat) error) error {
	s.mu.Lock()
	b, err := s.botOf(token)
	if err == nil {
		if c := b.chats[id]; c != nil && c.group != nil {
			err = do(b, c)
		} else {
			err = ErrNoGroup
		}
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return err
}

// present reports whether the user is in the group.
func (m *member) present() bool {
	return m != nil && (m.status == "creator" || m.status == "administrator" || m.status == "member" || m.status == "restricted")
}

// banned reports whether the user may not join.
func (m *member) banned() bool {
	return m != nil && m.status == "kicked" && (m.until == 0 || time.Now().Unix() < m.until)
}

// adminRights are those of a bot that may do all that the methods here need.
func adminRights(kind string) map[string]any {
	rights := map[string]any{"can_be_edited": false, "is_anonymous": false}
	for _, right := range []string{
		"can_manage_chat", "can_change_info", "can_delete_messages", "can_invite_users", "can_restrict_members",
		"can_promote_members", "can_manage_video_chats", "can_post_stories", "can_edit_stories", "can_delete_stories",
	} {
		rights[right] = true
	}
	for _, right := range map[string][]string{
		"channel": {"can_post_messages", "can_edit_messages"}, "supergroup": {"can_pin_messages", "can_manage_topics"},
		"group": {"can_pin_messages"},
	}[kind] {
		rights[right] = true
	}
	return rights
}

// groupMember is a user in a group as bots see it.
func (s *Service) groupMember(g *group, user int64) map[string]any {
	m := g.members[user]
	if m == nil || m.status == "kicked" && !m.banned() {
		m = &member{status: "left"}
	}
	o := map[string]any{"user": s.wireUser(user), "status": m.status}
	switch m.status {
	case "creator":
		o["is_anonymous"] = false
	case "administrator":
		maps.Copy(o, adminRights(g.kind))
		maps.Copy(o, m.permissions)
	case "restricted":
		maps.Copy(o, m.permissions)
		o["is_member"], o["until_date"] = true, m.until
	case "kicked":
		o["until_date"] = m.until
	}
	return o
}

func (s *Service) botMember(b *bot, g *group) map[string]any {
	o := map[string]any{"user": s.botUser(b), "status": "administrator"}
	switch {
	case g.out == groupKicked:
		o["status"], o["until_date"] = "kicked", 0
	case g.out != "":
		o["status"] = "left"
	case g.limited:
		o["status"] = "member"
	default:
		maps.Copy(o, adminRights(g.kind))
		for _, right := range g.denied {
			o[right] = false
		}
	}
	return o
}

// tellOfBot sends a my_chat_member update about what the bot has become.
func (s *Service) tellOfBot(b *bot, c *chat, old map[string]any) {
	s.enqueue(b, "my_chat_member", c.group.id, map[string]any{
		"chat": s.wireChat(c), "from": s.wireUser(c.group.owner), "date": time.Now().Unix(),
		"old_chat_member": old, "new_chat_member": s.botMember(b, c.group),
	})
}

// setMember changes what a user is, and sends the chat_member update that a bot may ask for. actor
// is who does it, and through the invite who joins.
func (s *Service) setMember(b *bot, c *chat, actor, user int64, now *member, through *invite) {
	old, before := s.groupMember(c.group, user), c.group.members[user].present()
	now.through = through
	if before && now.present() { // another status of who is in already
		now.through = c.group.members[user].through
	}
	c.group.members[user] = now
	from := s.wireUser(actor)
	if actor == b.id {
		from = s.botUser(b)
	}
	update := map[string]any{
		"chat": s.wireChat(c), "from": from, "date": time.Now().Unix(),
		"old_chat_member": old, "new_chat_member": s.groupMember(c.group, user),
	}
	if through != nil {
		update["invite_link"] = s.wireInvite(b, through)
		update["via_join_request"] = through.asks
	}
	if c.group.out == "" && !c.group.limited { // others are not told of members
		s.enqueue(b, "chat_member", c.group.id, update)
	}
	s.postMembership(b, c, actor, user, before, now.present())
}

// postMembership posts the service message that a group, but no channel, gets about a member.
func (s *Service) postMembership(b *bot, c *chat, actor, user int64, before, after bool) {
	var about map[string]any
	switch {
	case c.group.kind == "channel" || before == after:
		return
	case after:
		about = map[string]any{"new_chat_members": []wireUser{s.wireUser(user)}}
	default:
		about = map[string]any{"left_chat_member": s.wireUser(user)}
	}
	m := newContent(about)
	if actor == b.id { // a bot gets no update about its own messages
		m.FromBot = true
		b.post(c, m)
		return
	}
	s.postIn(b, c, actor, 0, m)
}
