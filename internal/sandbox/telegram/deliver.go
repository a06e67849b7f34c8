package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Waits before an update is posted again: at once, then 2 s, doubled each time.
const (
	firstWait = 2 * time.Second
	lastWait  = 120 * time.Second
	longWait  = time.Hour // the most that a Retry-After may ask for
)

// deliver starts a goroutine for every lane that has updates and none yet. The
// lock is held.
func (s *Service) deliver(b *bot) {
	h := b.hook
	if h == nil {
		return
	}
	for _, u := range b.queue.waiting {
		if lane := u.lane; !h.lanes[lane] {
			h.lanes[lane] = true
			h.start(lane)
		}
	}
}

// deliverLane posts the updates of one lane, in order, until there are no more or
// the webhook has ended.
func (s *Service) deliverLane(ctx context.Context, b *bot, h *hook, lane string) {
	for failures := 0; ; {
		s.mu.Lock()
		u := b.queue.first(lane)
		if u == nil || ctx.Err() != nil {
			delete(h.lanes, lane)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()

		wait, err := s.post(ctx, h, b, u)
		if err == nil {
			failures = 0
			s.settle(b, u)
			continue
		}
		failures++
		s.noteFailure(h, err)
		if wait == 0 {
			wait = backoff(failures)
		}
		sleep(ctx, wait)
	}
}

func (s *Service) settle(b *bot, u *update) {
	s.mu.Lock()
	b.queue.settle(u)
	s.mu.Unlock()
	s.changed()
}

func (s *Service) noteFailure(h *hook, err error) {
	reason := failureText(err)
	s.log.Debug("webhook failed", "reason", reason)
	s.mu.Lock()
	h.failedAt, h.failure = time.Now(), reason
	s.mu.Unlock()
	s.changed()
}

// backoff is the wait after so many failures in a row.
func backoff(failures int) time.Duration {
	if failures < 2 {
		return 0
	}
	wait := firstWait
	for range failures - 2 {
		if wait *= 2; wait >= lastWait {
			return lastWait
		}
	}
	return wait
}

// statusError is an answer of a bot's webhook that is no success.
type statusError struct{ status string }

func (e statusError) Error() string { return "Wrong response from the webhook: " + e.status }

// post delivers one update. With an error comes the wait that the bot asked
// for, or 0.
func (s *Service) post(ctx context.Context, h *hook, b *bot, u *update) (time.Duration, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(u.raw))
	if err != nil {
		return 0, fmt.Errorf("webhook's address: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWebhookResponse))
	if err != nil {
		return 0, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		wording := strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
		return retryAfter(resp.Header), statusError{wording}
	}
	s.callBack(b, body)
	return 0, nil
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longWait)
}

// callBack does what a webhook's answer asks for: it may hold one call, and its
// bot never learns the result.
func (s *Service) callBack(b *bot, body []byte) {
	p := params{values: map[string]string{}, uploads: map[string]upload{}}
	if !json.Valid(body) || p.addJSON(body) != nil {
		return
	}
	name := strings.ToLower(p.str("method"))
	if name == "" || name == "getupdates" {
		return
	}
	s.count(b.token, name)
	s.perform(nil, b.token, name, p)
}

// failureText is how getWebhookInfo and the log tell of a failure. It never holds the
// address, which may be a secret.
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
