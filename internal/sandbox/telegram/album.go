package telegram

import (
	"encoding/json"
	"strconv"
)

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
