package telegram

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// bot is one token: its profile, its chats, and the updates that wait for it.
type bot struct {
	token    string
	id       int64
	username string
	called   bool
	profile  profile

	chats map[int64]*chat // by user or group

	payments      map[string]*starPayment  // by charge
	subscriptions map[string]*subscription // by the charge of the first payment
	transactions  []starTransaction        // oldest first
	stars         int64

	lastMessage int // message ids count up through all chats of a bot
	callbacks   map[string]*callback
	limiter     *rate.Limiter
	limiters    map[int64]*rate.Limiter // by chat
	paths       map[string]string       // path of a requested file => file_id

	queue queue
	poll  *poll // the long poll in progress
	hook  *hook // nil: no webhook is set
}

func newBot(token, username string, seed uint64) *bot {
	digits, _, _ := strings.Cut(token, ":")
	id, _ := strconv.ParseInt(digits, 10, 64) // a well-formed token starts with at most 18 digits
	return &bot{
		token:         token,
		id:            id,
		username:      username,
		profile:       newProfile("Shop " + digits),
		chats:         map[int64]*chat{},
		payments:      map[string]*starPayment{},
		subscriptions: map[string]*subscription{},
		callbacks:     map[string]*callback{},
		limiter:       rate.NewLimiter(botRate, botBurst),
		limiters:      map[int64]*rate.Limiter{},
		paths:         map[string]string{},
		queue:         newQueue(seed),
	}
}

// chat is the private chat of a bot and a user who has started it, or a group in which the bot is.
type chat struct {
	user     int64
	group    *group // nil: a private chat
	blocked  bool   // by the user
	messages []*message
	pressed  []*callback
	pinned   int
	menu     *menuButton  // nil: the bot's default
	inline   *inlineQuery // the last one; nil: none
}

// chatOf finds the chat of a user with the token's bot, for reading: an empty one if there is none.
// The lock is held.
func (s *Service) chatOf(token string, user int64) *chat {
	if b, ok := s.bots[token]; ok && b.chats[user] != nil {
		return b.chats[user]
	}
	return &chat{}
}

// Blocked reports whether a user has blocked the bot.
func (s *Service) Blocked(token string, user int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chatOf(token, user).blocked
}

// post adds the message to the chat and sets its id and date.
func (b *bot) post(c *chat, m *message) *message {
	b.lastMessage++
	m.ID = b.lastMessage
	m.Date = time.Now().Truncate(time.Second)
	c.messages = append(c.messages, m)
	return m
}

// message finds a message by its id.
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
