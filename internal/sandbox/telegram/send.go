package telegram

import (
	"encoding/json"
	"slices"
	"strconv"

	"shopbot/internal/sandbox/emulate"
)

func sendMessage(c *call, chat *chat) any {
	m := newMessage(c.messageText())
	c.setPreview(m)
	return c.send(chat, m)
}

// sendMedia is sendPhoto and sendDocument.
func sendMedia(kind string) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		m := newMessage(c.caption())
		m.captionAbove = c.flag("show_caption_above_media")
		m.Spoiler = kind == "photo" && c.flag("has_spoiler")
		m.setMedia(c.media(kind, c.str(kind)))
		return c.send(chat, m)
	}
}

func sendMediaGroup(c *call, chat *chat) any {
	var items []inputMedia
	if !c.object("media", "media", &items) {
		return c.refuse(badRequest("can't parse media JSON object"))
	}
	if len(items) < 2 || len(items) > 10 {
		return c.refuse(badRequest("group send failed"))
	}
	var album []*message
	for _, item := range items {
		m := c.mediaMessage(item)
		if len(album) > 0 && (album[0].photo == nil) != (m.photo == nil) {
			c.refuse(badRequest("document can't be mixed with other media types"))
		}
		album = append(album, m)
	}
	group := strconv.FormatUint(c.unique(), 10)
	var sent []*wireMessage
	for _, m := range album {
		m.Group = group
		sent = append(sent, c.send(chat, m))
	}
	return sent
}

// inputMedia is an InputMedia object.
type inputMedia struct {
	Type         string          `json:"type"`
	Media        string          `json:"media"`
	Caption      string          `json:"caption"`
	ParseMode    string          `json:"parse_mode"`
	Entities     json.RawMessage `json:"caption_entities"`
	CaptionAbove bool            `json:"show_caption_above_media"`
	Spoiler      bool            `json:"has_spoiler"`
}

// mediaMessage makes a message of an InputMedia object, not yet posted.
func (c *call) mediaMessage(item inputMedia) *message {
	if item.Type != "photo" && item.Type != "document" {
		c.refuse(badRequest("can't parse InputMedia: type " + strconv.Quote(item.Type) + " is not supported by this server"))
	}
	own := params{values: emulate.Params{
		"caption": {Text: item.Caption}, "parse_mode": {Text: item.ParseMode}, "caption_entities": {Text: string(item.Entities)},
	}}
	m := newMessage(own.caption())
	c.refuse(own.err)
	m.captionAbove, m.Spoiler = item.CaptionAbove, item.Spoiler
	m.setMedia(c.media(item.Type, item.Media))
	return m
}

// send posts a message with the parameters that all messages have; nil if the call is refused.
func (c *call) send(chat *chat, m *message) *wireMessage {
	markup := c.markup()
	m.ReplyTo = c.replyTo(chat)
	if c.err != nil {
		return nil
	}
	m.FromBot = true
	m.Buttons, m.Keyboard, m.RemoveKeyboard = markup.buttons, markup.reply, markup.remove
	m.Protected = c.flag("protect_content")
	return c.wire(c.bot, chat, c.bot.post(chat, m))
}

// replyTo reads the id of the message to reply to; 0: none.
func (c *call) replyTo(chat *chat) int {
	var reply struct {
		MessageID int  `json:"message_id"`
		Optional  bool `json:"allow_sending_without_reply"`
	}
	c.object("reply_parameters", "reply parameters", &reply)
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
	given := c.object("link_preview_options", "link preview options", &options)
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
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
	}
	if !slices.Contains(actions, c.str("action")) {
		c.refuse(badRequest("wrong parameter action in request"))
	}
	return true
}

func forwardMessage(c *call, to *chat) any {
	from, m := c.source("message to forward not found")
	if m == nil {
		return nil
	}
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
	return c.send(to, copied)
}

func copyMessage(c *call, to *chat) any {
	_, m := c.source("message to copy not found")
	if m == nil {
		return nil
	}
	copied := &message{}
	copied.copyContent(m)
	if _, given := c.values["caption"]; given && m.hasMedia() {
		caption := c.caption()
		copied.Text, copied.Entities = caption.text, caption.entities
	}
	sent := c.send(to, copied)
	if sent == nil {
		return nil
	}
	return map[string]int{"message_id": sent.MessageID}
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
