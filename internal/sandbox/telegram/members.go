package telegram

import "time"

// inGroups wraps a method of groups and channels; in private chats it answers with these words.
func inGroups(private string, run func(*call, *chat) any) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		if chat.group == nil {
			return c.refuse(badRequest(private))
		}
		return run(c, chat)
	}
}

func getChatMember(c *call, chat *chat) any {
	user := c.userID()
	switch _, known := c.users[user]; {
	case c.err != nil:
		return nil
	case chat.group != nil && user == c.bot.id:
		return c.botMember(c.bot, chat.group)
	case chat.group != nil && chat.group.limited && chat.group.kind == "channel":
		return c.refuse(badRequest("member list is inaccessible"))
	case chat.group != nil && known:
		return c.groupMember(chat.group, user)
	case chat.group != nil:
		return c.refuse(badRequest("PARTICIPANT_ID_INVALID"))
	case user == chat.user:
		return wireMember{User: c.wireUser(user), Status: "member"}
	case user == c.bot.id:
		return wireMember{User: c.botUser(c.bot), Status: "member"}
	default:
		return c.refuse(badRequest("member not found"))
	}
}

func getChatMemberCount(_ *call, chat *chat) any {
	n := 1 // the bot
	if chat.group == nil {
		return n + 1
	}
	for _, m := range chat.group.members {
		if m.present() {
			n++
		}
	}
	return n
}

func getChatAdministrators(c *call, chat *chat) any {
	list := []any{c.groupMember(chat.group, chat.group.owner)}
	if !chat.group.limited {
		list = append(list, c.botMember(c.bot, chat.group))
	}
	for user, m := range chat.group.members {
		if m.status == "administrator" {
			list = append(list, c.groupMember(chat.group, user))
		}
	}
	return list
}

// restricter wraps a change of a member that takes an administrator, and leaves administrators
// alone.
func restricter(private string, run func(c *call, chat *chat, user int64)) func(*call, *chat) any {
	return changer("can_restrict_members", private, func(c *call, chat *chat, user int64) {
		if m := chat.group.members[user]; m != nil && m.status == "administrator" {
			c.refuse(badRequest("user is an administrator of the chat"))
			return
		}
		run(c, chat, user)
	})
}

// promoter wraps a change of what an administrator may do.
func promoter(private string, run func(c *call, chat *chat, user int64)) func(*call, *chat) any {
	return changer("can_promote_members", private, run)
}

// changer wraps a change of any member but the owner that takes a right.
func changer(right, private string, run func(c *call, chat *chat, user int64)) func(*call, *chat) any {
	return inGroups(private, func(c *call, chat *chat) any {
		user := c.userID()
		old := chat.group.members[user]
		switch _, known := c.users[user]; {
		case !chat.group.may(right):
			c.refuse(badRequest("not enough rights to restrict/unrestrict chat member"))
		case user == c.bot.id:
			c.refuse(badRequest("can't restrict self"))
		case !known:
			c.refuse(badRequest("PARTICIPANT_ID_INVALID"))
		case old != nil && old.status == "creator":
			c.refuse(badRequest("can't remove chat owner"))
		}
		if c.err == nil {
			run(c, chat, user)
		}
		return true
	})
}

// until reads until_date. Telegram takes less than 30 seconds and more than 366 days as no end.
func (c *call) until() int64 {
	until := c.number("until_date")
	if wait := time.Until(time.Unix(until, 0)); wait < 30*time.Second || wait > 366*24*time.Hour {
		return 0
	}
	return until
}

// banMember removes a user, who can come back only after the ban. Basic groups have no bans.
func banMember(c *call, chat *chat, user int64) {
	delete(chat.group.requests, user)
	if chat.group.kind == "group" {
		if chat.group.members[user].present() {
			c.setMember(c.bot, chat, c.bot.id, user, &member{status: "left"}, nil)
		}
		return
	}
	c.setMember(c.bot, chat, c.bot.id, user, &member{status: "kicked", until: c.until()}, nil)
}

// unbanMember also takes a member out of the chat, unless told not to.
func unbanMember(c *call, chat *chat, user int64) {
	m := chat.group.members[user]
	if chat.group.kind == "group" {
		c.refuse(badRequest(onlyGroups))
		return
	}
	if m.banned() || m.present() && !c.flag("only_if_banned") {
		c.setMember(c.bot, chat, c.bot.id, user, &member{status: "left"}, nil)
	}
}

// permissions are what a restricted member may be allowed to do.
var permissions = []string{
	"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos", "can_send_video_notes",
	"can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_add_web_page_previews", "can_change_info",
	"can_invite_users", "can_pin_messages", "can_manage_topics",
}

func restrictMember(c *call, chat *chat, user int64) {
	given := object{}
	c.object("permissions", "permissions", "object expected as permissions", &given)
	allowed, restricted := map[string]any{}, false
	for _, name := range permissions {
		may, err := given.flag(name)
		c.refuse(toAPIError(err, "can't parse chat permissions: "))
		allowed[name] = may
		restricted = restricted || !may
	}
	switch m := chat.group.members[user]; {
	case chat.group.kind != "supergroup":
		c.refuse(badRequest("method is available only for supergroups"))
	case !m.present():
		c.refuse(badRequest("member not found"))
	}
	if c.err != nil {
		return
	}
	now := &member{status: "member"}
	if restricted {
		now = &member{status: "restricted", until: c.until(), permissions: allowed}
	}
	c.setMember(c.bot, chat, c.bot.id, user, now, nil)
}

// promoteMember gives the rights named in the call; none make the user a plain member again.
func promoteMember(c *call, chat *chat, user int64) {
	rights := adminRights(chat.group.kind)
	promoted := false
	for name := range rights {
		rights[name] = c.flag(name)
		promoted = promoted || c.flag(name)
	}
	if !chat.group.members[user].present() {
		c.refuse(badRequest("USER_NOT_MUTUAL_CONTACT"))
		return
	}
	now := &member{status: "member"}
	if promoted {
		rights["can_be_edited"] = true
		now = &member{status: "administrator", permissions: rights}
	}
	c.setMember(c.bot, chat, c.bot.id, user, now, nil)
}

func leaveChat(c *call, chat *chat) any {
	old := c.botMember(c.bot, chat.group)
	chat.group.out = groupLeft
	c.tellOfBot(c.bot, chat, old)
	return true
}

// getUserProfilePhotos knows that nobody here has one.
func getUserProfilePhotos(c *call) any {
	user := c.userID()
	if _, known := c.users[user]; !known && user != c.bot.id {
		c.refuse(badRequest("user not found"))
	}
	return map[string]any{"total_count": 0, "photos": []any{}}
}

// userID reads user_id.
func (c *call) userID() int64 {
	id := c.number("user_id")
	if id <= 0 {
		c.refuse(badRequest("invalid user_id specified"))
	}
	return id
}
