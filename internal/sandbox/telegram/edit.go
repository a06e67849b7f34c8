package telegram

import "time"

func editText(c *call, edited *message) error {
	if edited.hasMedia() {
		return badRequest("there is no text in the message to edit")
	}
	f, err := c.messageText()
	if err != nil {
		return err
	}
	edited.Text, edited.Entities = f.text, f.entities
	return c.setPreview(edited)
}

func editCaption(c *call, edited *message) error {
	if !edited.hasMedia() {
		return badRequest("there is no caption in the message to edit")
	}
	f, err := c.caption()
	if err != nil {
		return err
	}
	edited.Text, edited.Entities, edited.captionAbove = f.text, f.entities, c.flag("show_caption_above_media")
	return nil
}

func editMedia(c *call, edited *message) error {
	var item inputMedia
	given, err := c.object("media", "media", &item)
	if err != nil {
		return err
	}
	if !given {
		return badRequest("media is not specified")
	}
	replacement, err := c.mediaMessage(item)
	if err != nil {
		return err
	}
	edited.copyContent(replacement)
	return nil
}

func editMarkup(*call, *message) error { return nil }

// edit wraps a change of a message of the bot's own. Every edit also sets the keyboard: without one,
// the keyboard is removed.
func edit(change func(c *call, edited *message) error) func(*call, *chat) (any, error) {
	return func(c *call, chat *chat) (any, error) {
		m, err := c.messageIn(chat, "message to edit not found")
		if err != nil {
			return nil, err
		}
		if !m.FromBot || m.origin != nil || m.Keyboard != nil || m.RemoveKeyboard {
			return nil, badRequest("message can't be edited")
		}
		edited := *m
		if err := change(c, &edited); err != nil {
			return nil, err
		}
		if edited.Buttons, err = c.inlineMarkup(); err != nil {
			return nil, err
		}
		if edited.sameContent(m) {
			return nil, notModified()
		}
		edited.EditDate = time.Now().Truncate(time.Second)
		*m = edited
		return c.wire(c.bot, chat, m), nil
	}
}

// messageIn finds the message that message_id names.
func (c *call) messageIn(chat *chat, missing string) (*message, error) {
	id := int(c.number("message_id"))
	if id == 0 {
		return nil, badRequest("message identifier is not specified")
	}
	m, ok := chat.message(id)
	if !ok {
		return nil, badRequest(missing)
	}
	return m, nil
}

func deleteMessage(c *call, chat *chat) (any, error) {
	m, err := c.messageIn(chat, "message to delete not found")
	if err != nil {
		return nil, err
	}
	if !m.deletable() {
		return nil, badRequest("message can't be deleted for everyone")
	}
	chat.remove(m.ID)
	return true, nil
}

// deleteMessages deletes the messages of a list that exist, and ignores the others.
func deleteMessages(c *call, chat *chat) (any, error) {
	var ids []int
	if given, err := c.object("message_ids", "message identifiers", &ids); err != nil || !given || len(ids) == 0 {
		return nil, badRequest("message identifiers are not specified")
	}
	if len(ids) > 100 {
		return nil, badRequest("too many message identifiers specified")
	}
	for _, id := range ids {
		if m, ok := chat.message(id); ok && m.deletable() {
			chat.remove(id)
		}
	}
	return true, nil
}

// deletable reports whether a message is young enough for a bot to delete it.
func (m *message) deletable() bool { return time.Since(m.Date) < 48*time.Hour }

func pinChatMessage(c *call, chat *chat) (any, error) {
	m, ok := chat.message(int(c.number("message_id")))
	if !ok {
		return nil, badRequest("message to pin not found")
	}
	chat.pinned = m.ID
	return true, nil
}

// unpinChatMessage unpins one message, or whichever is pinned.
func unpinChatMessage(c *call, chat *chat) (any, error) {
	if id := int(c.number("message_id")); id != 0 && id != chat.pinned {
		return nil, badRequest("message to unpin not found")
	}
	chat.pinned = 0
	return true, nil
}
