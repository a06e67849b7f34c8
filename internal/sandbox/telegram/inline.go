package telegram

import (
	"encoding/json"
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
	inlineTTL        = 10 * time.Second
)

// InlineResult is a result of an inline query, as the user sees it in the list.
type InlineResult struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Thumbnail   string `json:"thumbnail,omitempty"` // the address of its picture

	text    formatted
	buttons [][]Button
}

// inlineQuery is what a user typed behind the bot's name.
type inlineQuery struct {
	id      string
	user    int64
	text    string
	asked   time.Time
	results []InlineResult
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
		c.inline = &inlineQuery{id: strconv.FormatUint(s.unique(), 10), user: user, text: text, asked: time.Now()}
		s.enqueue(b, "inline_query", user, map[string]any{
			"id": c.inline.id, "from": s.wireUser(user), "query": text, "offset": "", "chat_type": "sender",
		})
		return nil
	})
}

// InlineResults lists what the bot answered to the user's last inline query.
func (s *Service) InlineResults(token string, user int64) []InlineResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.chatOf(token, user).inline; q != nil {
		return slices.Clone(q.results)
	}
	return nil
}

// ChooseInline sends a result of the last inline query into the chat, in the user's name. The bot
// gets the message, and a chosen_inline_result.
func (s *Service) ChooseInline(token string, user int64, result string) error {
	return s.actAs(token, user, func(b *bot, c *chat) error {
		if c.inline == nil {
			return ErrNoResult
		}
		q := c.inline
		i := slices.IndexFunc(q.results, func(r InlineResult) bool { return r.ID == result })
		if i < 0 {
			return fmt.Errorf("%w: %.20q", ErrNoResult, result)
		}
		c.inline = nil
		m := newMessage(q.results[i].text)
		m.viaBot, m.Buttons = true, q.results[i].buttons
		b.post(c, m)
		s.enqueue(b, "message", user, s.wire(b, c, m))
		s.enqueue(b, "chosen_inline_result", user, map[string]any{"result_id": result, "from": s.wireUser(user), "query": q.text})
		return nil
	})
}

func answerInlineQuery(c *call) any {
	var given []json.RawMessage
	if !c.object("results", "inline query results", "expected an Array of inline query results", &given) && c.err == nil {
		c.refuse(badRequest("can't parse inline query results JSON object"))
	}
	results := []InlineResult{}
	for _, raw := range given {
		results = append(results, c.inlineResult(raw))
	}
	var q *inlineQuery
	for _, chat := range c.bot.chats {
		if chat.inline != nil && chat.inline.id == c.str("inline_query_id") {
			q = chat.inline
		}
	}
	ids := map[string]bool{}
	for _, r := range results {
		if r.ID == "" || len(r.ID) > maxResultID {
			c.refuse(badRequest("RESULT_ID_INVALID"))
		}
		if ids[r.ID] {
			c.refuse(badRequest("RESULT_ID_DUPLICATE"))
		}
		ids[r.ID] = true
	}
	switch {
	case len(results) > maxInlineResults:
		c.refuse(badRequest("RESULTS_TOO_MUCH"))
	case q == nil || time.Since(q.asked) > inlineTTL:
		c.refuse(badRequest("query is too old and response timeout expired or query ID is invalid"))
	}
	if c.err == nil {
		q.results = results
	}
	return true
}

// inlineResult reads an article with a text, or a result that this server does not show.
func (c *call) inlineResult(raw json.RawMessage) (r InlineResult) {
	const parse = "can't parse inline query result: "
	o, ok := parseObject(raw)
	if !ok {
		c.refuse(badRequest(parse + "InlineQueryResult must be an Object"))
		return r
	}
	kind, err := o.required("type")
	c.refuse(toAPIError(err, parse))
	r.ID, err = o.required("id")
	c.refuse(toAPIError(err, parse))
	if kind != "article" {
		c.refuse(badRequest(parse + "type " + strconv.Quote(kind) + " is not supported by this server"))
		return r
	}
	r.Title, err = o.required("title")
	c.refuse(toAPIError(err, parse))
	r.Description, err = o.text("description")
	c.refuse(toAPIError(err, parse))
	r.Thumbnail, err = o.text("thumbnail_url")
	c.refuse(toAPIError(err, parse))
	if o.has("reply_markup") {
		r.buttons = c.inlineResultButtons(o, parse)
	}
	_, err = o.inner("input_message_content")
	c.refuse(toAPIError(err, parse))
	content := newParams()
	content.addJSON(o["input_message_content"])
	content.values["text"] = content.values["message_text"]
	r.text = content.messageText()
	c.refuse(content.err)
	return r
}

// inlineResultButtons reads the keyboard of the message that a result sends.
func (c *call) inlineResultButtons(o object, parse string) [][]Button {
	markup, err := o.inner("reply_markup")
	if err != nil {
		c.refuse(toAPIError(err, parse))
		return nil
	}
	k, err := readMarkup(markup)
	c.refuse(toAPIError(err, parse))
	if k.other {
		c.refuse(badRequest(parse + "inline keyboard expected"))
	}
	return k.buttons
}
