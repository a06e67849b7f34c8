package telegram

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

const (
	callbackTTL       = 150 * time.Second // how long a press may be answered
	maxCallbackAnswer = 200               // characters
)

// Alert is a press of a button and what the user saw of its answer.
type Alert struct {
	Message  int       `json:"message"` // id of the message whose button was pressed
	Data     string    `json:"data"`    // callback data
	Answered bool      `json:"-"`       // false: the button still shows a spinner
	Text     string    `json:"text"`    // "": the answer was silent
	Modal    bool      `json:"modal"`   // a dialog to be closed; else a note that fades
	URL      string    `json:"url"`     // what the answer opened
	Pressed  time.Time `json:"-"`
}

// callback is an Alert with the id of its query.
type callback struct {
	Alert
	id string
}

// Alerts lists the presses in a chat, newest last.
func (s *Service) Alerts(token string, user int64) []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	var alerts []Alert
	for _, p := range s.chatOf(token, user).pressed {
		alerts = append(alerts, p.Alert)
	}
	return alerts
}

// press creates a callback query. The message may be gone.
func (s *Service) press(b *bot, c *chat, id int, data string) {
	p := &callback{
		id:    strconv.FormatUint(s.unique(), 10),
		Alert: Alert{Message: id, Data: data, Pressed: time.Now()},
	}
	c.pressed = append(c.pressed, p)
	maps.DeleteFunc(b.callbacks, func(_ string, old *callback) bool { return time.Since(old.Pressed) > callbackTTL })
	b.callbacks[p.id] = p
	var shown any = wireInaccessible{Chat: s.wireChat(c), MessageID: id}
	m, ok := c.message(id)
	inlineID := ""
	switch {
	case ok && m.inlineID != "":
		shown, inlineID = nil, m.inlineID
	case ok:
		shown = s.wire(b, c, m)
	}
	s.enqueue(b, "callback_query", c.user, wireCallback{
		ID:           p.id,
		From:         s.wireUser(c.user),
		Message:      shown,
		InlineID:     inlineID,
		ChatInstance: strconv.FormatInt(b.id*1_000_003+c.user, 10),
		Data:         data,
	})
}

func answerCallbackQuery(c *call) any {
	p, ok := c.bot.callbacks[c.str("callback_query_id")]
	if !ok || time.Since(p.Pressed) > callbackTTL {
		return c.refuse(badRequest("query is too old and response timeout expired or query ID is invalid"))
	}
	text, url := c.cleanStr("text"), c.str("url")
	if len([]rune(text)) > maxCallbackAnswer {
		c.refuse(badRequest("MESSAGE_TOO_LONG"))
	}
	if url != "" && !strings.Contains(url, "t.me/"+c.bot.username+"?start=") &&
		!strings.Contains(url, "tg://resolve?domain="+c.bot.username) {
		c.refuse(badRequest("URL_INVALID"))
	}
	if c.err == nil {
		p.Answered, p.Text, p.Modal, p.URL = true, text, c.flag("show_alert"), url
	}
	return true
}
