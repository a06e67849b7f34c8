package telegram

import (
	"encoding/json"
	"slices"
	"strings"
)

func sendMessage(c *call, chat *chat) any {
	m := newMessage(c.messageText())
	c.setPreview(m)
	return c.send(chat, m)
}

// send posts a message with the parameters that all messages have; nil if the call is refused.
func (c *call) send(chat *chat, m *message) *wireMessage {
	markup := c.markup()
	c.checkPayButton(m, markup.buttons)
	if g := chat.group; g != nil && g.kind == "channel" && !g.may("can_post_messages") {
		c.refuse(badRequest("need administrator rights in the channel chat"))
	}
	m.ReplyTo = c.replyTo(chat)
	m.Topic = c.topic(chat)
	if c.err != nil {
		return nil
	}
	m.FromBot = true
	m.Buttons, m.Keyboard, m.KeyboardAsks, m.RemoveKeyboard = markup.buttons, markup.reply, markup.asks, markup.remove
	m.Protected = c.flag("protect_content")
	return c.wire(c.bot, chat, c.bot.post(chat, m))
}

// checkPayButton refuses Pay buttons that are not the first one under an invoice, and keyboards of
// invoices without one.
func (c *call) checkPayButton(m *message, rows [][]Button) {
	for i, b := range slices.Concat(rows...) {
		first := m.invoice != nil && i == 0
		switch {
		case b.Pay && !first:
			c.refuse(badRequest("BUTTON_TYPE_INVALID"))
		case first && !b.Pay:
			c.refuse(badRequest("REPLY_MARKUP_BUY_EMPTY"))
		}
	}
}

// replyTo reads the id of the message to reply to; 0: none.
func (c *call) replyTo(chat *chat) int {
	var reply struct {
		MessageID int  `json:"message_id"`
		Optional  bool `json:"allow_sending_without_reply"`
	}
	c.object("reply_parameters", "reply parameters", "object expected as reply parameters", &reply)
	if reply.MessageID == 0 { // the form before Bot API 7.0
		reply.MessageID = int(c.number("reply_to_message_id"))
		reply.Optional = c.flag("allow_sending_without_reply")
	}
	if _, found := chat.message(reply.MessageID); found {
		return reply.MessageID
	}
	if reply.MessageID != 0 && !reply.Optional {
		c.refuse(badRequest("message to be replied not found"))
	}
	return 0
}

// setPreview reads how to preview links.
func (c *call) setPreview(m *message) {
	var options struct {
		Disabled bool `json:"is_disabled"`
	}
	given := c.object("link_preview_options", "link preview options", "object expected as link preview options", &options)
	m.PreviewDisabled = options.Disabled
	if given {
		m.preview = json.RawMessage(c.str("link_preview_options"))
	} else if c.flag("disable_web_page_preview") { // the form before Bot API 7.0
		m.PreviewDisabled = true
		m.preview = json.RawMessage(`{"is_disabled":true}`)
	}
}

func sendChatAction(c *call, _ *chat) any {
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_audio", "record_voice", "upload_audio", "upload_voice",
		"upload_document", "choose_sticker", "pick_up_location", "find_location", "record_video_note", "upload_video_note", "cancel",
	}
	if !slices.Contains(actions, strings.ToLower(c.str("action"))) {
		c.refuse(badRequest("wrong parameter action in request"))
	}
	return true
}

func forwardMessage(c *call, to *chat) any {
	from, m := c.source("message to forward not found")
	if m == nil {
		return nil
	}
	return c.send(to, c.forwarded(from, m))
}

func (c *call) forwarded(from *chat, m *message) *message {
	sender := c.wireUser(from.user)
	if m.FromBot {
		sender = c.botUser(c.bot)
	}
	copied := &message{origin: &wireOrigin{Type: "user", SenderUser: &sender, Date: m.Date.Unix()}}
	if m.origin != nil {
		copied.origin = m.origin
	}
	copied.Forwarded = copied.origin.SenderUser.FirstName
	copied.copyContent(m)
	return copied
}

func copyMessage(c *call, to *chat) any {
	_, m := c.source("message to copy not found")
	if m == nil {
		return nil
	}
	copied := &message{}
	copied.copyContent(m)
	if _, given := c.values["caption"]; given && mediaKinds[m.kind].caption {
		caption := c.caption()
		copied.Text, copied.Entities = caption.text, caption.entities
	}
	return messageID(c.send(to, copied))
}

// messageID is a result that tells only the id; nil if the call is refused.
func messageID(sent *wireMessage) any {
	if sent == nil {
		return nil
	}
	return map[string]int{"message_id": sent.MessageID}
}

func forwardMessages(c *call, to *chat) any {
	return c.sendAll(to, c.forwarded)
}

func copyMessages(c *call, to *chat) any {
	return c.sendAll(to, func(_ *chat, m *message) *message {
		copied := &message{}
		copied.copyContent(m)
		if c.flag("remove_caption") && m.kind != "" {
			copied.Text, copied.Entities = "", nil
		}
		return copied
	})
}

// sendAll sends what is made of the messages in a list. Those that cannot be sent are left out, as
// long as there is one that can.
func (c *call) sendAll(to *chat, compose func(from *chat, m *message) *message) any {
	from := c.target("from_chat_id")
	ids := c.ids()
	if c.err != nil {
		return nil
	}
	sent := []any{}
	for _, id := range ids {
		if m, ok := from.message(id); ok && !m.Protected {
			sent = append(sent, messageID(c.send(to, compose(from, m))))
		}
	}
	if len(sent) == 0 {
		return c.refuse(badRequest("there are no messages to forward"))
	}
	return sent
}

// source finds the message to be forwarded or copied, and its chat; nil if the call is refused.
func (c *call) source(missing string) (*chat, *message) {
	from := c.target("from_chat_id")
	if from == nil {
		return nil, nil
	}
	m, ok := from.message(int(c.number("message_id")))
	switch {
	case !ok:
		c.refuse(badRequest(missing))
	case m.Protected:
		c.refuse(badRequest("message can't be copied or forwarded"))
	default:
		return from, m
	}
	return nil, nil
}
