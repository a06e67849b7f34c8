package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Errors of what a user does.
var (
	ErrBlocked   = errors.New("telegram: the user has blocked the bot")
	ErrNoMessage = errors.New("telegram: no such message")
	ErrNoButton  = errors.New("telegram: no such button")
	ErrEmpty     = errors.New("telegram: nothing to send")
	ErrTooLong   = errors.New("telegram: too long for one message")
	ErrKind      = errors.New("telegram: no such kind of file")
	ErrUpdate    = errors.New("telegram: an update must be a JSON object without update_id")
)

// Say sends a text to the bot. The first message starts the chat.
func (s *Service) Say(token string, user int64, text string) error {
	text, err := cleanText(text)
	if err != nil {
		return fmt.Errorf("telegram: text: %w", err)
	}
	f := formatted{text: text}.normal()
	switch {
	case f.text == "":
		return ErrEmpty
	case units16(f.text) > maxText:
		return ErrTooLong
	}
	return s.sendAs(token, user, func(*bot) (*message, error) { return newMessage(f), nil })
}

// Upload sends a document to the bot.
func (s *Service) Upload(token string, user int64, name string, content []byte, caption string) error {
	return s.UploadAs(token, user, "document", name, content, caption)
}

// UploadAs sends a file of a kind to the bot: a "photo", a "voice" message and the like, in the
// words of the Bot API. A photo must be a picture.
func (s *Service) UploadAs(token string, user int64, kind, name string, content []byte, caption string) error {
	k, known := mediaKinds[kind]
	f := formatted{text: caption}.normal()
	switch {
	case !known:
		return fmt.Errorf("%w: %.20q", ErrKind, kind)
	case len(content) == 0:
		return ErrEmpty
	case units16(f.text) > maxCaption:
		return ErrTooLong
	case !k.caption:
		f = formatted{}
	}
	return s.sendAs(token, user, func(b *bot) (*message, error) {
		m := newMessage(f)
		a, err := s.newMedia(b, kind, upload{baseName(name), content}, params{})
		m.setMedia(a)
		return m, err
	})
}

// baseName is the name of a file as a client shows it.
func baseName(name string) string {
	if base := filepath.Base(name); base != "." {
		return base
	}
	return "file"
}

func (s *Service) sendAs(token string, user int64, compose func(*bot) (*message, error)) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		m, err := compose(b)
		if err != nil {
			return err
		}
		b.post(c, m)
		s.enqueue(b, "message", user, s.wire(b, c, m))
		return nil
	})
}

// Tap presses an inline button, found by its text or else its callback data. It returns
// ErrNoMessage or ErrNoButton if that is not there now. Only buttons with callback data can be
// tapped.
func (s *Service) Tap(token string, user int64, message int, button string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		m, ok := c.message(message)
		if !ok {
			return fmt.Errorf("%w: %d", ErrNoMessage, message)
		}
		found, ok := m.Button(button)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoButton, button)
		}
		if found.Data == "" {
			return fmt.Errorf("%w: %q has no callback data", ErrNoButton, button)
		}
		s.press(b, c, message, found.Data)
		return nil
	})
}

// TapData presses a button that need not exist, as forged clients can: any data, any message.
func (s *Service) TapData(token string, user int64, message int, data string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		s.press(b, c, message, data)
		return nil
	})
}

// actAs runs do in the user's chat with a bot. A new chat is kept only if do succeeds.
func (s *Service) actAs(token string, user int64, do func(*bot, *chat) error) (err error) {
	defer func() {
		if err == nil {
			s.changed()
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.botOf(token)
	if err != nil {
		return err
	}
	if _, known := s.users[user]; !known {
		return fmt.Errorf("%w: %d", ErrNoUser, user)
	}
	c := b.chats[user]
	switch {
	case c == nil:
		c = &chat{user: user}
	case c.blocked:
		return ErrBlocked
	}
	if err := do(b, c); err != nil {
		return err
	}
	b.chats[user] = c
	return nil
}

// Block makes a user block the bot, or unblock it. The bot gets a my_chat_member update.
func (s *Service) Block(token string, user int64, blocked bool) {
	s.mu.Lock()
	b, err := s.botOf(token)
	if _, known := s.users[user]; err != nil || !known {
		s.mu.Unlock()
		return
	}
	if b.chats[user] == nil {
		b.chats[user] = &chat{user: user}
	}
	if c := b.chats[user]; c.blocked != blocked {
		c.blocked = blocked
		s.enqueue(b, "my_chat_member", user, s.membership(b, c))
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Service) membership(b *bot, c *chat) wireMembership {
	never := int64(0)
	member := wireMember{User: s.botUser(b), Status: "member"}
	kicked := wireMember{User: s.botUser(b), Status: "kicked", UntilDate: &never}
	change := wireMembership{
		Chat: s.wireChat(c), From: s.wireUser(c.user), Date: time.Now().Unix(), Old: kicked, New: member,
	}
	if c.blocked {
		change.Old, change.New = member, kicked
	}
	return change
}

// Inject sends the bot any update: an object without update_id, which is added. Its content need
// not make sense, and allowed_updates is ignored.
func (s *Service) Inject(token string, raw json.RawMessage) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil || object["update_id"] != nil {
		return ErrUpdate
	}
	s.mu.Lock()
	b, err := s.botOf(token)
	if err == nil {
		body := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(raw)), "{"))
		if body != "}" {
			body = "," + body
		}
		b.queue.add(sequenceOf(object), updateTTL, []byte(body))
		s.deliver(b)
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return err
}

// sequenceOf is the sequence of a raw update: its kind and the id of its chat or sender.
func sequenceOf(object map[string]json.RawMessage) string {
	for kind, body := range object {
		id := "chat.id"
		if kind == "callback_query" {
			id = "from.id"
		}
		return kind + gjson.GetBytes(body, id).String()
	}
	return ""
}

// Repeat sends the bot its newest update again, with the same update_id, even if it was confirmed.
func (s *Service) Repeat(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.bots[token]; ok {
		b.queue.repeatLast()
		s.deliver(b)
	}
}
