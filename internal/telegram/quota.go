package telegram

import (
	"time"

	"golang.org/x/time/rate"
)

// Quota limits the updates of one chat that are handled: PerSecond on average, with bursts of at
// most Burst. The zero Quota is no limit.
type Quota struct {
	PerSecond float64
	Burst     int
	// Exempt reports whether a chat has no limit: owners forward many files at once. nil: no chat.
	Exempt func(chat int64) bool
}

func (q Quota) isExempt(chat int64) bool { return q.Exempt != nil && q.Exempt(chat) }

// quotas has the state of Quota by chat. It is used by one goroutine.
type quotas struct {
	chats   map[int64]*chatQuota
	sweepAt int // size of chats at which quiet ones are deleted
}

// chatQuota has a clock of its own, since the machine's may be wrong or be set. A press happens
// when it arrives, and a message when Telegram's date says, counted from the first message: those
// that waited at Telegram while we were away were not written all at once.
type chatQuota struct {
	limit    *rate.Limiter
	clock    time.Time // when the latest update happened
	now      time.Time // never before clock
	arrived  time.Time // when now was the present; monotonic
	first    time.Time // Telegram's date of the first message; zero: none came
	firstAt  time.Time // now at that message
	lastOver time.Time // clock at the latest update beyond the quota
}

// tick moves the clock to an update that arrives now. written is zero if it does not say.
func (c *chatQuota) tick(now, written time.Time) {
	c.now, c.arrived = c.now.Add(max(now.Sub(c.arrived), 0)), now
	at := c.now
	if !written.IsZero() {
		if c.first.IsZero() {
			c.first, c.firstAt = written, c.now
		}
		at = c.firstAt.Add(written.Sub(c.first))
	}
	if at.After(c.clock) {
		c.clock = at
	}
	if c.clock.After(c.now) { // the first message had waited longer than this one
		c.now = c.clock
	}
}

// burstGap is how long after an update beyond the quota the next one starts a new burst.
const burstGap = time.Minute

func newQuotas() *quotas { return &quotas{chats: map[int64]*chatQuota{}, sweepAt: sweepSize} }

// take reports whether one more update of a chat, which arrives now, is within q, and if not,
// whether it is the first of its burst. written is when it was written; zero if it does not say.
func (s *quotas) take(q Quota, chat int64, now, written time.Time) (within, first bool) {
	if q.PerSecond <= 0 || chat == 0 || q.isExempt(chat) {
		return true, false
	}
	c := s.chats[chat]
	if c == nil {
		sweep(s.chats, &s.sweepAt, func(c *chatQuota) bool {
			at := c.now.Add(now.Sub(c.arrived))
			return at.Sub(c.lastOver) >= burstGap && c.limit.TokensAt(at) >= float64(c.limit.Burst())
		})
		c = &chatQuota{limit: rate.NewLimiter(rate.Limit(q.PerSecond), q.Burst), now: now.Round(0), arrived: now}
		s.chats[chat] = c
	}
	c.tick(now, written)
	if c.limit.AllowN(c.clock, 1) {
		return true, false
	}
	first = c.clock.Sub(c.lastOver) >= burstGap
	c.lastOver = c.clock
	return false, first
}

// writtenAt returns when an update was written, by Telegram's clock; zero if it does not say.
func writtenAt(t *task) time.Time {
	if m := t.update.Message; m != nil {
		return time.Unix(int64(m.Date), 0)
	}
	return time.Time{}
}
