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

// publicHandler answers what comes from outside: webhooks, and whether we live.
func (p *program) publicHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(p.cfg.CryptoPayWebhookPath, p.listener)
	if p.cfg.PublicURL != "" {
		mux.Handle(config.TelegramWebhookPath, p.intake.Webhook(p.cfg.TelegramWebhookSecret()))
	}
	mux.HandleFunc("GET /healthz", ops.Healthz)
	return mux
}

// receivePayment stores a paid invoice. What is not ours changes nothing, and
// is no error: repeating it would not make it ours.
func (p *program) receivePayment(ctx context.Context, body []byte, u payments.Update) error {
	defer p.shop.WebhookCame(ctx) // afterwards, so that nothing is in the payment's way
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

// opsHandler is the private listener's handler for the running program.
func (p *program) opsHandler() http.Handler {
	p.metrics.watchIntake(p.intake)
	p.metrics.watchDatabase(p.file)
	return ops.Server{
		Metrics: p.metrics.handler(), Ready: p.ready, Operator: p.shop, Reconciler: p.shop, Backup: p.file.Backup,
		AuditTrail: p.file, Key: p.cfg.OpsKey(),
	}.Handler()
}

// ready tells all that keeps the shop from serving.
func (p *program) ready(ctx context.Context) error {
	if p.stopping.Load() {
		return errors.New("shutting down")
	}
	var reasons []error
	if _, _, err := p.db.PendingUpdates(ctx, 0, 1); err != nil {
		reasons = append(reasons, errors.New("database: cannot be read"))
	}
	if err := p.file.Writable(ctx); err != nil {
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
