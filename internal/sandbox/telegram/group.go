package telegram

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Errors of what a user does in a group or a channel.
var (
	ErrNoGroup   = errors.New("telegram: no such group or channel")
	ErrNoInvite  = errors.New("telegram: the invite link has expired")
	ErrBanned    = errors.New("telegram: the user is banned from the chat")
	ErrNotMember = errors.New("telegram: the user is not a member of the chat")
)

// How a bot has come out of a group.
const (
	groupLeft    = "left"
	groupKicked  = "kicked"
	groupDeleted = "deleted" // there is no group any more
)

// group is a group, a supergroup or a channel of one bot. Its people join, leave, and are banned.
type group struct {
	id         int64
	made       uint64 // order of creation
	title      string
	kind       string // "group", "supergroup" or "channel"
	owner      int64
	limited    bool              // the bot is a member without rights
	denied     []string          // rights that the bot does not have as an administrator
	out        string            // how the bot has come out of it; "": it is in
	migratedTo int64             // the supergroup that the group has become; 0: it has not
	topics     map[int]*topic    // by message_thread_id; nil: the group is no forum
	members    map[int64]*member // by user; nobody is removed from it
	invites    []*invite
	requests   map[int64]*invite // to join, by user
}

// member is what a user is in a group.
type member struct {
	status      string // in the words of the Bot API
	until       int64  // Unix time of the end of a ban or of restrictions; 0: never
	permissions map[string]any
	through     *invite // by which the user joined; nil: by none
}

// Group is a group, a supergroup or a channel as its people see it.
type Group struct {
	ID      int64
	Title   string
	Kind    string // "group", "supergroup" or "channel"
	Bot     string // what the bot is in it, in the words of the Bot API, or "deleted"
	Members []Member
}

// Member is a user who is or was in a group.
type Member struct {
	User   int64
	Status string // in the words of the Bot API
}

// AddGroup creates a "group", a "supergroup" or a "channel" of a user, in which the token's bot is
// an administrator, and returns its id. The bot gets a my_chat_member update.
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
	case title == "" || kind != "group" && kind != "supergroup" && kind != "channel":
		return 0, ErrEmpty
	}
	c := s.addGroup(b, &group{
		title: title, kind: kind, owner: owner, requests: map[int64]*invite{},
		members: map[int64]*member{owner: {status: "creator"}},
	})
	s.tellOfBot(b, c, map[string]any{"user": s.botUser(b), "status": "left"})
	return c.group.id, nil
}

// addGroup gives a group its id: negative, and for all but basic groups it starts with -100.
func (s *Service) addGroup(b *bot, g *group) *chat {
	firstID := int64(1_000_000_000_000)
	if g.kind == "group" {
		firstID = 4_000_000_000
	}
	s.serial++
	g.made = s.serial
	g.id = -firstID - int64(s.serial) //nolint:gosec // a small count
	b.chats[g.id] = &chat{group: g}
	return b.chats[g.id]
}

// Groups lists the groups of a bot, those that it has come out of included, oldest first.
func (s *Service) Groups(token string) []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var groups []*group
	b, known := s.bots[token]
	if !known {
		return nil
	}
	for _, c := range b.chats {
		if c.group != nil && c.group.migratedTo == 0 {
			groups = append(groups, c.group)
		}
	}
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Compare(a.made, b.made) })
	var list []Group
	for _, g := range groups {
		list = append(list, s.viewGroup(b, g))
	}
	return list
}

func (s *Service) viewGroup(b *bot, g *group) Group {
	v := Group{ID: g.id, Title: g.title, Kind: g.kind, Bot: groupDeleted}
	if g.out != groupDeleted {
		v.Bot, _ = s.botMember(b, g)["status"].(string)
	}
	for user := range g.members {
		status, _ := s.groupMember(g, user)["status"].(string)
		v.Members = append(v.Members, Member{user, status})
	}
	slices.SortFunc(v.Members, func(a, b Member) int { return cmp.Compare(a.User, b.User) })
	return v
}

// SetRights makes the bot an administrator of a group, or a member without rights, and adds it
// again if it is not in the group. without are rights that the administrator does not get, such as
// "can_invite_users".
func (s *Service) SetRights(token string, id int64, admin bool, without ...string) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if c.group.out == groupDeleted || c.group.migratedTo != 0 {
			return ErrNoGroup
		}
		old := s.botMember(b, c.group)
		c.group.limited, c.group.denied, c.group.out = !admin, without, ""
		s.tellOfBot(b, c, old)
		return nil
	})
}

// Demote makes the bot a member without rights.
func (s *Service) Demote(token string, id int64) error { return s.SetRights(token, id, false) }

// RemoveBot has the owner throw the bot out of a group.
func (s *Service) RemoveBot(token string, id int64) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		if c.group.out != "" {
			return ErrNotMember
		}
		old := s.botMember(b, c.group)
		c.group.out = groupKicked
		s.tellOfBot(b, c, old)
		return nil
	})
}

// DeleteGroup has the owner delete a group. Bots get no update about it; their next call fails.
func (s *Service) DeleteGroup(token string, id int64) error {
	return s.inGroup(token, id, func(_ *bot, c *chat) error {
		c.group.out = groupDeleted
		return nil
	})
}

// Migrate makes a basic group a supergroup, and returns the new id. The bot gets a service message
// in both, and calls with the old id fail with the new one in their parameters.
func (s *Service) Migrate(token string, id int64) (migrated int64, err error) {
	err = s.inGroup(token, id, func(b *bot, c *chat) error {
		old := c.group
		if old.kind != "group" || old.out != "" || old.migratedTo != 0 {
			return ErrNoGroup
		}
		super := *old
		super.kind = "supergroup"
		to := s.addGroup(b, &super)
		migrated = super.id
		s.postIn(b, c, old.owner, 0, newContent(map[string]any{"migrate_to_chat_id": migrated}))
		s.postIn(b, to, old.owner, 0, newContent(map[string]any{"migrate_from_chat_id": id}))
		old.migratedTo = migrated
		return nil
	})
	return migrated, err
}

// unreachable is the error of a call in a group that the bot is not in; nil if it is in.
func (g *group) unreachable() error {
	switch {
	case g.migratedTo != 0:
		e := badRequest("group chat was upgraded to a supergroup chat")
		e.migratedTo = g.migratedTo
		return e
	case g.out == groupDeleted && g.kind == "group":
		return forbidden("the group chat was deleted")
	case g.out == groupLeft:
		return forbidden("bot is not a member of the " + g.kind + " chat")
	case g.out != "": // the library beneath the Bot API takes a deleted channel for a ban
		return forbidden("bot was kicked from the " + g.kind + " chat")
	}
	return nil
}

// may reports whether the bot has a right of an administrator.
func (g *group) may(right string) bool { return !g.limited && !slices.Contains(g.denied, right) }
