package telegram

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Errors of what a user does in a group or a channel.
var (
	ErrNoGroup   = errors.New("telegram: no such group or channel")
	ErrNoInvite  = errors.New("telegram: the invite link has expired")
	ErrBanned    = errors.New("telegram: the user is banned from the chat")
	ErrNotMember = errors.New("telegram: the user is not a member of the chat")
)

// group is a supergroup or a channel of one bot. Its people join, leave, and are banned; only the
// bot writes to it.
type group struct {
	id      int64
	title   string
	kind    string // "supergroup" or "channel"
	owner   int64
	limited bool              // the bot is a member without rights
	left    bool              // the bot is not in it
	topics  map[int]*topic    // by message_thread_id; nil: the group is no forum
	members map[int64]*member // by user; nobody is removed from it
	invites []*invite
}

// member is what a user is in a group.
type member struct {
	status      string // in the words of the Bot API
	until       int64  // Unix time of the end of a ban or of restrictions; 0: never
	permissions map[string]any
}

// AddGroup creates a "supergroup" or a "channel" of a user, in which the token's bot is an
// administrator, and returns its id. The bot gets a my_chat_member update.
func (s *Service) AddGroup(token string, owner int64, kind, title string) (int64, error) {
	s.mu.Lock()
	defer func() { s.mu.Unlock(); s.changed() }()
	b, err := s.botOf(token)
	_, known := s.users[owner]
	switch {
	case err != nil:
		return 0, err
	case !known:
		return 0, fmt.Errorf("%w: %d", ErrNoUser, owner)
	case title == "" || kind != "supergroup" && kind != "channel":
		return 0, ErrEmpty
	}
	const firstID = 1_000_000_000_000 // ids of these are negative, and start with -100
	s.serial++
	g := &group{
		id: -firstID - int64(s.serial), title: title, kind: kind, owner: owner, //nolint:gosec // a small count
		members: map[int64]*member{owner: {status: "creator"}},
	}
	c := &chat{group: g}
	b.chats[g.id] = c
	s.tellOfBot(b, c, map[string]any{"user": s.botUser(b), "status": "left"})
	return g.id, nil
}

// SetRights makes the bot an administrator of a group, or a member without rights.
func (s *Service) SetRights(token string, id int64, admin bool) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		old := s.botMember(b, c.group)
		c.group.limited = !admin
		s.tellOfBot(b, c, old)
		return nil
	})
}

// Leave takes a user out of a group.
func (s *Service) Leave(token string, id, user int64) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if m := c.group.members[user]; m == nil || !m.present() || m.status == "creator" {
			return ErrNotMember
		}
		s.setMember(b, c, user, user, &member{status: "left"}, nil)
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
	case g.left:
		o["status"] = "left"
	case g.limited:
		o["status"] = "member"
	default:
		maps.Copy(o, adminRights(g.kind))
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
	old := s.groupMember(c.group, user)
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
	}
	s.enqueue(b, "chat_member", c.group.id, update)
}
