package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What keeps a person from acting.
var (
	ErrBlocked   = errors.New("telegram: the user has blocked the bot")
	ErrNoMessage = errors.New("telegram: no such message")
	ErrNoButton  = errors.New("telegram: no such button")
	ErrEmpty     = errors.New("telegram: nothing to send")
	ErrTooLong   = errors.New("telegram: too long for one message")
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
	return s.sendAs(token, user, func(*bot) *message {
		m := &message{}
		m.Text, m.Entities = f.text, f.entities
		return m
	})
}

// Upload sends a document to the bot.
func (s *Service) Upload(token string, user int64, name string, content []byte, caption string) error {
	f := formatted{text: caption}.normal()
	switch {
	case len(content) == 0:
		return ErrEmpty
	case units16(f.text) > maxCaption:
		return ErrTooLong
	}
	return s.sendAs(token, user, func(b *bot) *message {
		m := &message{}
		m.Text, m.Entities = f.text, f.entities
		m.setMedia(attachment{document: s.newDocument(b, upload{name, content})})
		return m
	})
}

func (s *Service) sendAs(token string, user int64, compose func(*bot) *message) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		m := b.post(c, compose(b))
		s.give(b, "message", user, s.wire(b, c, m))
		return nil
	})
}

// Tap presses an inline button, found by its text or else its callback data.
// ErrNoMessage and ErrNoButton tell that it is not there now. A button that does
// something other than calling back cannot be tapped here.
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
			return fmt.Errorf("%w: %q does not call back", ErrNoButton, button)
		}
		s.press(b, c, message, found.Data)
		return nil
	})
}

// TapData presses a button that need not exist, as forged clients can: any data,
// any message.
func (s *Service) TapData(token string, user int64, message int, data string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		s.press(b, c, message, data)
		return nil
	})
}

// actAs lets a person do something in the chat with a bot.
func (s *Service) actAs(token string, user int64, do func(*bot, *chat) error) error {
	s.mu.Lock()
	b, err := s.botOf(token)
	if _, known := s.users[user]; err == nil && !known {
		err = fmt.Errorf("%w: %d", ErrNoUser, user)
	}
	if err == nil && b.chats[user] != nil && b.chats[user].blocked {
		err = ErrBlocked
	}
	if err == nil {
		err = doIn(b, user, do)
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return err
}

// doIn does something in a chat, which begins with it if it is done.
func doIn(b *bot, user int64, do func(*bot, *chat) error) error {
	c, started := b.chats[user]
	if !started {
		c = &chat{user: user}
	}
	if err := do(b, c); err != nil {
		return err
	}
	b.chats[user] = c
	return nil
}

// Block makes a person block the bot, or lets it write again. The bot is told by a
// my_chat_member update.
func (s *Service) Block(token string, user int64, blocked bool) {
	s.mu.Lock()
	b, err := s.botOf(token)
	if _, known := s.users[user]; err != nil || !known {
		s.mu.Unlock()
		return
	}
	c := b.chatWith(user)
	if c.blocked != blocked {
		c.blocked = blocked
		s.give(b, "my_chat_member", user, s.membership(b, c))
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Service) membership(b *bot, c *chat) wireMembership {
	never := int64(0)
	member := wireMember{User: s.botUser(b), Status: "member"}
	kicked := wireMember{User: s.botUser(b), Status: "kicked", UntilDate: &never}
	change := wireMembership{
		Chat: s.wireChat(c.user), From: s.person(c.user), Date: time.Now().Unix(), Old: kicked, New: member,
	}
	if c.blocked {
		change.Old, change.New = member, kicked
	}
	return change
}

// Inject gives the bot any update: an object without update_id, which is added.
// What is in it need not make sense, and allowed_updates is not asked.
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
		b.queue.add(laneOf(object), updateLife, []byte(body))
		s.deliver(b)
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return err
}

// laneOf finds out which chat a raw update is about, if it tells.
func laneOf(object map[string]json.RawMessage) string {
	for kind, body := range object {
		var about struct {
			Chat struct {
				ID json.Number `json:"id"`
			} `json:"chat"`
			From struct {
				ID json.Number `json:"id"`
			} `json:"from"`
		}
		if json.Unmarshal(body, &about) != nil {
			return kind
		}
		if kind == "callback_query" {
			return kind + about.From.ID.String()
		}
		return kind + about.Chat.ID.String()
	}
	return ""
}

// Repeat gives the bot its newest update once more, with the same update_id,
// although it may have confirmed it.
func (s *Service) Repeat(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bots[token]
	if !ok {
		return
	}
	b.queue.redo()
	s.deliver(b)
}
