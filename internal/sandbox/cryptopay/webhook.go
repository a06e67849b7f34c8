package cryptopay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// SignatureHeader is the header of a webhook that holds its signature.
const SignatureHeader = "crypto-pay-api-signature"

// What Resend may be refused for, besides ErrNotFound.
var (
	ErrNotPaid   = errors.New("not paid")
	ErrNoWebhook = errors.New("the app has no webhook")
)

// keptDeliveries is how many attempts an app's log holds.
const keptDeliveries = 1000

// WebhookStatus is what an app's webhook screen shows.
type WebhookStatus struct {
	URL       string // empty: disabled
	OffReason string // why the service itself disabled it; empty: it did not
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	Invoice  int64
	UpdateID int64
	Attempt  int // from 1; 0: never sent, because of Faults
	At       time.Time
	Status   int    // of the receiver's answer; 0: there was none
	Err      string // why it failed; empty: delivered
}

// update is the body of a webhook.
type update struct {
	ID          int64         `json:"update_id"`
	Type        string        `json:"update_type"`
	RequestDate string        `json:"request_date"`
	Payload     invoiceObject `json:"payload"`
}

// Sign is the value of SignatureHeader: HMAC-SHA256 of the body in lower-case
// hex, its key the SHA-256 of the token.
func Sign(token string, body []byte) string {
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// SetWebhook is what an app's owner types into the wallet's bot: where to send
// webhooks, or nothing to disable them. Payments while it is disabled are never
// announced. A malformed token changes nothing.
func (s *Service) SetWebhook(token, url string) {
	s.withApp(token, func(a *app) { a.hook = WebhookStatus{URL: url} })
	s.changed()
}

// Webhook is the address set; empty where it is disabled.
func (s *Service) Webhook(token string) string { return s.WebhookStatus(token).URL }

// WebhookStatus also tells whether the service switched the webhook off, as it
// does when all attempts of a delivery have failed.
func (s *Service) WebhookStatus(token string) (status WebhookStatus) {
	s.withApp(token, func(a *app) { status = a.hook })
	return status
}

// Deliveries is the log of an app's webhooks, oldest first; the last thousand
// attempts are kept.
func (s *Service) Deliveries(token string) (deliveries []Delivery) {
	s.withApp(token, func(a *app) { deliveries = slices.Clone(a.deliveries) })
	return deliveries
}

// Resend sends the webhook of a paid invoice once more, as a new update. Errors:
// ErrNotFound, ErrNotPaid, ErrNoWebhook.
func (s *Service) Resend(ref string) error {
	if err := s.resend(ref); err != nil {
		return err
	}
	s.changed()
	return nil
}

func (s *Service) resend(ref string) error {
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
	case a.hook.URL == "":
		return fmt.Errorf("invoice %d: %w", v.ID, ErrNoWebhook)
	}
	s.announce(a, v)
	return nil
}

// announce starts the delivery of a paid invoice's webhook in the background.
// Call it with the lock held.
func (s *Service) announce(a *app, v *Invoice) {
	if a.hook.URL == "" {
		return
	}
	a.lastUpdate++
	n := notice{token: a.token, invoice: v.ID, update: a.lastUpdate, faults: s.faults}
	if n.faults.LoseWebhooks {
		a.record(Delivery{Invoice: v.ID, UpdateID: n.update, At: now(), Err: "lost on purpose"})
		return
	}
	s.start(n.deliverBy(s))
}

func (a *app) record(d Delivery) {
	if len(a.deliveries) >= keptDeliveries {
		a.deliveries = slices.Delete(a.deliveries, 0, 1)
	}
	a.deliveries = append(a.deliveries, d)
}

// render makes the bytes of an update for an invoice as it is now.
func (s *Service) render(n notice) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.invoices[n.invoice]
	if v == nil {
		return nil, fmt.Errorf("invoice %d: %w", n.invoice, ErrNotFound)
	}
	return encode(update{
		ID:          n.update,
		Type:        "invoice_paid",
		RequestDate: stamp(now()),
		Payload:     v.webhookObject(),
	})
}
