package telegram

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ErrNoResult means that a bot's answer to an inline query has no such result.
var ErrNoResult = errors.New("telegram: no such inline result")

// Limits of inline queries.
const (
	maxInlineQuery   = 256 // characters; the rest is cut
	maxInlineResults = 50
	maxResultID      = 64 // bytes
	maxNextOffset    = 64 // bytes
	maxStart         = 64 // characters of a start parameter
	inlineTTL        = 10 * time.Second
)

// InlineAnswer is what the user sees of the last inline query.
type InlineAnswer struct {
	Query    string         `json:"query"`
	Asked    bool           `json:"asked"`    // there is a query
	Answered bool           `json:"answered"` // false: the list still loads
	Results  []InlineResult `json:"results"`
	Button   *InlineButton  `json:"button,omitempty"` // above the results
	More     bool           `json:"more"`             // MoreInline brings further results
}

// InlineResult is a result of an inline query, as the user sees it in the list.
type InlineResult struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Photo       *File  `json:"photo,omitempty"`     // of a photo result
	Thumbnail   string `json:"thumbnail,omitempty"` // address of a picture

	sent *message // what choosing it sends
}

// InlineButton leads from the results to the private chat with the bot, with "/start" and its
// parameter, or to a Mini App.
type InlineButton struct {
	Text   string `json:"text"`
	Start  string `json:"start,omitempty"`
	WebApp string `json:"web_app,omitempty"`
}

// inlineQuery is what a user typed behind the bot's name.
type inlineQuery struct {
	InlineAnswer
	id    string // of the last update about it
	asked time.Time
	next  string // the offset of further results; "": there are none
}

// AskInline types an inline query into the user's chat with the bot. It replaces the one before.
func (s *Service) AskInline(token string, user int64, text string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		text, err := cleanText(text)
		if err != nil {
			return fmt.Errorf("telegram: inline query: %w", err)
		}
		runes := []rune(text)
		text = string(runes[:min(len(runes), maxInlineQuery)])
		c.inline = &inlineQuery{InlineAnswer: InlineAnswer{Query: text, Asked: true, Results: []InlineResult{}}}
		s.sendInline(b, c, "")
		return nil
	})
}

// MoreInline asks for further results of the last inline query, as a client does at the end of the
// list. It does nothing if the bot has named no further ones.
func (s *Service) MoreInline(token string, user int64) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		if q := c.inline; q != nil && q.More {
			q.More = false
			s.sendInline(b, c, q.next)
		}
		return nil
	})
}

// sendInline sends the bot the chat's inline query. The lock is held.
func (s *Service) sendInline(b *bot, c *chat, offset string) {
	q := c.inline
	q.id, q.asked = strconv.FormatUint(s.unique(), 10), time.Now()
	s.enqueue(b, "inline_query", c.user, map[string]any{
		"id": q.id, "from": s.wireUser(c.user), "query": q.Query, "offset": offset, "chat_type": "sender",
	})
}

// Inline is the user's last inline query and the bot's answer; the zero InlineAnswer if there is no
// query.
func (s *Service) Inline(token string, user int64) InlineAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.chatOf(token, user).inline
	if q == nil {
		return InlineAnswer{Results: []InlineResult{}}
	}
	a := q.InlineAnswer
	a.Results = slices.Clone(a.Results)
	return a
}

// ChooseInline sends a result of the last inline query into the chat, in the user's name. The bot
// gets the message, and a chosen_inline_result.
func (s *Service) ChooseInline(token string, user int64, result string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		if c.inline == nil {
			return ErrNoResult
		}
		q := c.inline
		i := slices.IndexFunc(q.Results, func(r InlineResult) bool { return r.ID == result })
		if i < 0 {
			return fmt.Errorf("%w: %.20q", ErrNoResult, result)
		}
		c.inline = nil
		m := *q.Results[i].sent
		chosen := map[string]any{"result_id": result, "from": s.wireUser(user), "query": q.Query}
		if len(m.Buttons) > 0 {
			m.inlineID = strconv.FormatUint(s.unique(), 36)
			chosen["inline_message_id"] = m.inlineID
		}
		b.post(c, &m)
		s.enqueue(b, "message", user, s.wire(b, c, &m))
		s.enqueue(b, "chosen_inline_result", user, chosen)
		return nil
	})
}
