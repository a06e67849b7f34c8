package telegram

import (
	"math"
	"time"
)

// Paces of RealLimits. Telegram publishes the rates; the bursts are what bots
// see in practice.
const (
	chatRate, chatBurst = 1, 4
	botRate, botBurst   = 30, 30
)

// bucket is a token bucket that starts full.
type bucket struct {
	used  float64
	since time.Time
}

// wait tells how long until a token is there; 0: now.
func (b *bucket) wait(now time.Time, rate, burst float64) time.Duration {
	b.used = max(0, b.used-now.Sub(b.since).Seconds()*rate)
	b.since = now
	if b.used+1 <= burst {
		return 0
	}
	return time.Duration((b.used + 1 - burst) / rate * float64(time.Second))
}

// pace refuses a call that sends while a flood is on, or too fast.
func (c *call) pace() error {
	if c.faults.Flood {
		return flood(c.faults.RetryAfter)
	}
	if !c.faults.RealLimits {
		return nil
	}
	now := time.Now()
	chat := c.bot.paceOf(c.number("chat_id"))
	wait := max(chat.wait(now, chatRate, chatBurst), c.bot.pace.wait(now, botRate, botBurst))
	if wait > 0 {
		return flood(int(math.Ceil(wait.Seconds())))
	}
	chat.used++
	c.bot.pace.used++
	return nil
}
