package telegram

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bot is one token: its profile, its chats, and the updates that wait for it.
type bot struct {
	token    string
	id       int64
	username string
	called   bool
	profile  profile

	chats       map[int64]*chat // by user
	lastMessage int             // message ids count through all chats of a bot
	callbacks   map[string]*callback
	pace        bucket
	paces       map[int64]*bucket // by chat
	paths       map[string]string // path of a file that was asked for => file_id

	queue queue
	poll  *poll // the long poll under way
	hook  *hook // nil: no webhook is set
}

func newBot(token, username string, seed uint64) (*bot, error) {
	digits, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	return &bot{
		token:     token,
		id:        id,
		username:  username,
		profile:   newProfile("Shop " + digits),
		chats:     map[int64]*chat{},
		callbacks: map[string]*callback{},
		paces:     map[int64]*bucket{},
		paths:     map[string]string{},
		queue:     newQueue(seed),
	}, nil
}

// chat is the private chat of a bot and a person, who has started it.
type chat struct {
	user     int64
	blocked  bool // by the person
	messages []*message
	pressed  []*callback
	pinned   int
	menu     any // the menu button, where it is not the bot's default
}

// chatWith finds the chat with a user, or makes it.
func (b *bot) chatWith(user int64) *chat {
	c, ok := b.chats[user]
	if !ok {
		c = &chat{user: user}
		b.chats[user] = c
	}
	return c
}

// post gives the message its id and date, and puts it into the chat.
func (b *bot) post(c *chat, m *message) *message {
	b.lastMessage++
	m.ID = b.lastMessage
	m.Date = time.Now().Truncate(time.Second)
	c.messages = append(c.messages, m)
	return m
}

// message finds a message that is still there.
func (c *chat) message(id int) (*message, bool) {
	i, ok := slices.BinarySearchFunc(c.messages, id, func(m *message, id int) int { return m.ID - id })
	if !ok {
		return nil, false
	}
	return c.messages[i], true
}

// remove deletes a message.
func (c *chat) remove(id int) {
	c.messages = slices.DeleteFunc(c.messages, func(m *message) bool { return m.ID == id })
	if c.pinned == id {
		c.pinned = 0
	}
}

// paceOf is the flood limit of one chat. Full buckets are forgotten now and then.
func (b *bot) paceOf(chat int64) *bucket {
	if p, ok := b.paces[chat]; ok {
		return p
	}
	if len(b.paces) > 10_000 {
		idle := time.Now().Add(-chatBurst / chatRate * time.Second)
		maps.DeleteFunc(b.paces, func(_ int64, p *bucket) bool { return p.since.Before(idle) })
	}
	p := &bucket{}
	b.paces[chat] = p
	return p
}
