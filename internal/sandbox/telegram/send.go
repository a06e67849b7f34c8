package telegram

import (
	"encoding/json"
	"slices"
	"strconv"

	"shopbot/internal/sandbox/emulate"
)

func sendMessage(c *call, chat *chat) (any, error) {
	f, err := c.messageText()
	if err != nil {
		return nil, err
	}
	m := newMessage(f)
	if err := c.setPreview(m); err != nil {
		return nil, err
	}
	return c.send(chat, m)
}

// sendMedia is sendPhoto and sendDocument.
func sendMedia(kind string) func(*call, *chat) (any, error) {
	return func(c *call, chat *chat) (any, error) {
		caption, err := c.caption()
		if err != nil {
			return nil, err
		}
		media, err := c.media(kind, c.str(kind))
		if err != nil {
			return nil, err
		}
		m := newMessage(caption)
		m.captionAbove = c.flag("show_caption_above_media")
		m.Spoiler = kind == "photo" && c.flag("has_spoiler")
		m.setMedia(media)
		return c.send(chat, m)
	}
}

func sendMediaGroup(c *call, chat *chat) (any, error) {
	var items []inputMedia
	if given, err := c.object("media", "media", &items); err != nil || !given {
		return nil, badRequest("can't parse media JSON object")
	}
	if len(items) < 2 || len(items) > 10 {
		return nil, badRequest("group send failed")
	}
	var album []*message
	for _, item := range items {
		m, err := c.mediaMessage(item)
		if err != nil {
			return nil, err
		}
		if len(album) > 0 && (album[0].photo == nil) != (m.photo == nil) {
			return nil, badRequest("document can't be mixed with other media types")
		}
		album = append(album, m)
	}
	group := strconv.FormatUint(c.unique(), 10)
	var sent []*wireMessage
	for _, m := range album {
		m.Group = group
		w, err := c.send(chat, m)
		if err != nil {
			return nil, err
		}
		sent = append(sent, w)
	}
	return sent, nil
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
func (c *call) mediaMessage(item inputMedia) (*message, error) {
	if item.Type != "photo" && item.Type != "document" {
		return nil, badRequest("can't parse InputMedia: type " + strconv.Quote(item.Type) + " is not supported by this server")
	}
	own := params{values: emulate.Params{
		"caption": {Text: item.Caption}, "parse_mode": {Text: item.ParseMode}, "caption_entities": {Text: string(item.Entities)},
	}}
	caption, err := own.caption()
	if err != nil {
		return nil, err
	}
	media, err := c.media(item.Type, item.Media)
	if err != nil {
		return nil, err
	}
	m := newMessage(caption)
	m.captionAbove, m.Spoiler = item.CaptionAbove, item.Spoiler
	m.setMedia(media)
	return m, nil
}

// send posts a message with the parameters that all messages have.
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

// replyTo reads the id of the message to reply to; 0: none.
func (c *call) replyTo(chat *chat) (int, error) {
	var reply struct {
		MessageID int  `json:"message_id"`
		Optional  bool `json:"allow_sending_without_reply"`
	}
	if _, err := c.object("reply_parameters", "reply parameters", &reply); err != nil {
		return 0, err
	}
	if reply.MessageID == 0 { // the form before Bot API 7.0
		reply.MessageID = int(c.number("reply_to_message_id"))
		reply.Optional = c.flag("allow_sending_without_reply")
	}
	_, found := chat.message(reply.MessageID)
	switch {
	case found:
		return reply.MessageID, nil
	case reply.MessageID == 0, reply.Optional:
		return 0, nil
	}
	return 0, badRequest("message to be replied not found")
}

// setPreview reads how to preview links.
func (c *call) setPreview(m *message) error {
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
	} else if c.flag("disable_web_page_preview") { // the form before Bot API 7.0
		m.PreviewDisabled = true
		m.preview = json.RawMessage(`{"is_disabled":true}`)
	}
	return nil
}

func sendChatAction(c *call, _ *chat) (any, error) {
	actions := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
		"choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
	}
	if !slices.Contains(actions, c.str("action")) {
		return nil, badRequest("wrong parameter action in request")
	}
	return true, nil
}

func forwardMessage(c *call, to *chat) (any, error) {
	from, m, err := c.source("message to forward not found")
	if err != nil {
		return nil, err
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

func copyMessage(c *call, to *chat) (any, error) {
	_, m, err := c.source("message to copy not found")
	if err != nil {
		return nil, err
	}
	copied := &message{}
	copied.copyContent(m)
	if _, given := c.values["caption"]; given && m.hasMedia() {
		caption, err := c.caption()
		if err != nil {
			return nil, err
		}
		copied.Text, copied.Entities = caption.text, caption.entities
	}
	sent, err := c.send(to, copied)
	if err != nil {
		return nil, err
	}
	return map[string]int{"message_id": sent.MessageID}, nil
}

// source finds the message to be forwarded or copied, and its chat.
func (c *call) source(missing string) (*chat, *message, error) {
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
	return from, m, nil
}
