package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
)

// publicHandler serves the webhooks of Crypto Pay and Telegram, and /healthz.
func (p *program) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(p.cfg.CryptoPayWebhookPath, p.listener)
	if p.cfg.PublicURL != "" {
		mux.Handle(config.TelegramWebhookPath, p.intake.Webhook(p.cfg.TelegramWebhookSecret()))
	}
	mux.HandleFunc("GET /healthz", ops.Healthz)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Before the mux, which would redirect a doubled slash.
		if r.Header.Get(payments.SignatureHeader) != "" && r.URL.Path != p.cfg.CryptoPayWebhookPath {
			p.listener.ServeElsewhere(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// recordPayment stores a paid invoice. It ignores invoices that are not the shop's: an error would
// make Crypto Pay repeat them.
func (p *program) recordPayment(ctx context.Context, body []byte, u payments.Update) error {
	defer p.shop.WebhookCame(ctx) // last, so that the payment does not wait for it
	payment, ours := cryptopayrail.IncomingPayment(u, body, time.Now())
	if !ours {
		p.log.InfoContext(ctx, "webhook of a foreign invoice", "invoice", u.Invoice.ID)
		return nil
	}
	_, err := p.shop.PaymentReceived(ctx, payment)
	if errors.Is(err, shop.ErrNotFound) {
		p.log.ErrorContext(ctx, "paid invoice of an order that is not in the database", "order", payment.Order, "invoice", u.Invoice.ID)
		return nil
	}
	return err
}

// opsHandler serves the private listener.
func (p *program) opsHandler() http.Handler {
	p.metrics.watchIntake(p.intake)
	p.metrics.watchDatabase(p.db)
	return ops.Server{
		Metrics: p.metrics.handler(), Ready: p.ready, Operator: p.shop, Reconciler: p.shop, Backup: p.db.Backup,
		AuditTrail: p.db, Key: p.cfg.OpsKey(),
	}.Handler()
}

// ready returns all reasons why the shop cannot serve, or nil.
func (p *program) ready(ctx context.Context) error {
	if p.stopping.Load() {
		return errors.New("shutting down")
	}
	var reasons []error
	if _, _, err := p.db.PendingUpdates(ctx, 0, 1); err != nil {
		reasons = append(reasons, errors.New("database: cannot be read"))
	}
	if err := p.db.Writable(ctx); err != nil {
		reasons = append(reasons, fmt.Errorf("database: %w", err))
	}
	if p.catalog.Current() == nil {
		reasons = append(reasons, errors.New("catalog: not loaded"))
	}
	if !p.tg.Answered() {
		reasons = append(reasons, errors.New("telegram: has not answered yet"))
	}
	return errors.Join(reasons...)
}
