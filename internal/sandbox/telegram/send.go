package telegram

import (
	"encoding/json"
	"slices"
	"time"
)

func sendMessage(c *call) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
	f, err := c.messageText()
	if err != nil {
		return nil, err
	}
	m := &message{}
	m.Text, m.Entities = f.text, f.entities
	if err := c.preview(m); err != nil {
		return nil, err
	}
	return c.send(chat, m)
}

func sendPhoto(c *call) (any, error)    { return c.sendMedia("photo") }
func sendDocument(c *call) (any, error) { return c.sendMedia("document") }

func (c *call) sendMedia(kind string) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
	caption, err := c.caption()
	if err != nil {
		return nil, err
	}
	media, err := c.media(kind, c.str(kind))
	if err != nil {
		return nil, err
	}
	m := &message{captionUp: c.flag("show_caption_above_media")}
	m.Text, m.Entities = caption.text, caption.entities
	m.Spoiler = kind == "photo" && c.flag("has_spoiler")
	m.setMedia(media)
	return c.send(chat, m)
}

// send posts a message with what all messages may have.
func (c *call) send(chat *chat, m *message) (*wireMessage, error) {
	markup, err := c.markup()
	if err != nil {
		return nil, err
	}
	if m.ReplyTo, err = c.replyTo(chat); err != nil {
		return nil, err
	}
	m.FromBot = true
	m.Buttons, m.Keyboard, m.RemoveKeyboard = markup.buttons, markup.reply, markup.remove
	m.Protected = c.flag("protect_content")
	return c.wire(c.bot, chat, c.bot.post(chat, m)), nil
}

// replyTo reads which message is answered.
func (c *call) replyTo(chat *chat) (int, error) {
	var reply struct {
		MessageID int  `json:"message_id"`
		Lenient   bool `json:"allow_sending_without_reply"`
	}
	if _, err := c.object("reply_parameters", "reply parameters", &reply); err != nil {
		return 0, err
	}
	if reply.MessageID == 0 { // the form before Bot API 7.0
		reply.MessageID = int(c.number("reply_to_message_id"))
		reply.Lenient = c.flag("allow_sending_without_reply")
	}
	if reply.MessageID == 0 {
		return 0, nil
	}
	if _, there := chat.message(reply.MessageID); there {
		return reply.MessageID, nil
	}
	if reply.Lenient {
		return 0, nil
	}
	return 0, badRequest("message to be replied not found")
}

// preview reads how links are to be previewed.
func (c *call) preview(m *message) error {
	var options struct {
		Disabled bool `json:"is_disabled"`
	}
	given, err := c.object("link_preview_options", "link preview options", &options)
	if err != nil {
		return err
	}
	m.PreviewDisabled = options.Disabled
	if given {
		m.preview = json.RawMessage(c.str("link_preview_options"))
		return nil
	}
	if c.flag("disable_web_page_preview") { // the form before Bot API 7.0
		m.PreviewDisabled = true
		m.preview = json.RawMessage(`{"is_disabled":true}`)
	}
	return nil
}

func sendChatAction(c *call) (any, error) {
	if _, err := c.recipient(); err != nil {
		return nil, err
	}
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
	}
	if !slices.Contains(actions, c.str("action")) {
		return nil, badRequest("wrong parameter action in request")
	}
	return true, nil
}

// deletable tells whether a message is young enough to be deleted by a bot.
func (m *message) deletable() bool { return time.Since(m.Date) < 48*time.Hour }
