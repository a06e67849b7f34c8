package telegram

import (
	"strconv"
	"strings"
	"time"
)

const (
	callbackLife   = 150 * time.Second // how long a press may be answered
	maxCallbackTip = 200               // characters of an answer
)

// callback is one press of a button.
type callback struct {
	id       string
	user     int64
	message  int
	data     string
	pressed  time.Time
	answered bool
	text     string
	modal    bool
	url      string
}

// Alert is a press of a button and what the person saw of its answer.
type Alert struct {
	Message  int    // id of the message whose button was pressed
	Data     string // callback data
	Answered bool   // false: the button still shows that it waits
	Text     string // "": the answer was silent
	Modal    bool   // a window to be closed; else a note that fades
	URL      string // what the answer opened
	Pressed  time.Time
}

// Alerts lists the presses in a chat, newest last.
func (s *Service) Alerts(token string, user int64) []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bots[token]
	if !ok || b.chats[user] == nil {
		return nil
	}
	var alerts []Alert
	for _, p := range b.chats[user].pressed {
		alerts = append(alerts, Alert{p.message, p.data, p.answered, p.text, p.modal, p.url, p.pressed})
	}
	return alerts
}

// press makes a callback query. The message may be gone.
func (s *Service) press(b *bot, c *chat, id int, data string) {
	p := &callback{
		id: strconv.FormatUint(s.unique(), 10), user: c.user, message: id, data: data, pressed: time.Now(),
	}
	c.pressed = append(c.pressed, p)
	for old, other := range b.callbacks {
		if time.Since(other.pressed) > callbackLife {
			delete(b.callbacks, old)
		}
	}
	b.callbacks[p.id] = p
	var shown any = wireInaccessible{Chat: s.wireChat(c.user), MessageID: id}
	if m, ok := c.message(id); ok {
		shown = s.wire(b, c, m)
	}
	s.give(b, "callback_query", c.user, wireCallback{
		ID:           p.id,
		From:         s.person(c.user),
		Message:      shown,
		ChatInstance: strconv.FormatInt(b.id*1_000_003+c.user, 10),
		Data:         data,
	})
}

func answerCallbackQuery(c *call) (any, error) {
	p, ok := c.bot.callbacks[c.str("callback_query_id")]
	if !ok || time.Since(p.pressed) > callbackLife {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	text, err := cleanText(c.str("text"))
	if err != nil {
		return nil, err
	}
	if len([]rune(text)) > maxCallbackTip {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	url := c.str("url")
	own := []string{"t.me/" + c.bot.username + "?start=", "tg://resolve?domain=" + c.bot.username}
	if url != "" && !strings.Contains(url, own[0]) && !strings.Contains(url, own[1]) {
		return nil, badRequest("URL_INVALID")
	}
	p.answered, p.text, p.modal, p.url = true, text, c.flag("show_alert"), url
	return true, nil
}
