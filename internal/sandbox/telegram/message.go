package telegram

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"
)

// Message is a message as its reader sees it.
type Message struct {
	ID              int               `json:"id"`
	FromBot         bool              `json:"-"`
	Date            time.Time         `json:"-"`    // whole seconds, as on the wire
	EditDate        time.Time         `json:"-"`    // zero: never edited
	Text            string            `json:"text"` // text or caption, without markup
	Entities        []Entity          `json:"entities,omitempty"`
	Photo           *File             `json:"photo,omitempty"`
	Document        *File             `json:"document,omitempty"`
	Content         map[string]any    `json:"content,omitempty"`         // other media, a location and the like, as the Bot API shows them
	Buttons         [][]Button        `json:"buttons,omitempty"`         // inline keyboard
	Keyboard        [][]string        `json:"keyboard,omitempty"`        // reply keyboard that came with the message
	KeyboardAsks    map[string]string `json:"keyboard_asks,omitempty"`   // keys that send a "contact" or a "location"
	RemoveKeyboard  bool              `json:"remove_keyboard,omitempty"` // the message removes the reply keyboard
	PreviewDisabled bool              `json:"-"`                         // no preview of links
	Protected       bool              `json:"-"`                         // cannot be forwarded or saved
	Spoiler         bool              `json:"spoiler,omitempty"`         // the photo is covered
	Pinned          bool              `json:"pinned,omitempty"`
	Reactions       []string          `json:"reactions,omitempty"` // of the bot
	ReplyTo         int               `json:"reply_to,omitempty"`  // id of the message that this one replies to; 0: none
	Group           string            `json:"-"`                   // media group; "": none
	Forwarded       string            `json:"forwarded,omitempty"` // name of the original sender
	ViaBot          bool              `json:"via_bot,omitempty"`   // chosen from an inline query
}

// Button is one button of an inline keyboard. Exactly one field besides Text and Style is set.
type Button struct {
	Text     string `json:"text"`
	Data     string `json:"data,omitempty"` // callback data
	URL      string `json:"url,omitempty"`
	CopyText string `json:"copy,omitempty"`
	WebApp   string `json:"web_app,omitempty"`   // address of the Mini App
	Inline   string `json:"inline,omitempty"`    // "@" and the inline query that it starts in a chat of the user's choice
	InlineIn string `json:"inline_in,omitempty"` // the same in this chat
	Disabled bool   `json:"disabled,omitempty"`
	Pay      bool   `json:"pay,omitempty"`   // pays the invoice that it is under
	Style    string `json:"style,omitempty"` // "", "danger", "success" or "primary"
}

// Button finds a button by its text, else by its callback data.
func (m Message) Button(text string) (Button, bool) {
	all := slices.Concat(m.Buttons...)
	i := slices.IndexFunc(all, func(b Button) bool { return b.Text == text })
	if i < 0 {
		i = slices.IndexFunc(all, func(b Button) bool { return b.Data != "" && b.Data == text })
	}
	if i < 0 {
		return Button{}, false
	}
	return all[i], true
}

// URLs lists the addresses in the message's text, then those of its buttons.
func (m Message) URLs() []string {
	var urls []string
	for _, e := range m.Entities {
		switch e.Type {
		case entityURL:
			urls = append(urls, cut16(m.Text, e.Offset, e.Length))
		case entityTextLink:
			urls = append(urls, e.URL)
		}
	}
	for _, b := range slices.Concat(m.Buttons...) {
		if address := b.URL + b.WebApp; address != "" {
			urls = append(urls, address)
		}
	}
	return urls
}

// message is a Message with what only bots see.
type message struct {
	Message
	kind         string          // of the media or other content; "": a text
	preview      json.RawMessage // link_preview_options as given
	photo        *photo
	file         *storedFile
	origin       *wireOrigin
	inlineID     string       // of a message that was sent from an inline result and has buttons
	invoice      *starInvoice // nil: no invoice
	captionAbove bool
}

func newMessage(f formatted) *message {
	return &message{Message: Message{Text: f.text, Entities: f.entities}}
}

// sameContent reports whether an edit changes nothing.
func (m *message) sameContent(o *message) bool {
	return m.Text == o.Text && slices.Equal(m.Entities, o.Entities) &&
		m.photo == o.photo && m.file == o.file && reflect.DeepEqual(m.Content, o.Content) &&
		m.PreviewDisabled == o.PreviewDisabled && m.Spoiler == o.Spoiler &&
		slices.EqualFunc(m.Buttons, o.Buttons, slices.Equal[[]Button])
}

// setMedia replaces the message's media; an empty attachment leaves none.
func (m *message) setMedia(a attachment) {
	m.kind, m.photo, m.file = a.kind, a.photo, a.file
	m.Photo, m.Document, m.Content = nil, nil, nil
	switch {
	case a.photo != nil:
		file := a.photo.best().File
		m.Photo = &file
	case a.file != nil && a.kind == "document":
		file := a.file.File
		m.Document = &file
	case a.file != nil:
		m.Content = map[string]any{a.kind: a.file.object()}
		if a.kind == "animation" {
			m.Content["document"] = a.file.object() // for bots from before there were animations
		}
	}
}

// copyContent makes m show what o shows, without its buttons.
func (m *message) copyContent(o *message) {
	m.Text, m.Entities = o.Text, slices.Clone(o.Entities)
	m.PreviewDisabled, m.preview, m.captionAbove = o.PreviewDisabled, o.preview, o.captionAbove
	m.Spoiler = o.Spoiler
	m.setMedia(attachment{o.kind, o.photo, o.file})
	m.Content = o.Content // never changed, only replaced
}

// Chat is the private chat of user and bot as the user sees it now, oldest first: edits applied,
// deleted messages gone.
func (s *Service) Chat(token string, user int64) []Message {
	return s.history(token, user, func(*message) bool { return true })
}

// Sent is the bot's part of Chat.
func (s *Service) Sent(token string, user int64) []Message {
	return s.history(token, user, func(m *message) bool { return m.FromBot })
}

func (s *Service) history(token string, user int64, keep func(*message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chatOf(token, user)
	var list []Message
	for _, m := range c.messages {
		if !keep(m) {
			continue
		}
		v := m.Message // a copy for the caller
		v.Entities = slices.Clone(v.Entities)
		v.Buttons = slices.Clone(v.Buttons) // rows are replaced, never changed
		v.Keyboard = slices.Clone(v.Keyboard)
		v.Pinned = m.ID == c.pinned
		list = append(list, v)
	}
	return list
}
