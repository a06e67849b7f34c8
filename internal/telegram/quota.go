package telegram

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Quota is how many updates of one chat are handled: PerSecond on average, with bursts of
// at most Burst. The zero Quota sets no bound.
type Quota struct {
	PerSecond float64
	Burst     int
	// Exempt tells chats that have no bound: those of owners, who forward many files at once. nil: none.
	Exempt func(chat int64) bool
}

// quotas keep count of each chat.
type quotas struct {
	mu      sync.Mutex
	chats   map[int64]*quota
	sweepAt int // size of chats at which quiet ones are forgotten
}

type quota struct {
	limit *rate.Limiter
	last  time.Time // of the latest update
	over  time.Time // of the latest that was too many
}

// manyChats is how many chats are kept without looking for quiet ones.
const manyChats = 1024

func newQuotas() *quotas { return &quotas{chats: map[int64]*quota{}, sweepAt: manyChats} }

// burstEnds is how long after the last update that was too many another one is a new burst.
const burstEnds = time.Minute

// take reports whether one more update of a chat, written at the given time, is within
// q. One that is not is the first of its burst, or not.
func (s *quotas) take(q Quota, chat int64, at time.Time) (within, first bool) {
	if q.PerSecond <= 0 || chat == 0 || q.Exempt != nil && q.Exempt(chat) {
		return true, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		s.sweep(at)
		c = &quota{limit: rate.NewLimiter(rate.Limit(q.PerSecond), q.Burst)}
		s.chats[chat] = c
	}
	if at.Before(c.last) { // messages have the time of their writing, presses that of their coming
		at = c.last
	}
	c.last = at
	if c.limit.AllowN(at, 1) {
		return true, false
	}
	first = at.Sub(c.over) >= burstEnds
	c.over = at
	return false, first
}

// sweep forgets the chats that are as good as new, once there are many.
func (s *quotas) sweep(at time.Time) {
	if len(s.chats) < s.sweepAt {
		return
	}
	for chat, c := range s.chats {
		if at.Sub(c.over) >= burstEnds && c.limit.TokensAt(at) >= float64(c.limit.Burst()) {
			delete(s.chats, chat)
		}
	}
	s.sweepAt = max(manyChats, 2*len(s.chats))
}

// writtenAt is when an update was made, as far as that can be told: messages that waited at
// Telegram while we were away were not written all at once.
func writtenAt(t *task, now time.Time) time.Time {
	if m := t.update.Message; m != nil {
		if at := time.Unix(int64(m.Date), 0); at.Before(now) {
			return at
		}
	}
	return now
}
