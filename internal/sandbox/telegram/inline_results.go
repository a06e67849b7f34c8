package telegram

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// answerInlineQuery checks what Telegram's own servers check (the words in capitals, from the
// documentation of messages.setInlineBotResults) after what the Bot API server does.
func answerInlineQuery(c *call) any {
	var given []json.RawMessage
	if !c.object("results", "inline query results", "expected an Array of inline query results", &given) && c.err == nil {
		c.refuse(badRequest("can't parse inline query results JSON object"))
	}
	results := []InlineResult{}
	for _, raw := range given {
		results = append(results, c.inlineResult(raw))
	}
	button := c.inlineButton()
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
	next := c.str("next_offset")
	switch {
	case len(results) > maxInlineResults:
		c.refuse(badRequest("RESULTS_TOO_MUCH"))
	case len(next) > maxNextOffset:
		c.refuse(badRequest("NEXT_OFFSET_INVALID"))
	case q == nil || time.Since(q.asked) > inlineTTL:
		c.refuse(badRequest("query is too old and response timeout expired or query ID is invalid"))
	}
	if c.err == nil {
		q.Results = append(q.Results, results...)
		q.Button = cmp.Or(button, q.Button)
		q.Answered, q.More, q.next = true, next != "", next
	}
	return true
}

var startParameter = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// inlineButton reads the button above the results; nil if there is none.
func (c *call) inlineButton() *InlineButton {
	if c.str("button") == "" {
		return nil
	}
	const parse = "can't parse inline query results button: "
	o, ok := parseObject([]byte(c.str("button")))
	if !ok {
		c.refuse(badRequest(parse + "InlineQueryResultsButton must be an Object"))
		return nil
	}
	b := &InlineButton{}
	var err error
	b.Text, err = o.required("text")
	c.refuse(toAPIError(err, parse))
	if o.has("web_app") {
		b.WebApp, err = textInside(o, "web_app", "url", object.required)
		c.refuse(toAPIError(err, parse))
		c.refuse(checkURL(b.WebApp, "Web App URL"))
	} else {
		b.Start, err = o.required("start_parameter")
		c.refuse(toAPIError(err, parse))
	}
	switch {
	case b.Text == "":
		c.refuse(badRequest("SWITCH_PM_TEXT_EMPTY"))
	case b.WebApp == "" && b.Start == "":
		c.refuse(badRequest("START_PARAM_EMPTY"))
	case b.WebApp == "" && (len(b.Start) > maxStart || !startParameter.MatchString(b.Start)):
		c.refuse(badRequest("START_PARAM_INVALID"))
	}
	return b
}

// inlineResult reads an article or a photo that was sent before, or refuses a result that this
// server does not show.
func (c *call) inlineResult(raw json.RawMessage) (r InlineResult) {
	const parse = "can't parse inline query result: "
	o, ok := parseObject(raw)
	if !ok {
		c.refuse(badRequest(parse + "InlineQueryResult must be an Object"))
		return r
	}
	read := func(get func(string) (string, error), name string) string {
		text, err := get(name)
		c.refuse(toAPIError(err, parse))
		return text
	}
	kind := strings.ToLower(read(o.required, "type"))
	r.ID = read(o.required, "id")
	own := newParams()
	own.addJSON(raw)
	switch {
	case kind == "article":
		r.Title = read(o.required, "title")
		r.Thumbnail = cmp.Or(read(o.text, "thumbnail_url"), read(o.text, "thumb_url"))
		_, err := o.inner("input_message_content")
		c.refuse(toAPIError(err, parse))
		r.sent = c.inlineText(o)
		if r.Title == "" {
			c.refuse(badRequest("ARTICLE_TITLE_EMPTY"))
		}
	case kind == "photo" && !o.has("photo_url"):
		r.Title = read(o.text, "title")
		r.sent = newMessage(own.caption())
		r.sent.captionAbove = own.flag("show_caption_above_media")
		r.sent.setMedia(c.media("photo", "", read(o.required, "photo_file_id"), own))
		r.Photo = r.sent.Photo
		if r.Photo == nil {
			c.refuse(badRequest("PHOTO_INVALID"))
		}
		if o.has("input_message_content") {
			r.sent = c.inlineText(o)
		}
	default:
		c.refuse(badRequest(parse + "type " + strconv.Quote(kind) + " is not supported by this server"))
		return r
	}
	r.Description = read(o.text, "description")
	r.sent.Buttons, r.sent.ViaBot = own.inlineMarkup(), true
	c.refuse(own.err)
	return r
}

// inlineText reads the text that a result sends.
func (c *call) inlineText(o object) *message {
	content := &call{Service: c.Service, bot: c.bot, params: newParams()}
	content.addJSON(o["input_message_content"])
	content.values["text"] = content.values["message_text"]
	m := newMessage(content.messageText())
	content.setPreview(m)
	c.refuse(content.err)
	return m
}
