package telegram

import (
	"errors"
	"strconv"
)

// User is a person.
type User struct {
	ID           int64
	FirstName    string
	LastName     string
	Username     string // without @
	LanguageCode string // IETF tag such as "en"; "": the app does not tell
}

// ErrNoUser means that nobody has this id.
var ErrNoUser = errors.New("telegram: no such user")

// AddUser makes a person exist, or changes who they are. A bot may write to a
// person only after the person wrote to it.
func (s *Service) AddUser(u User) {
	s.mu.Lock()
	if _, known := s.users[u.ID]; !known {
		s.userOrder = append(s.userOrder, u.ID)
	}
	s.users[u.ID] = u
	s.mu.Unlock()
	s.changed()
}

// Users lists the people in the order in which they were added.
func (s *Service) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := make([]User, 0, len(s.userOrder))
	for _, id := range s.userOrder {
		people = append(people, s.users[id])
	}
	return people
}

// target is the chat that a call names in a parameter, for reading.
func (c *call) target(name string) (*chat, error) {
	text := c.str(name)
	if text == "" {
		return nil, badRequest(name + " is empty")
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badRequest("chat not found") // names belong to groups and channels, and there are none
	}
	if _, known := c.users[id]; !known {
		return nil, badRequest("chat not found")
	}
	chat, started := c.bot.chats[id]
	if !started {
		return nil, forbidden("bot can't initiate conversation with a user")
	}
	return chat, nil
}

// recipient is the chat that a call writes to.
func (c *call) recipient() (*chat, error) {
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
	if chat.blocked {
		return nil, forbidden("bot was blocked by the user")
	}
	return chat, nil
}

func getChat(c *call) (any, error) {
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
	return c.fullChat(chat), nil
}

func getMe(c *call) (any, error) {
	me := wireMe{wireUser: c.botUser(c.bot), CanJoinGroups: true}
	return me, nil
}
