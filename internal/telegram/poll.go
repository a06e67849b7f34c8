package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

const (
	// pollTimeout is how long Telegram waits for an update before it answers that there is none.
	// Its limit is 50 s.
	pollTimeout = 50 * time.Second
	// pollLimit is the timeout of the HTTP request of a poll.
	pollLimit = pollTimeout + 15*time.Second
	// offsetLife is how long an offset is used: after a week without updates their ids restart at a
	// random number, which may be lower.
	offsetLife = 6 * 24 * time.Hour
)

// poller is the state of polling.
type poller struct {
	noWebhook bool      // the webhook of an earlier run is deleted
	offset    int64     // the first update to get; 0: the first one that is not confirmed
	moved     time.Time // when offset was set
}

// Poll receives updates until ctx ends. It deletes a webhook first, because Telegram does not allow
// both.
//
// It polls without an offset until it has seen an update. What Telegram repeats then, because the
// last run was stopped before it confirmed, is known to the inbox. A saved offset would add
// nothing, and after a week without updates it would be wrong.
//
// Errors are retried, after a pause that grows to half a minute or is as long as Telegram asks for;
// each kind of error is logged once. Poll always returns nil.
func (in *Intake) Poll(ctx context.Context) error {
	b := backoff{log: in.log}
	var p poller
	for ctx.Err() == nil {
		began := time.Now()
		got, err := in.pollOnce(ctx, &p)
		switch {
		case err != nil:
			b.failed(ctx, err)
		case got == 0 && time.Since(began) < time.Second: // a server that does not wait
			_ = pause(ctx, time.Second)
		default:
			b.succeeded(ctx)
		}
	}
	return nil
}

// pollOnce receives one batch, and moves the offset only after the batch is durable.
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
	updates, err := in.getUpdates(ctx, p.offset)
	if err != nil {
		p.noWebhook = p.noWebhook && !isWebhookConflict(err)
		return 0, err
	}
	ids, err := in.accept(ctx, updates)
	if err != nil {
		return 0, err
	}
	if len(updates) > 0 && len(ids) == 0 {
		return 0, errors.New("updates without ids") // the next poll would return the same batch
	}
	if len(ids) > 0 && slices.Max(ids) < p.offset {
		// Either the server repeats what was confirmed, so the next poll must not follow at once, or it
		// has begun its ids again, so they have to be confirmed.
		asked := p.offset
		p.offset, p.moved = slices.Max(ids)+1, time.Now()
		return 0, fmt.Errorf("updates below the offset %d that was asked for: the server repeats what was confirmed, or has begun its ids again", asked)
	}
	for i, id := range ids {
		if i == 0 || id >= p.offset {
			p.offset, p.moved = id+1, time.Now()
		}
	}
	return len(updates), nil
}

// isWebhookConflict recognises the conflict with a webhook, as opposed to another poller.
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
	}{offset, maxBatch, int(pollTimeout / time.Second), allowedUpdates}, pollLimit)
	if err != nil {
		return nil, err
	}
	var updates []json.RawMessage
	if err := json.Unmarshal(raw, &updates); err != nil {
		return nil, &Error{Method: "getUpdates", Description: "answer is not a list of updates", err: ErrTemporary}
	}
	return updates, nil
}

// maxBackoff is the longest pause between retries, unless Telegram asks for more.
const maxBackoff = 30 * time.Second

// backoff spaces the retries of a call, and logs each kind of error once until a call succeeds.
type backoff struct {
	log    *slog.Logger
	logged string        // the last message
	delay  time.Duration // the last pause
}

// failed logs err and pauses before the next try, or until ctx ends.
func (b *backoff) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	b.logOnce(ctx, err)
	b.delay = min(max(2*b.delay, time.Second), maxBackoff)
	delay := b.delay
	if e, ok := errors.AsType[*Error](err); ok {
		delay = max(delay, e.RetryAfter)
	}
	_ = pause(ctx, delay)
}

func (b *backoff) logOnce(ctx context.Context, err error) {
	level, text := slog.LevelWarn, "call telegram failed, will retry"
	_, isCall := errors.AsType[*Error](err)
	switch {
	case errors.Is(err, ErrConflict):
		level, text = slog.LevelError, "another program receives this bot's updates: stop it, or give it another bot"
	case errors.Is(err, ErrUnauthorized):
		level, text = slog.LevelError, "telegram refuses the token: it was revoked, or the API address is wrong"
	case errors.Is(err, ErrBadRequest):
		level, text = slog.LevelError, "telegram refuses the request"
	case errors.Is(err, ErrFlood):
		text = "telegram asks for a pause"
	case !isCall:
		level, text = slog.LevelError, "receive updates failed"
	}
	if text == b.logged {
		return
	}
	b.logged = text
	b.log.Log(ctx, level, text, "error", err) //nolint:sloglint // one of the constants above
}

// succeeded resets the pause.
func (b *backoff) succeeded(ctx context.Context) {
	if b.logged != "" {
		b.log.InfoContext(ctx, "telegram works again")
	}
	b.logged, b.delay = "", 0
}
