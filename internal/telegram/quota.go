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

type chatQuota struct {
	limit    *rate.Limiter
	last     time.Time // of the latest update
	lastOver time.Time // of the latest update beyond the quota
}

// burstGap is how long after an update beyond the quota the next one starts a new burst.
const burstGap = time.Minute

func newQuotas() *quotas { return &quotas{chats: map[int64]*chatQuota{}, sweepAt: sweepSize} }

// take reports whether one more update of a chat, made at the given time, is within q, and if not,
// whether it is the first of its burst.
func (s *quotas) take(q Quota, chat int64, at time.Time) (within, first bool) {
	if q.PerSecond <= 0 || chat == 0 || q.isExempt(chat) {
		return true, false
	}
	c := s.chats[chat]
	if c == nil {
		sweep(s.chats, &s.sweepAt, func(c *chatQuota) bool {
			return at.Sub(c.lastOver) >= burstGap && c.limit.TokensAt(at) >= float64(c.limit.Burst())
		})
		c = &chatQuota{limit: rate.NewLimiter(rate.Limit(q.PerSecond), q.Burst)}
		s.chats[chat] = c
	}
	if at.Before(c.last) { // messages have the time they were written, button presses the time they came
		at = c.last
	}
	c.last = at
	if c.limit.AllowN(at, 1) {
		return true, false
	}
	first = at.Sub(c.lastOver) >= burstGap
	c.lastOver = at
	return false, first
}

// writtenAt returns when an update was made, as far as it says: messages that waited at Telegram
// while we were down were not written all at once.
func writtenAt(t *task, now time.Time) time.Time {
	if m := t.update.Message; m != nil {
		if at := time.Unix(int64(m.Date), 0); at.Before(now) {
			return at
		}
	}
	return now
}
