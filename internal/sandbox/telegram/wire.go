package telegram

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// The Bot API's objects.

type wireUser struct {
	User
	IsBot bool `json:"is_bot"`
}

type wireMe struct {
	wireUser
	CanJoinGroups           bool `json:"can_join_groups"`
	CanReadAllGroupMessages bool `json:"can_read_all_group_messages"`
	SupportsInlineQueries   bool `json:"supports_inline_queries"`
	CanConnectToBusiness    bool `json:"can_connect_to_business"`
	HasMainWebApp           bool `json:"has_main_web_app"`
}

type wireChat struct {
	ID        int64  `json:"id"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
	Title     string `json:"title,omitempty"`
	Type      string `json:"type"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

type wireFullChat struct {
	wireChat
	ActiveUsernames  []string        `json:"active_usernames,omitempty"`
	PinnedMessage    *wireMessage    `json:"pinned_message,omitempty"`
	InviteLink       string          `json:"invite_link,omitempty"`
	AcceptedGifts    map[string]bool `json:"accepted_gift_types"`
	MaxReactionCount int             `json:"max_reaction_count"`
	AccentColorID    int             `json:"accent_color_id"`
}

type wireEntity struct {
	Entity
	User       *wireUser `json:"user,omitempty"`
	TimeFormat *string   `json:"date_time_format,omitempty"`
}

type wireFile struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int    `json:"file_size"`
}

type wirePhotoSize struct {
	wireFile
	Width  int `json:"width"`
	Height int `json:"height"`
}

type wireDocument struct {
	FileName string `json:"file_name,omitempty"`
	MimeType string `json:"mime_type,omitempty"`
	wireFile
}

type wireOrigin struct {
	Type       string    `json:"type"`
	SenderUser *wireUser `json:"sender_user"`
	Date       int64     `json:"date"`
}

type wireMessage struct {
	MessageID           int             `json:"message_id"`
	MessageThreadID     int             `json:"message_thread_id,omitempty"`
	IsTopicMessage      bool            `json:"is_topic_message,omitempty"`
	From                *wireUser       `json:"from,omitempty"`
	Chat                wireChat        `json:"chat"`
	Date                int64           `json:"date"`
	EditDate            int64           `json:"edit_date,omitempty"`
	ForwardOrigin       *wireOrigin     `json:"forward_origin,omitempty"`
	ReplyToMessage      *wireMessage    `json:"reply_to_message,omitempty"`
	MediaGroupID        string          `json:"media_group_id,omitempty"`
	Photo               []wirePhotoSize `json:"photo,omitempty"`
	HasMediaSpoiler     bool            `json:"has_media_spoiler,omitempty"`
	Document            *wireDocument   `json:"document,omitempty"`
	Text                string          `json:"text,omitempty"`
	Entities            []wireEntity    `json:"entities,omitempty"`
	LinkPreviewOptions  json.RawMessage `json:"link_preview_options,omitempty"`
	Caption             string          `json:"caption,omitempty"`
	CaptionEntities     []wireEntity    `json:"caption_entities,omitempty"`
	ShowCaptionAbove    bool            `json:"show_caption_above_media,omitempty"`
	HasProtectedContent bool            `json:"has_protected_content,omitempty"`
	ReplyMarkup         *wireMarkup     `json:"reply_markup,omitempty"`
	ViaBot              *wireUser       `json:"via_bot,omitempty"`

	content map[string]any // further fields
}

// MarshalJSON adds the content to the other fields.
func (m *wireMessage) MarshalJSON() ([]byte, error) {
	type plain wireMessage
	body, err := json.Marshal((*plain)(m))
	if err != nil || len(m.content) == 0 {
		return body, err
	}
	content, err := json.Marshal(m.content)
	body[len(body)-1] = ','
	return append(body, content[1:]...), err
}

// wireInaccessible stands for a deleted message. Its date is 0.
type wireInaccessible struct {
	Chat      wireChat `json:"chat"`
	MessageID int      `json:"message_id"`
	Date      int64    `json:"date"`
}

type wireCallback struct {
	ID           string   `json:"id"`
	From         wireUser `json:"from"`
	Message      any      `json:"message,omitempty"`
	InlineID     string   `json:"inline_message_id,omitempty"`
	ChatInstance string   `json:"chat_instance"`
	Data         string   `json:"data"`
}

type wireMember struct {
	User      wireUser `json:"user"`
	Status    string   `json:"status"`
	UntilDate *int64   `json:"until_date,omitempty"`
}

