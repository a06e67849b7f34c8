package cryptopay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// How often a delivery is tried, and the wait after the first attempt, which
// doubles each time: 16 waits make 72.8 hours.
const (
	maxAttempts = 17
	firstWait   = 4 * time.Second
)

// maxDrain is how much of a receiver's answer is read so that the connection can
// be used again.
const maxDrain = 64 << 10

// notice is a webhook to be delivered.
type notice struct {
	token   string
	invoice int64
	update  int64
	faults  Faults // at the time of the payment
}

// webhookClient is a client that follows no redirects.
func webhookClient(given *http.Client) *http.Client {
	c := http.Client{Timeout: attemptTimeout}
	if given != nil {
		c = *given
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// deliverBy is the whole delivery: as many copies at once as the faults ask for,
// each tried until it arrives.
func (n notice) deliverBy(s *Service) func(context.Context) {
	return func(ctx context.Context) {
		if !wait(ctx, n.faults.DelayWebhooks) {
			return
		}
		body, err := s.render(n)
		if err != nil {
			s.log.Error("webhook", "invoice", n.invoice, "error", err)
			return
		}
		var copies sync.WaitGroup
		for range 1 + max(0, n.faults.RepeatWebhooks) {
			copies.Go(func() { s.deliver(ctx, n, body) })
		}
		copies.Wait()
	}
}

// deliver tries until the webhook arrives, or is disabled, or the attempts are
// used up: then the whole app's webhook is switched off.
func (s *Service) deliver(ctx context.Context, n notice, body []byte) {
	pause := firstWait
	for attempt := 1; ; attempt++ {
		address := s.Webhook(n.token)
		if address == "" {
			return
		}
		at := now()
		status, err := s.post(ctx, address, n.token, body)
		if ctx.Err() != nil {
			return
		}
		s.recordAttempt(n, Delivery{Attempt: attempt, At: at, Status: status, Err: text(err)})
		if err == nil {
			return
		}
		s.log.Warn("webhook not delivered", "invoice", n.invoice, "attempt", attempt, "error", err)
		if attempt == maxAttempts {
			s.switchOff(n.token, fmt.Sprintf("%d attempts failed, the last with: %v", attempt, err))
			return
		}
		if !wait(ctx, pause) {
			return
		}
		pause *= 2
	}
}

// post makes one attempt. Its error tells neither the address, which may hold a
// secret, nor what the receiver answered.
func (s *Service) post(ctx context.Context, address, token string, body []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, withoutAddress(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, Sign(token, body))
	res, err := s.client.Do(req)
	if err != nil {
		return 0, withoutAddress(err)
	}
	defer res.Body.Close()
	// Only for the connection's sake: the answer's body means nothing.
	_, _ = io.CopyN(io.Discard, res.Body, maxDrain)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res.StatusCode, fmt.Errorf("status %d", res.StatusCode)
	}
	return res.StatusCode, nil
}

func withoutAddress(err error) error {
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		return withURL.Err
	}
	return err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *Service) recordAttempt(n notice, d Delivery) {
	d.Invoice, d.UpdateID = n.invoice, n.update
	s.withApp(n.token, func(a *app) { a.record(d) })
	s.changed()
}

func (s *Service) switchOff(token, reason string) {
	s.withApp(token, func(a *app) { a.hook = WebhookStatus{OffReason: reason} })
	s.changed()
}
