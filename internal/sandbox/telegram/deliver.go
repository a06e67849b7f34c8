package telegram

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"shopbot/internal/sandbox/emulate"
)

// Waits before an update is posted again: none, then 2 s, doubled each time.
const (
	firstWait     = 2 * time.Second
	lastWait      = 120 * time.Second
	maxRetryAfter = time.Hour // the most that a Retry-After may ask for
)

// deliver starts a goroutine for every sequence that has updates and no goroutine yet. The lock is
// held.
func (s *Service) deliver(b *bot) {
	h := b.hook
	if h == nil {
		return
	}
	for _, u := range b.queue.waiting {
		if sequence := u.sequence; !h.active[sequence] {
			h.active[sequence] = true
			h.start(sequence)
		}
	}
}

// deliverSequence posts the updates of one sequence in order, until there are no more or the
// webhook ends.
func (s *Service) deliverSequence(ctx context.Context, b *bot, h *hook, sequence string) {
	for failures := 0; ; {
		s.mu.Lock()
		u := b.queue.first(sequence)
		if u == nil || ctx.Err() != nil {
			delete(h.active, sequence)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()

		wait, err := s.post(ctx, h, b, u)
		if err == nil {
			failures = 0
			s.mu.Lock()
			b.queue.ack(u)
			s.mu.Unlock()
			s.changed()
			continue
		}
		failures++
		reason := failureText(err)
		s.log.Debug("deliver webhook failed", "reason", reason)
		s.mu.Lock()
		h.failedAt, h.failure = time.Now(), reason
		s.mu.Unlock()
		s.changed()
		if wait == 0 {
			wait = backoff(failures)
		}
		emulate.Sleep(ctx, wait)
	}
}

// backoff is the wait after this many failures in a row.
func backoff(failures int) time.Duration {
	if failures < 2 {
		return 0
	}
	return min(firstWait<<min(failures-2, 10), lastWait)
}

// statusError is an answer of a bot's webhook other than success.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("Wrong response from the webhook: %d %s", int(e), http.StatusText(int(e)))
}

// post delivers one update. With an error it returns the wait that the bot asks for, or 0.
func (s *Service) post(ctx context.Context, h *hook, b *bot, u *update) (time.Duration, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	answer, err := emulate.PostJSON(ctx, s.client, h.url, u.raw, "X-Telegram-Bot-Api-Secret-Token", h.secret)
	if err != nil {
		return 0, err
	}
	if !answer.OK() {
		return retryAfter(answer.Header), statusError(answer.Status)
	}
	s.callFromAnswer(b, answer.Body)
	return 0, nil
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// callFromAnswer performs the call that a webhook's answer may contain. The bot never learns the
// result.
func (s *Service) callFromAnswer(b *bot, body []byte) {
	p := newParams()
	p.addJSON(body)
	name := strings.ToLower(p.str("method"))
	if name == "" || name == "getupdates" {
		return
	}
	s.count(b.token, name)
	s.perform(nil, b.token, name, p)
}

// failureText is the failure as getWebhookInfo and the log show it. It never contains the address,
// which may be a secret.
func failureText(err error) string {
	var status statusError
	var timeout net.Error
	switch {
	case errors.As(err, &status):
		return status.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Read timeout expired"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Connection refused"
	default:
		return "Connection closed"
	}
}
