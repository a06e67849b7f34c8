package telegram

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// call is one decoded request of a bot.
type call struct {
	*Service
	bot  *bot
	gone <-chan struct{} // closed when the client has gone away
	params
}

// toChat wraps a method that writes to the chat named by chat_id.
func toChat(run func(*call, *chat) any) func(*call) any {
	return fromChat(func(c *call, chat *chat) any {
		if chat.blocked {
			return c.refuse(forbidden("bot was blocked by the user"))
		}
		return run(c, chat)
	})
}

// fromChat wraps a method that reads the chat named by chat_id, even if the user has blocked the
// bot.
func fromChat(run func(*call, *chat) any) func(*call) any {
	return func(c *call) any {
		if chat := c.target("chat_id"); chat != nil {
			return run(c, chat)
		}
		return nil
	}
}

// target finds the chat that a parameter names; nil if the call is refused.
func (c *call) target(name string) *chat {
	if c.str(name) == "" {
		c.refuse(badRequest(name + " is empty"))
		return nil
	}
	chat, err := c.findChat(c.str(name))
	c.refuse(err)
	return chat
}

func (c *call) findChat(text string) (*chat, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badRequest("chat not found") // only groups and channels have names
	}
	chat, started := c.bot.chats[id]
	if started && chat.group != nil {
		if err := chat.group.unreachable(); err != nil {
			return nil, err
		}
		return chat, nil
	}
	if _, known := c.users[id]; !known {
		return nil, badRequest("chat not found")
	}
	if !started {
		return nil, forbidden("bot can't initiate conversation with a user")
	}
	return chat, nil
}

// ServeHTTP answers /bot<token>/<method> and /file/bot<token>/<path>, both also with /test behind
// the token, which names the bot's account on Telegram's test servers and is the same bot here.
// Several slashes in a row are one. Anything else, and a malformed token, is a 404.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := slashes.ReplaceAllString(r.URL.Path, "/")
	if rest, ok := strings.CutPrefix(path, "/file/bot"); ok {
		s.serveFile(w, rest)
		return
	}
	rest, isCall := strings.CutPrefix(path, "/bot")
	token, name, hasMethod := strings.Cut(rest, "/")
	if test, ok := strings.CutPrefix(name, "test/"); ok {
		name = test
	}
	if !isCall || !hasMethod || !wellFormed(token) {
		failed(notFound()).write(w)
		return
	}
	name = strings.ToLower(name)
	p, err := decode(w, r) // first, so no client is left with an unread body
	s.count(token, name)
	work := func() answer {
		if err != nil {
			return failed(err)
		}
		return s.perform(r.Context().Done(), token, name, p)
	}
	if failure, planned := s.takeFailure(name, p); planned {
		failure.play(w, r, work)
		return
	}
	work().write(w)
}

var slashes = regexp.MustCompile("/{2,}")

// count records a call, and that the bot has called.
func (s *Service) count(token, name string) {
	s.mu.Lock()
	s.calls[""]++
	if name != "" {
		s.calls[name]++
	}
	b, err := s.botOf(token)
	first := err == nil && !b.called
	if first {
		b.called = true
	}
	s.mu.Unlock()
	if first {
		s.changed()
	}
}

// perform does what a call asks for.
func (s *Service) perform(gone <-chan struct{}, token, name string, p params) answer {
	m, known := s.methods[name]
	if !known {
		return failed(refusal(http.StatusNotFound, "method not found"))
	}
	result, err := s.run(gone, m, token, p)
	if err != nil {
		s.log.Debug("call refused", "method", name, "err", err)
		return failed(err)
	}
	if m.kind == changes || m.kind == sends {
		s.changed()
	}
	return succeeded(result)
}

func (s *Service) run(gone <-chan struct{}, m method, token string, p params) (any, error) {
	s.mu.Lock()
	b, err := s.botOf(token)
	if err != nil {
		s.mu.Unlock()
		return nil, notFound()
	}
	c := &call{Service: s, bot: b, gone: gone, params: p}
	if m.kind == blocks {
		s.mu.Unlock()
		result := m.run(c)
		return result, c.err
	}
	defer s.mu.Unlock()
	if m.kind == sends {
		if err := c.checkRate(); err != nil {
			return nil, err
		}
	}
	result := m.run(c)
	return result, c.err
}

// serveFile answers a download; rest is what follows /file/bot.
func (s *Service) serveFile(w http.ResponseWriter, rest string) {
	token, path, _ := strings.Cut(rest, "/")
	path = strings.TrimPrefix(path, "test/")
	s.mu.Lock()
	var file *storedFile
	if b, ok := s.bots[token]; ok {
		file = s.files[b.paths[path]]
	}
	s.mu.Unlock()
	if file == nil {
		failed(notFound()).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(file.Data) //nolint:gosec // a download, not a page
}
