package telegram

import (
	"encoding/json"
	"time"
)

func editText(c *call, edited *message) {
	if edited.kind != "" {
		c.refuse(badRequest("there is no text in the message to edit"))
	}
	f := c.messageText()
	edited.Text, edited.Entities = f.text, f.entities
	c.setPreview(edited)
}

func editCaption(c *call, edited *message) {
	if !mediaKinds[edited.kind].caption {
		c.refuse(badRequest("there is no caption in the message to edit"))
	}
	f := c.caption()
	edited.Text, edited.Entities, edited.captionAbove = f.text, f.entities, c.flag("show_caption_above_media")
}

func editMedia(c *call, edited *message) {
	text := c.str("media")
	switch {
	case text == "":
		c.refuse(badRequest("media is not specified"))
	case !json.Valid([]byte(text)):
		c.refuse(badRequest("can't parse input media JSON object"))
	}
	edited.copyContent(c.inputMedia(json.RawMessage(text), false))
}

func editMarkup(*call, *message) {}

// edit wraps a change of a message of the bot's own. Every edit also sets the keyboard: without
// one, the keyboard is removed.
func edit(change func(c *call, edited *message)) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		m := c.messageIn(chat, "message to edit not found")
		if m == nil {
			return nil
		}
		if !m.FromBot || m.origin != nil || m.Keyboard != nil || m.RemoveKeyboard {
			return c.refuse(badRequest("message can't be edited"))
		}
		edited := *m
		change(c, &edited)
		edited.Buttons = c.inlineMarkup()
		c.checkPayButton(&edited, edited.Buttons)
		if edited.sameContent(m) {
			c.refuse(notModified())
		}
		if c.err != nil {
			return nil
		}
		edited.EditDate = time.Now().Truncate(time.Second)
		*m = edited
		return c.wire(c.bot, chat, m)
	}
}

// messageIn finds the message that message_id names; nil if the call is refused.
func (c *call) messageIn(chat *chat, missing string) *message {
	id := int(c.number("message_id"))
	if id == 0 {
		c.refuse(badRequest("message identifier is not specified"))
	}
	m, ok := chat.message(id)
	if !ok {
		c.refuse(badRequest(missing))
	}
	return m
}

func deleteMessage(c *call, chat *chat) any {
	m := c.messageIn(chat, "message to delete not found")
	if m == nil {
		return nil
	}
	if !m.deletable() {
		return c.refuse(badRequest("message can't be deleted for everyone"))
	}
	chat.remove(m.ID)
	return true
}

// deleteMessages deletes the messages of a list that exist, and ignores the others.
func deleteMessages(c *call, chat *chat) any {
	ids := c.ids()
	if c.err != nil {
		return nil
	}
	for _, id := range ids {
		if m, ok := chat.message(id); ok && m.deletable() {
			chat.remove(id)
		}
	}
	return true
}

// deletable reports whether a message is young enough for a bot to delete it.
func (m *message) deletable() bool { return time.Since(m.Date) < 48*time.Hour }

func pinChatMessage(c *call, chat *chat) any {
	m, ok := chat.message(int(c.number("message_id")))
	if !ok {
		return c.refuse(badRequest("message to pin not found"))
	}
	chat.pinned = m.ID
	return true
}

// unpinChatMessage unpins one message, or whichever is pinned.
func unpinChatMessage(c *call, chat *chat) any {
	if id := int(c.number("message_id")); id != 0 && id != chat.pinned {
		return c.refuse(badRequest("message to unpin not found"))
	}
	chat.pinned = 0
	return true
}
