package telegram

// What the methods about members answer in private chats, which are the only chats here.

const noInvites = "can't invite members to a private chat"

// onlyGroups is a method that every private chat refuses in these words.
func onlyGroups(text string) func(*call, *chat) any {
	return func(c *call, _ *chat) any { return c.refuse(badRequest(text)) }
}

// getChatMember knows the two members of a private chat.
func getChatMember(c *call, chat *chat) any {
	switch c.userID() {
	case chat.user:
		return wireMember{User: c.wireUser(chat.user), Status: "member"}
	case c.bot.id:
		return wireMember{User: c.botUser(c.bot), Status: "member"}
	default:
		return c.refuse(badRequest("member not found"))
	}
}

func getChatMemberCount(*call, *chat) any { return 2 }

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
