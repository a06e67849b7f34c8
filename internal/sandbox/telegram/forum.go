package telegram

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
	"unicode/utf16"
)

// maxTopicName is how long the name of a topic may be, in characters (core.telegram.org/bots/api#createforumtopic).
const maxTopicName = 128

// ErrNoTopic says that a forum has no such topic.
var ErrNoTopic = errors.New("telegram: no such topic")

// topic is a thread of a forum.
type topic struct {
	name   string
	closed bool
}

// Topic is a thread of a forum as its people see it.
type Topic struct {
	ID     int // message_thread_id
	Name   string
	Closed bool
}

// MakeForum switches the topics of a group on.
func (s *Service) MakeForum(token string, id int64) error {
	return s.inGroup(token, id, func(_ *bot, c *chat) error {
		if c.group.topics == nil {
			c.group.topics = map[int]*topic{}
		}
		return nil
	})
}

// Topics lists the topics of a forum, by id.
func (s *Service) Topics(token string, id int64) (list []Topic) {
	_ = s.inGroup(token, id, func(_ *bot, c *chat) error {
		for _, m := range c.messages {
			if t := c.group.topics[m.ID]; t != nil {
				list = append(list, Topic{m.ID, t.name, t.closed})
			}
		}
		return nil
	})
	return list
}

// DeleteTopic deletes a topic with its messages.
func (s *Service) DeleteTopic(token string, id int64, thread int) error {
	return s.inTopic(token, id, thread, func(_ *bot, c *chat, _ *topic) error {
		delete(c.group.topics, thread)
		return nil
	})
}

// CloseTopic has a user close a topic, of which bots get a service message.
func (s *Service) CloseTopic(token string, id int64, thread int, user int64) error {
	return s.inTopic(token, id, thread, func(b *bot, c *chat, t *topic) error {
		t.closed = true
		s.postIn(b, c, user, thread, &message{kind: "forum_topic_closed", Message: Message{Content: map[string]any{"forum_topic_closed": map[string]any{}}}})
		return nil
	})
}

// SayIn has a user write into a topic of a forum; 0: its general one.
func (s *Service) SayIn(token string, id int64, thread int, user int64, text string) error {
	return s.inTopic(token, id, thread, func(b *bot, c *chat, _ *topic) error {
		s.postIn(b, c, user, thread, newMessage(formatted{text: text}.normal()))
		return nil
	})
}

// PictureIn has a user send a picture into a topic of a forum.
func (s *Service) PictureIn(token string, id int64, thread int, user int64, picture []byte, caption string) error {
	return s.inTopic(token, id, thread, func(b *bot, c *chat, _ *topic) error {
		m := newMessage(formatted{text: caption}.normal())
		a, err := s.newMedia(b, "photo", upload{"picture.png", picture}, params{})
		if err != nil {
			return err
		}
		m.setMedia(a)
		s.postIn(b, c, user, thread, m)
		return nil
	})
}

// TapIn has a user press a button under a message of a group, by its callback data.
func (s *Service) TapIn(token string, id, user int64, message int, data string) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		m, ok := c.message(message)
		if !ok {
			return fmt.Errorf("%w: %d", ErrNoMessage, message)
		}
		p := &callback{
			id: strconv.FormatUint(s.unique(), 10), Alert: Alert{Message: message, Data: data, Pressed: time.Now()},
		}
		c.pressed = append(c.pressed, p)
		maps.DeleteFunc(b.callbacks, func(_ string, old *callback) bool { return time.Since(old.Pressed) > callbackTTL })
		b.callbacks[p.id] = p
		s.enqueue(b, "callback_query", user, wireCallback{
			ID: p.id, From: s.wireUser(user), Message: s.wire(b, c, m), ChatInstance: strconv.FormatInt(id, 10), Data: data,
		})
		return nil
	})
}

func (s *Service) inTopic(token string, id int64, thread int, do func(*bot, *chat, *topic) error) error {
	return s.inGroup(token, id, func(b *bot, c *chat) error {
		t := c.group.topics[thread]
		if t == nil && thread != 0 {
			return fmt.Errorf("%w: %d", ErrNoTopic, thread)
		}
		return do(b, c, t)
	})
}

// postIn posts a user's message in a group. A bot that is no administrator sees none of them but
// commands and service messages (core.telegram.org/bots/features#privacy-mode).
func (s *Service) postIn(b *bot, c *chat, user int64, thread int, m *message) {
	m.by, m.Topic = user, thread
	b.post(c, m)
	if c.group.out == "" && (!c.group.limited || m.kind == "content" || len(m.Text) > 0 && m.Text[0] == '/') {
		s.enqueue(b, "message", c.group.id, s.wire(b, c, m))
	}
}

// topic reads the topic that a message is for; 0 for none.
func (c *call) topic(chat *chat) int {
	thread := int(c.number("message_thread_id"))
	if thread != 0 && (chat.group == nil || chat.group.topics[thread] == nil) {
		c.refuse(badRequest("message thread not found"))
	}
	return thread
}

// inForums wraps a method of topics.
func inForums(run func(*call, *chat) any) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		switch {
		case chat.group == nil || chat.group.topics == nil:
			return c.refuse(badRequest("the chat is not a forum"))
		case chat.group.limited:
			return c.refuse(badRequest("not enough rights to manage a topic"))
		}
		return run(c, chat)
	}
}

func createForumTopic(c *call, chat *chat) any {
	name := c.cleanStr("name")
	if n := len(utf16.Encode([]rune(name))); n == 0 || n > maxTopicName {
		return c.refuse(badRequest("TOPIC_TITLE_INVALID"))
	}
	if c.err != nil {
		return nil
	}
	const blue = 0x6FB9F0
	about := map[string]any{"name": name, "icon_color": blue}
	m := &message{kind: "forum_topic_created", Message: Message{FromBot: true, Content: map[string]any{"forum_topic_created": about}}}
	m.Topic = c.bot.post(chat, m).ID
	chat.group.topics[m.ID] = &topic{name: name}
	return map[string]any{"message_thread_id": m.ID, "name": name, "icon_color": blue}
}

func turnTopic(closed bool) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		t := chat.group.topics[int(c.number("message_thread_id"))]
		switch {
		case t == nil:
			return c.refuse(badRequest("message thread not found"))
		case t.closed == closed:
			return c.refuse(badRequest("TOPIC_NOT_MODIFIED"))
		}
		t.closed = closed
		return true
	}
}
