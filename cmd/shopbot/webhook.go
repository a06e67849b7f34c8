package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"shopbot/internal/payments"
	"shopbot/internal/shop"
)

// telegramWebhookPath is fixed: its secret travels in a header.
const telegramWebhookPath = "/telegram/webhook"

// publicHandler answers what comes from outside: webhooks, and whether we live.
func (p *program) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(p.cfg.CryptoPayWebhookPath, p.listener)
	if p.cfg.PublicURL != "" {
		mux.Handle(telegramWebhookPath, p.intake.Webhook(p.cfg.webhookSecret()))
	}
	mux.HandleFunc("GET /healthz", healthz)
	return mux
}

// payWebhook is where Crypto Pay reaches the shop; "" where the shop does not know its public address.
func (c config) payWebhook() string {
	if c.PublicURL == "" {
		return ""
	}
	return c.PublicURL + c.CryptoPayWebhookPath
}

// receivePayment stores a paid invoice. What is not ours changes nothing, and
// is no error: repeating it would not make it ours.
func (p *program) receivePayment(ctx context.Context, body []byte, u payments.Update) error {
	defer p.shop.WebhookCame(ctx) // afterwards, so that nothing is in the payment's way
	event, ours := payments.PaymentEvent(u, body, time.Now())
	if !ours {
		p.log.InfoContext(ctx, "webhook of a foreign invoice", "invoice", u.Invoice.ID)
		return nil
	}
	_, err := p.shop.PaymentReceived(ctx, event)
	if errors.Is(err, shop.ErrNotFound) {
		p.log.ErrorContext(ctx, "paid invoice of an order that is not in the database", "order", event.Order, "invoice", u.Invoice.ID)
		return nil
	}
	return err
}
