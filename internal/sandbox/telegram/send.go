package telegram

import (
	"encoding/json"
	"slices"
	"strconv"
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

func sendMediaGroup(c *call) (any, error) {
	chat, err := c.recipient()
	if err != nil {
		return nil, err
	}
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
	Type      string          `json:"type"`
	Media     string          `json:"media"`
	Caption   string          `json:"caption"`
	ParseMode string          `json:"parse_mode"`
	Entities  json.RawMessage `json:"caption_entities"`
	CaptionUp bool            `json:"show_caption_above_media"`
	Spoiler   bool            `json:"has_spoiler"`
}

// mediaMessage makes a message of an InputMedia object, not yet posted.
func (c *call) mediaMessage(item inputMedia) (*message, error) {
	if item.Type != "photo" && item.Type != "document" {
		return nil, badRequest("can't parse InputMedia: type " + strconv.Quote(item.Type) + " is not supported by this server")
	}
	own := params{values: map[string]string{
		"caption": item.Caption, "parse_mode": item.ParseMode, "caption_entities": string(item.Entities),
	}}
	caption, err := own.caption()
	if err != nil {
		return nil, err
	}
	media, err := c.media(item.Type, item.Media)
	if err != nil {
		return nil, err
	}
	m := &message{captionUp: item.CaptionUp}
	m.Text, m.Entities, m.Spoiler = caption.text, caption.entities, item.Spoiler
	m.setMedia(media)
	return m, nil
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

// deletable tells whether a message is young enough to be deleted by a bot.
func (m *message) deletable() bool { return time.Since(m.Date) < 48*time.Hour }
