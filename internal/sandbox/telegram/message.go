package telegram

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Message is a message as its reader sees it.
type Message struct {
	ID              int
	FromBot         bool
	Date            time.Time // whole seconds, as on the wire
	EditDate        time.Time // zero: never edited
	Text            string    // text or caption, without markup
	Entities        []Entity  // of Text, by offset
	Photo           *File
	Document        *File
	Buttons         [][]Button // inline keyboard
	Keyboard        [][]string // reply keyboard that came with the message
	RemoveKeyboard  bool       // the message takes the reply keyboard away
	PreviewDisabled bool       // no preview of links
	Protected       bool       // cannot be forwarded or saved
	Spoiler         bool       // the photo is covered
	Pinned          bool
	ReplyTo         int    // id of the message that this one answers; 0: none
	Group           string // media group; "": none
	Forwarded       string // name of the one whose message this was
}

// Button is one button of an inline keyboard. Exactly one of the fields other
// than Text and Style says what it does.
type Button struct {
	Text     string
	Data     string // callback data
	URL      string
	CopyText string
	WebApp   string // address of the Mini App
	Inline   string // "@" and the inline query that it starts
	Style    string // "", "danger", "success" or "primary"
}

// Button finds a button by its text, or else by its callback data.
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

// URLs lists where the message leads: the addresses in its text, then those of
// its buttons.
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
	preview   json.RawMessage // link_preview_options as they were given
	photo     *photo
	document  *storedFile
	origin    *wireOrigin
	captionUp bool
}

// content is what an edit must change.
func (m *message) sameContent(o *message) bool {
	return m.Text == o.Text && slices.Equal(m.Entities, o.Entities) &&
		m.photo == o.photo && m.document == o.document &&
		m.PreviewDisabled == o.PreviewDisabled && m.Spoiler == o.Spoiler &&
		slices.EqualFunc(m.Buttons, o.Buttons, slices.Equal[[]Button])
}

func (m *message) hasMedia() bool { return m.photo != nil || m.document != nil }

// view is a copy that the caller may keep.
func (m *message) view() Message {
	v := m.Message
	v.Entities = slices.Clone(v.Entities)
	v.Buttons = slices.Clone(v.Buttons) // rows are replaced, never changed
	v.Keyboard = slices.Clone(v.Keyboard)
	return v
}

// setMedia makes the message show a photo or a document instead of what it had.
func (m *message) setMedia(a attachment) {
	m.photo, m.document = a.photo, a.document
	m.Photo, m.Document = nil, nil
	if a.photo != nil {
		file := a.photo.best().File
		m.Photo = &file
	}
	if a.document != nil {
		file := a.document.File
		m.Document = &file
	}
}

// Chat is the private chat of user and bot as the person sees it now, oldest
// first: edits applied, deleted messages gone.
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
	b, ok := s.bots[token]
	if !ok || b.chats[user] == nil {
		return nil
	}
	c := b.chats[user]
	var list []Message
	for _, m := range c.messages {
		if !keep(m) {
			continue
		}
		v := m.view()
		v.Pinned = m.ID == c.pinned
		list = append(list, v)
	}
	return list
}

// inlineQuery is the address of a button that starts an inline query.
func inlineQuery(query string) string { return "@" + strings.TrimSpace(query) }
