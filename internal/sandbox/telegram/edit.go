package telegram

import (
	"time"
)

func editMessageText(c *call) (any, error) {
	return c.edit(func(now *message) error {
		if now.hasMedia() {
			return badRequest("there is no text in the message to edit")
		}
		f, err := c.messageText()
		if err != nil {
			return err
		}
		now.Text, now.Entities = f.text, f.entities
		return c.preview(now)
	})
}

func editMessageCaption(c *call) (any, error) {
	return c.edit(func(now *message) error {
		if !now.hasMedia() {
			return badRequest("there is no caption in the message to edit")
		}
		f, err := c.caption()
		if err != nil {
			return err
		}
		now.Text, now.Entities, now.captionUp = f.text, f.entities, c.flag("show_caption_above_media")
		return nil
	})
}

func editMessageMedia(c *call) (any, error) {
	return c.edit(func(now *message) error {
		var item inputMedia
		given, err := c.object("media", "media", &item)
		if err != nil {
			return err
		}
		if !given {
			return badRequest("media is not specified")
		}
		fresh, err := c.mediaMessage(item)
		if err != nil {
			return err
		}
		now.takeContent(fresh)
		return nil
	})
}

func editMessageReplyMarkup(c *call) (any, error) {
	return c.edit(func(*message) error { return nil })
}

// edit changes a message of the bot's own. Every edit sets the keyboard too: one
// that is not given is one that is taken away.
func (c *call) edit(change func(now *message) error) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
	m, err := c.editable(chat)
	if err != nil {
		return nil, err
	}
	now := *m
	if err := change(&now); err != nil {
		return nil, err
	}
	if now.Buttons, err = c.inlineMarkup(); err != nil {
		return nil, err
	}
	if now.sameContent(m) {
		return nil, notModified()
	}
	now.EditDate = time.Now().Truncate(time.Second)
	*m = now
	return c.wire(c.bot, chat, m), nil
}

// editable finds the message that a call wants to change.
func (c *call) editable(chat *chat) (*message, error) {
	if c.number("message_id") == 0 {
		return nil, badRequest("message identifier is not specified")
	}
	m, ok := chat.message(int(c.number("message_id")))
	switch {
	case !ok:
		return nil, badRequest("message to edit not found")
	case !m.FromBot, m.origin != nil, m.Keyboard != nil, m.RemoveKeyboard:
		return nil, badRequest("message can't be edited")
	}
	return m, nil
}

func deleteMessage(c *call) (any, error) {
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
	if c.number("message_id") == 0 {
		return nil, badRequest("message identifier is not specified")
	}
	m, ok := chat.message(int(c.number("message_id")))
	switch {
	case !ok:
		return nil, badRequest("message to delete not found")
	case !m.deletable():
		return nil, badRequest("message can't be deleted for everyone")
	}
	chat.remove(m.ID)
	return true, nil
}

// deleteMessages deletes what it finds of a list, and says nothing of the rest.
func deleteMessages(c *call) (any, error) {
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
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

func pinChatMessage(c *call) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
	m, ok := chat.message(int(c.number("message_id")))
	if !ok {
		return nil, badRequest("message to pin not found")
	}
	chat.pinned = m.ID
	return true, nil
}

// unpinChatMessage takes away the pin of one message, or of whichever has it.
func unpinChatMessage(c *call) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
	if id := int(c.number("message_id")); id != 0 && id != chat.pinned {
		return nil, badRequest("message to unpin not found")
	}
	chat.pinned = 0
	return true, nil
}
