package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const updateTTL = 24 * time.Hour // how long an update waits for its bot; a callback query less

// update is one update as it is sent.
type update struct {
	id       int64
	sequence string // updates of one sequence go to a webhook in order
	raw      json.RawMessage
	created  time.Time
	ttl      time.Duration
	repeats  int  // how often to send it again after it is confirmed
	again    bool // sent regardless of the offset, as it was confirmed before
}

// queue holds the updates that a bot has not confirmed, by id.
type queue struct {
	lastID  int64
	last    *update // the newest, confirmed or not
	waiting []*update
	allowed []string // allowed_updates; nil: all but the rare ones
	wake    chan struct{}
}

func newQueue(seed uint64) queue {
	const span = 900_000_000
	return queue{lastID: 100_000_000 + int64(seed%span), wake: make(chan struct{})}
}

// allows reports whether the bot has asked for updates of a kind.
func (q *queue) allows(kind string) bool {
	if len(q.allowed) > 0 {
		return slices.Contains(q.allowed, kind)
	}
	return !slices.Contains([]string{"chat_member", "message_reaction", "message_reaction_count"}, kind)
}

// setAllowedUpdates reads allowed_updates. Unknown names are ignored; an empty list means the
// default.
func (c *call) setAllowedUpdates() {
	var kinds []string
	if c.err != nil || json.Unmarshal([]byte(c.str("allowed_updates")), &kinds) != nil || kinds == nil {
		return
	}
	known := []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
		"edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count", "inline_query",
		"chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll",
		"poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
		"subscription",
	}
	c.bot.queue.allowed = slices.DeleteFunc(kinds, func(kind string) bool { return !slices.Contains(known, kind) })
}

// add appends an update; body is the rest of the object after the id.
func (q *queue) add(sequence string, ttl time.Duration, body []byte) {
	q.lastID++
	u := &update{id: q.lastID, sequence: sequence, created: time.Now(), ttl: ttl}
	u.raw = fmt.Appendf(nil, `{"update_id":%d%s`, u.id, body)
	q.last = u
	q.waiting = append(q.waiting, u)
	q.wakePoll()
}

func (q *queue) wakePoll() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// expire drops updates that have waited too long.
func (q *queue) expire() {
	q.waiting = slices.DeleteFunc(q.waiting, func(u *update) bool { return time.Since(u.created) >= u.ttl })
}

// confirm drops the updates before an offset. A negative offset counts from the end.
func (q *queue) confirm(offset int64) {
	if n := int64(len(q.waiting)); offset < 0 {
		if n == 0 {
			return
		}
		offset = q.waiting[max(0, n+offset)].id
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(u *update) bool { return u.id < offset && !u.again && !u.repeat() })
}

// repeat reports whether a confirmed update is to be sent again.
func (u *update) repeat() bool {
	if u.repeats == 0 {
		return false
	}
	u.repeats--
	u.again = true
	return true
}

// batch returns up to limit updates.
func (q *queue) batch(limit int) []json.RawMessage {
	updates := []json.RawMessage{}
	for _, u := range q.waiting[:min(limit, len(q.waiting))] {
		u.again = false
		updates = append(updates, u.raw)
	}
	return updates
}

// ack drops an update that a webhook has accepted.
func (q *queue) ack(u *update) {
	if u.repeat() {
		u.again = false
		return
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(other *update) bool { return other == u })
}

// first is the oldest update of a sequence; nil if there is none.
func (q *queue) first(sequence string) *update {
	q.expire()
	for _, u := range q.waiting {
		if u.sequence == sequence {
			return u
		}
	}
	return nil
}

// repeatLast sends the newest update again.
func (q *queue) repeatLast() {
	u := q.last
	switch {
	case u == nil:
		return
	case slices.Contains(q.waiting, u):
		u.repeats++
	default:
		u.again, u.created = true, time.Now()
		q.waiting = append([]*update{u}, q.waiting...)
	}
	q.wakePoll()
}

// enqueue sends the bot an update of a kind about a chat. The lock is held.
func (s *Service) enqueue(b *bot, kind string, chat int64, payload any) {
	if !b.queue.allows(kind) {
		return
	}
	body, err := json.Marshal(payload)
	if err != nil {
		s.log.Error("encode update failed", "kind", kind, "err", err)
		return
	}
	ttl := updateTTL
	if kind == "callback_query" || kind == "pre_checkout_query" {
		ttl = callbackTTL
	}
	b.queue.add(kind+strconv.FormatInt(chat, 10), ttl, fmt.Appendf(nil, `,%q:%s}`, kind, body))
	s.deliver(b)
}

const maxPollTimeout = 50 * time.Second

// errGone reaches nobody: the client has gone away, and no updates must be lost with it.
var errGone = errors.New("the client has gone away")

// poll is a getUpdates that waits.
type poll struct {
	stop   chan struct{} // closed to end it
	reason string        // why it ends; set before stop is closed
}

// endPoll ends the long poll in progress. The lock is held.
func (b *bot) endPoll(reason string) {
	if b.poll != nil {
		b.poll.reason = reason
		close(b.poll.stop)
		b.poll = nil
	}
}

// getUpdates waits for updates. Of two at once the older one is refused.
func getUpdates(c *call) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.bot
	if b.hook != nil {
		return c.refuse(conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"))
	}
	c.setAllowedUpdates()
	if c.err != nil {
		return nil
	}
	b.endPoll("terminated by other getUpdates request; make sure that only one bot instance is running")
	mine := &poll{stop: make(chan struct{})}
	b.poll = mine
	defer func() {
		if b.poll == mine {
			b.poll = nil
		}
	}()
	limit := int(c.number("limit"))
	if limit < 1 || limit > 100 {
		limit = 100
	}
	b.queue.confirm(c.number("offset"))
	return c.await(mine, limit)
}

// await waits for the first updates, as long as the call asks for. The lock is held, and released
// while waiting.
func (c *call) await(mine *poll, limit int) any {
	timeout := time.Duration(min(max(c.number("timeout"), 0), int64(maxPollTimeout/time.Second))) * time.Second
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	expired := timeout == 0
	for {
		c.bot.queue.expire()
		if updates := c.bot.queue.batch(limit); len(updates) > 0 || expired {
			return updates
		}
		wake := c.bot.queue.wake
		c.mu.Unlock()
		select {
		case <-wake:
		case <-timer.C:
			expired = true
		case <-mine.stop:
			c.refuse(conflict(mine.reason))
		case <-c.gone:
			c.refuse(errGone)
		case <-c.done:
			c.refuse(internalError("restart"))
		}
		c.mu.Lock()
		if c.err != nil {
			return nil
		}
	}
}
