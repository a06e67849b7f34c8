package telegram

import "slices"

func forwardMessage(c *call) (any, error) {
	chat, m, err := c.copied("message to forward not found")
	if err != nil {
		return nil, err
	}
	from := c.person(c.bot.chats[c.number("from_chat_id")].user)
	if m.FromBot {
		from = c.botUser(c.bot)
	}
	again := &message{origin: &wireOrigin{Type: "user", SenderUser: &from, Date: m.Date.Unix()}}
	if m.origin != nil {
		again.origin = m.origin
	}
	again.Forwarded = again.origin.SenderUser.FirstName
	again.takeContent(m)
	return c.send(chat, again)
}

func copyMessage(c *call) (any, error) {
	chat, m, err := c.copied("message to copy not found")
	if err != nil {
		return nil, err
	}
	again := &message{}
	again.takeContent(m)
	if _, given := c.values["caption"]; given && m.hasMedia() {
		caption, err := c.caption()
		if err != nil {
			return nil, err
		}
		again.Text, again.Entities = caption.text, caption.entities
	}
	sent, err := c.send(chat, again)
	if err != nil {
		return nil, err
	}
	return map[string]int{"message_id": sent.MessageID}, nil
}

// copied finds the message that is to be sent once more, and where to.
func (c *call) copied(missing string) (*chat, *message, error) {
	to, err := c.recipient()
	if err != nil {
		return nil, nil, err
	}
	from, err := c.target("from_chat_id")
	if err != nil {
		return nil, nil, err
	}
	m, ok := from.message(int(c.number("message_id")))
	switch {
	case !ok:
		return nil, nil, badRequest(missing)
	case m.Protected:
		return nil, nil, badRequest("message can't be copied or forwarded")
	}
	return to, m, nil
}

// takeContent makes m show what o shows, without its buttons.
func (m *message) takeContent(o *message) {
	m.Text, m.Entities = o.Text, slices.Clone(o.Entities)
	m.PreviewDisabled, m.preview, m.captionUp = o.PreviewDisabled, o.preview, o.captionUp
	m.Spoiler = o.Spoiler
	m.setMedia(attachment{o.photo, o.document})
}
