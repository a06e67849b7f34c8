package telegram

import (
	"encoding/json"
	"errors"
	"time"
)

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
func getUpdates(c *call) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.bot
	if b.hook != nil {
		return nil, conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if err := c.setAllowedUpdates(); err != nil {
		return nil, err
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
func (c *call) await(mine *poll, limit int) ([]json.RawMessage, error) {
	timeout := time.Duration(min(max(c.number("timeout"), 0), int64(maxPollTimeout/time.Second))) * time.Second
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	expired := timeout == 0
	for {
		c.bot.queue.expire()
		if updates := c.bot.queue.batch(limit); len(updates) > 0 || expired {
			return updates, nil
		}
		wake := c.bot.queue.wake
		c.mu.Unlock()
		var err error
		select {
		case <-wake:
		case <-timer.C:
			expired = true
		case <-mine.stop:
			err = conflict(mine.reason)
		case <-c.gone:
			err = errGone
		case <-c.done:
			err = internalError("restart")
		}
		c.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}
