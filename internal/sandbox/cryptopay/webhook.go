package cryptopay

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"shopbot/internal/sandbox/emulate"
)

// SignatureHeader is the header of a webhook that holds its signature.
const SignatureHeader = "crypto-pay-api-signature"

// Errors of Resend, besides ErrNotFound.
var (
	ErrNotPaid   = errors.New("not paid")
	ErrNoWebhook = errors.New("the app has no webhook")
)

// Limits of deliveries. The wait after the first attempt doubles each time: 16 waits are 72.8
// hours.
const (
	maxAttempts    = 17
	firstWait      = 4 * time.Second
	keptDeliveries = 1000 // attempts in an app's log
)

// WebhookStatus is what an app's webhook settings show.
type WebhookStatus struct {
	URL       string `json:"webhook"`              // empty: disabled
	OffReason string `json:"off_reason,omitempty"` // why the service disabled it; empty: it did not
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	Invoice  int64     `json:"invoice"`
	UpdateID int64     `json:"update"`
	Attempt  int       `json:"attempt"` // from 1; 0: not sent, because of Faults
	At       time.Time `json:"at"`
	Status   int       `json:"status"`          // of the receiver's answer; 0: no answer
	Err      string    `json:"error,omitempty"` // why it failed; empty: delivered
}

// Sign returns the value of SignatureHeader: HMAC-SHA256 of the body in lower-case hex, keyed with
// the SHA-256 of the token.
func Sign(token string, body []byte) string {
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// SetWebhook sets the address for an app's webhooks; an empty one disables them. Payments made
// while they are disabled are never announced. A malformed token changes nothing.
func (s *Service) SetWebhook(token, url string) {
	s.changeApp(token, func(a *app) { a.webhook = WebhookStatus{URL: url} })
}

// Webhook is the address set; empty if disabled.
func (s *Service) Webhook(token string) string { return s.WebhookStatus(token).URL }

// WebhookStatus also says whether the service disabled the webhook, as it does when all attempts of
// a delivery fail.
func (s *Service) WebhookStatus(token string) (status WebhookStatus) {
	s.withApp(token, func(a *app) { status = a.webhook })
	return status
}

// Deliveries is the log of an app's webhooks: the last thousand attempts, oldest first.
func (s *Service) Deliveries(token string) (deliveries []Delivery) {
	s.withApp(token, func(a *app) { deliveries = slices.Clone(a.deliveries) })
	return deliveries
}

// Resend sends the webhook of a paid invoice again, as a new update. Errors: ErrNotFound,
// ErrNotPaid, ErrNoWebhook.
func (s *Service) Resend(ref string) (err error) {
	defer s.notifyUnless(&err)
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.invoice(ref)
	if err != nil {
		return err
	}
	a := s.app(v.token)
	switch {
	case v.Payment.At.IsZero():
		return fmt.Errorf("invoice %d: %w", v.ID, ErrNotPaid)
	case a.webhook.URL == "":
		return fmt.Errorf("invoice %d: %w", v.ID, ErrNoWebhook)
	}
	s.announce(a, v)
	return nil
}

// delivery is a webhook to be delivered.
type delivery struct {
	token   string
	invoice int64
	update  int64
	faults  Faults // at the time of the payment
}

// announce starts the delivery of a paid invoice's webhook in the background. The lock is held.
func (s *Service) announce(a *app, v *Invoice) {
	if a.webhook.URL == "" {
		return
	}
	a.lastUpdate++
	d := delivery{token: a.token, invoice: v.ID, update: a.lastUpdate, faults: s.faults}
	if d.faults.LoseWebhooks {
		a.record(Delivery{Invoice: v.ID, UpdateID: d.update, At: now(), Err: "lost on purpose"})
		return
	}
	s.start(d)
}

func (a *app) record(d Delivery) {
	if len(a.deliveries) >= keptDeliveries {
		a.deliveries = slices.Delete(a.deliveries, 0, 1)
	}
	a.deliveries = append(a.deliveries, d)
}

// deliver sends as many copies at once as the faults ask for, and retries each until it arrives.
func (s *Service) deliver(ctx context.Context, d delivery) {
	if !emulate.Sleep(ctx, d.faults.DelayWebhooks) {
		return
	}
	body, err := s.render(d)
	if err != nil {
		s.log.Error("encode webhook failed", "invoice", d.invoice, "error", err)
		return
	}
	var copies sync.WaitGroup
	for range 1 + max(0, d.faults.RepeatWebhooks) {
		copies.Go(func() { s.deliverCopy(ctx, d, body) })
	}
	copies.Wait()
}

// render encodes the update with the invoice as it is now.
func (s *Service) render(d delivery) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.invoices[d.invoice]
	if v == nil {
		return nil, fmt.Errorf("invoice %d: %w", d.invoice, ErrNotFound)
	}
	return encode(struct {
		ID          int64         `json:"update_id"`
		Type        string        `json:"update_type"`
		RequestDate string        `json:"request_date"`
		Payload     invoiceObject `json:"payload"`
	}{d.update, "invoice_paid", stamp(now()), v.webhookObject()})
}

// deliverCopy retries until the webhook arrives or is disabled. After the last attempt it disables
// the app's webhook.
func (s *Service) deliverCopy(ctx context.Context, d delivery, body []byte) {
	pause := firstWait
	for attempt := 1; ; attempt++ {
		address := s.Webhook(d.token)
		if address == "" {
			return
		}
		done := Delivery{Invoice: d.invoice, UpdateID: d.update, Attempt: attempt, At: now()}
		status, err := s.post(ctx, address, d.token, body)
		if ctx.Err() != nil {
			return
		}
		done.Status = status
		if err != nil {
			done.Err = err.Error()
		}
		s.changeApp(d.token, func(a *app) { a.record(done) })
		if err == nil {
			return
		}
		s.log.Warn("deliver webhook failed", "invoice", d.invoice, "attempt", attempt, "error", err)
		if attempt == maxAttempts {
			reason := fmt.Sprintf("%d attempts failed, the last with: %v", attempt, err)
			s.changeApp(d.token, func(a *app) { a.webhook = WebhookStatus{OffReason: reason} })
			return
		}
		if !emulate.Sleep(ctx, pause) {
			return
		}
		pause *= 2
	}
}

// post makes one attempt. Its error contains neither the address, which may hold a secret, nor the
// receiver's answer.
func (s *Service) post(ctx context.Context, address, token string, body []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	answer, err := emulate.PostJSON(ctx, s.client, address, body, SignatureHeader, Sign(token, body))
	switch {
	case answer.OK():
		return answer.Status, nil // even if the body cannot be read: it means nothing
	case answer.Status != 0:
		err = fmt.Errorf("status %d", answer.Status)
	default:
		if withURL, ok := errors.AsType[*url.Error](err); ok {
			err = withURL.Err
		}
	}
	return answer.Status, err
}