type wireMembership struct {
	Chat wireChat   `json:"chat"`
	From wireUser   `json:"from"`
	Date int64      `json:"date"`
	Old  wireMember `json:"old_chat_member"`
	New  wireMember `json:"new_chat_member"`
}

func (s *Service) botUser(b *bot) wireUser {
	return wireUser{User{ID: b.id, FirstName: b.profile.text(botName, ""), Username: b.username}, true}
}

func (s *Service) wireUser(id int64) wireUser {
	u := s.users[id]
	u.ID = id // also of an unknown user, whom a text may mention
	return wireUser{User: u}
}

func (s *Service) wireChat(c *chat) wireChat {
	if g := c.group; g != nil {
		return wireChat{ID: g.id, Title: g.title, Type: g.kind, IsForum: g.topics != nil}
	}
	u := s.users[c.user]
	return wireChat{ID: c.user, FirstName: u.FirstName, LastName: u.LastName, Username: u.Username, Type: "private"}
}

func getMe(c *call) any {
	return wireMe{wireUser: c.botUser(c.bot), CanJoinGroups: true, SupportsInlineQueries: true}
}

func getChat(c *call, chat *chat) any {
	full := wireFullChat{
		wireChat:         c.wireChat(chat),
		AcceptedGifts:    map[string]bool{},
		MaxReactionCount: 11,
	}
	if name := full.Username; name != "" {
		full.ActiveUsernames = []string{name}
	}
	for _, gift := range []string{"unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"} {
		full.AcceptedGifts[gift] = true
	}
	if g := chat.group; g != nil && g.may("can_invite_users") {
		if i := slices.IndexFunc(g.invites, func(i *invite) bool { return i.primary && !i.revoked }); i >= 0 {
			full.InviteLink = g.invites[i].url
		}
	}
	if m, ok := chat.message(chat.pinned); ok {
		full.PinnedMessage = c.wire(c.bot, chat, m)
	}
	return full
}

// wire is a message as the bot sees it.
func (s *Service) wire(b *bot, c *chat, m *message) *wireMessage {
	w := s.wireAlone(b, c, m)
	if original, ok := c.message(m.ReplyTo); ok {
		w.ReplyToMessage = s.wireAlone(b, c, original) // Telegram shows one step, not the whole thread
	}
	return w
}

func (s *Service) wireAlone(b *bot, c *chat, m *message) *wireMessage {
	from := s.wireUser(cmp.Or(m.by, c.user))
	if m.FromBot {
		from = s.botUser(b)
	}
	sender := &from
	if c.group != nil && c.group.kind == "channel" { // a post is the channel's
		sender = nil
	}
	w := &wireMessage{
		MessageThreadID: m.Topic, IsTopicMessage: m.Topic != 0,
		MessageID: m.ID, From: sender, Chat: s.wireChat(c), Date: m.Date.Unix(), EditDate: unixOrZero(m.EditDate),
		ForwardOrigin: m.origin, MediaGroupID: m.Group, LinkPreviewOptions: m.preview, ReplyMarkup: wireButtons(m.Buttons),
		HasMediaSpoiler: m.Spoiler, ShowCaptionAbove: m.captionAbove, HasProtectedContent: m.Protected,
	}
	if m.photo != nil {
		for _, f := range m.photo.sizes {
			w.Photo = append(w.Photo, wirePhotoSize{f.wire(), f.Width, f.Height})
		}
	}
	if f := m.file; f != nil && m.kind == "document" {
		w.Document = &wireDocument{f.Name, f.MIME, f.wire()}
	}
	w.content = m.Content
	if m.ViaBot {
		via := s.botUser(b)
		w.ViaBot = &via
	}
	if m.kind != "" {
		w.Caption, w.CaptionEntities = m.Text, s.wireEntities(m.Entities)
	} else {
		w.Text, w.Entities = m.Text, s.wireEntities(m.Entities)
	}
	return w
}

func (s *Service) wireEntities(list []Entity) []wireEntity {
	var entities []wireEntity
	for _, e := range list {
		w := wireEntity{Entity: e}
		if e.UserID != 0 {
			u := s.wireUser(e.UserID)
			w.User = &u
		}
		if e.Type == entityTime {
			w.TimeFormat = &e.TimeFormat
		}
		entities = append(entities, w)
	}
	return entities
}

func (f *storedFile) wire() wireFile { return wireFile{f.ID, f.unique, len(f.Data)} }

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
