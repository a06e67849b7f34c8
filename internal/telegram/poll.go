package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const (
	// pollTimeout is how long Telegram waits for an update before it answers
	// that there is none. It takes at most 50 s.
	pollTimeout = 50 * time.Second
	// pollLimit is when a poll is given up.
	pollLimit = pollTimeout + 15*time.Second
	// pollBatch is the most updates that Telegram gives at once.
	pollBatch = 100
	// offsetLife is how long an offset is good for: after a week without updates
	// their ids go on from a random number, perhaps a lower one.
	offsetLife = 6 * 24 * time.Hour
)

// errNoProgress is a batch in which no update has an id, so that asking for the next
// one would bring the same again.
var errNoProgress = errors.New("updates without ids")

// poller is the state of polling.
type poller struct {
	noWebhook bool      // a webhook of an earlier run is gone
	offset    int64     // the first update to get; 0: the first that is not confirmed
	moved     time.Time // when offset was set
}

// Poll fetches updates until ctx ends. It takes away a webhook that may be left
// from before, as Telegram does not do both.
//
// It asks for updates from an offset only once it has seen some itself. What
// Telegram then gives a second time, because the last run was cut short before it
// could confirm, is known to the inbox; a saved offset would be of no use, and after
// a week without updates it would be wrong.
//
// Whatever fails is tried again, after a pause that grows to half a minute or is as
// long as Telegram asks for; what is wrong is logged once. The error is nil.
func (in *Intake) Poll(ctx context.Context) error {
	t := trouble{log: in.log}
	var p poller
	for ctx.Err() == nil {
		began := time.Now()
		got, err := in.pollOnce(ctx, &p)
		switch {
		case err != nil:
			t.met(ctx, err)
		case got == 0 && time.Since(began) < time.Second: // a server that does not wait
			_ = pause(ctx, time.Second)
		default:
			t.over(ctx)
		}
	}
	return nil
}

// pollOnce takes in one batch, and moves on only after it is durable.
func (in *Intake) pollOnce(ctx context.Context, p *poller) (got int, err error) {
	if !p.noWebhook {
		if _, err := in.client.raw(ctx, "deleteWebhook", struct{}{}, callLimit); err != nil {
			return 0, err
		}
		p.noWebhook = true
	}
	if time.Since(p.moved) > offsetLife {
		p.offset = 0
	}
	batch, err := in.getUpdates(ctx, p.offset)
	if err != nil {
		p.noWebhook = p.noWebhook && !isWebhookConflict(err)
		return 0, err
	}
	ids, err := in.accept(ctx, batch)
	if err != nil {
		return 0, err
	}
	if len(batch) > 0 && len(ids) == 0 {
		return 0, errNoProgress
	}
	for i, id := range ids {
		if i == 0 || id >= p.offset {
			p.offset, p.moved = id+1, time.Now()
		}
	}
	return len(batch), nil
}

// isWebhookConflict tells a webhook that somebody has set from another poll.
func isWebhookConflict(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && errors.Is(err, ErrConflict) && strings.Contains(e.Description, "webhook is active")
}

func (in *Intake) getUpdates(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	raw, err := in.client.raw(ctx, "getUpdates", struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"` // seconds
		Allowed []string `json:"allowed_updates"`
	}{offset, pollBatch, int(pollTimeout / time.Second), allowedUpdates}, pollLimit)
	if err != nil {
		return nil, err
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(raw, &batch); err != nil {
		return nil, &Error{Method: "getUpdates", Description: "answer is no list of updates", err: ErrTemporary}
	}
	return batch, nil
}

// raw makes a call without the library, and without waiting for a turn.
func (c *Client) raw(ctx context.Context, method string, params any, limit time.Duration) (json.RawMessage, error) {
	began := time.Now()
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := c.wire.post(inTime, method, params)
	c.note(ctx, Call{Method: method, Took: time.Since(began)}, err)
	return result, err
}
