package telegram

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const updateLife = 24 * time.Hour // how long an update waits for its bot; a callback query less

// update is one update as it will be sent.
type update struct {
	id      int64
	lane    string // updates of one lane are delivered in order to a webhook
	raw     json.RawMessage
	born    time.Time
	life    time.Duration
	repeats int  // how often it is to be given once more after it was confirmed
	again   bool // given whatever the offset says, as it was confirmed before
}

// queue holds the updates that a bot has not confirmed, by id.
type queue struct {
	lastID  int64
	last    *update // the newest, confirmed or not
	waiting []*update
	kinds   []string // allowed_updates; nil: all but the rare ones
	wake    chan struct{}
}

func newQueue(seed uint64) queue {
	const span = 900_000_000
	return queue{lastID: 100_000_000 + int64(seed%span), wake: make(chan struct{})}
}

// wants tells whether the bot has asked for updates of a kind.
func (q *queue) wants(kind string) bool {
	if len(q.kinds) > 0 {
		return slices.Contains(q.kinds, kind)
	}
	return !slices.Contains([]string{"chat_member", "message_reaction", "message_reaction_count"}, kind)
}

// allow remembers allowed_updates. Names that do not exist do not count; an empty list means the usual kinds.
func (c *call) allow() error {
	var kinds []string
	given, err := c.object("allowed_updates", "allowed_updates", &kinds)
	if err != nil || !given {
		return err
	}
	known := []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
		"edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count", "inline_query",
		"chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll",
		"poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
	}
	c.bot.queue.kinds = slices.DeleteFunc(kinds, func(kind string) bool { return !slices.Contains(known, kind) })
	return nil
}

// add appends an update; body is what stands in the object after the id.
func (q *queue) add(lane string, life time.Duration, body []byte) {
	q.lastID++
	u := &update{id: q.lastID, lane: lane, born: time.Now(), life: life}
	u.raw = fmt.Appendf(nil, `{"update_id":%d%s`, u.id, body)
	q.last = u
	q.waiting = append(q.waiting, u)
	q.ring()
}

// ring wakes the long poll.
func (q *queue) ring() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// expire forgets what has waited too long.
func (q *queue) expire() {
	q.waiting = slices.DeleteFunc(q.waiting, func(u *update) bool { return time.Since(u.born) >= u.life })
}

// confirm takes away the updates before an offset. A negative offset counts from
// the end.
func (q *queue) confirm(offset int64) {
	if n := int64(len(q.waiting)); offset < 0 {
		if n == 0 {
			return
		}
		offset = q.waiting[max(0, n+offset)].id
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(u *update) bool { return u.id < offset && !u.again && !u.repeat() })
}

// repeat tells whether an update that was just confirmed is to be given again.
func (u *update) repeat() bool {
	if u.repeats == 0 {
		return false
	}
	u.repeats--
	u.again = true
	return true
}

// batch gives up to limit updates.
func (q *queue) batch(limit int) []json.RawMessage {
	updates := []json.RawMessage{}
	for _, u := range q.waiting[:min(limit, len(q.waiting))] {
		u.again = false
		updates = append(updates, u.raw)
	}
	return updates
}

// settle takes away an update that a webhook has taken.
func (q *queue) settle(u *update) {
	if u.repeat() {
		u.again = false
		return
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(other *update) bool { return other == u })
}

// first is the oldest update of a lane.
func (q *queue) first(lane string) *update {
	q.expire()
	for _, u := range q.waiting {
		if u.lane == lane {
			return u
		}
	}
	return nil
}

// redo makes the newest update come once more.
func (q *queue) redo() {
	u := q.last
	switch {
	case u == nil:
		return
	case slices.Contains(q.waiting, u):
		u.repeats++
	default:
		u.again, u.born = true, time.Now()
		q.waiting = append([]*update{u}, q.waiting...)
	}
	q.ring()
}

// give sends the bot an update of a kind about a chat. The lock is held.
func (s *Service) give(b *bot, kind string, chat int64, payload any) {
	if !b.queue.wants(kind) {
		return
	}
	body, err := json.Marshal(payload)
	if err != nil {
		s.log.Error("update cannot be written", "kind", kind, "err", err)
		return
	}
	life := updateLife
	if kind == "callback_query" {
		life = callbackLife
	}
	b.queue.add(kind+strconv.FormatInt(chat, 10), life, fmt.Appendf(nil, `,%q:%s}`, kind, body))
	s.deliver(b)
}
