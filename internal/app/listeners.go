package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/go-telegram/bot/models"
	"golang.org/x/sync/errgroup"

	"shopbot/internal/config"
	"shopbot/internal/export"
	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
	"shopbot/internal/starsrail"
	"shopbot/internal/status"
	"shopbot/internal/web"
)

// listenFault says what to do about an address at which the shop cannot listen.
func listenFault(variable string, err error) error {
	remedy := "write HOST:PORT of this machine"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		remedy = "another program has this port; stop it, or write another port"
	case errors.Is(err, syscall.EACCES):
		remedy = "ports below 1024 need a right of their own; see docs/tls.md, or write a higher port"
	}
	return fmt.Errorf("%s: %w; %s", variable, err, remedy)
}

// canListen tries the addresses that the shop is to listen at, unless systemd listens there for it.
func canListen(ctx context.Context, sys System, cfg config.Config) error {
	if len(sys.UnusedSockets()) > 0 {
		return nil
	}
	for _, at := range []struct{ variable, address string }{{"SHOPBOT_LISTEN", cfg.Listen}, {"SHOPBOT_OPS_LISTEN", cfg.OpsListen}} {
		l, err := sys.Listen(ctx, "tcp", at.address)
		if err != nil {
			return listenFault(at.variable, err)
		}
		if err := l.Close(); err != nil {
			return listenFault(at.variable, err)
		}
	}
	return nil
}

// servePublic serves the webhooks of Crypto Pay and Telegram, and /healthz.
func (p *program) servePublic(ctx context.Context, l net.Listener) error {
	refused := newRefusals(p.cfg, p.log, p.metrics.refusal)
	bound := connections{
		most: maxConnections, open: map[net.Conn]connection{},
		crowded: func() { refused.add(refusal{"connection", "too_many"}, "") },
	}
	handler, err := p.publicHandler(l.Addr(), bound.servesPage)
	if err != nil {
		return err
	}
	server := p.server(behindProxies(p.cfg.TrustedProxies, refused.watch(handler)))
	server.ConnState, server.ConnContext = bound.watch, withConn
	if p.https != nil {
		l = p.https.Listener(l)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveUntilDone(ctx, server, l, publicGrace, bound.busy) })
	g.Go(func() error { return refused.logEvery(ctx) })
	return g.Wait()
}

// publicHandler tells servesPage of each request for a web page before it is answered.
func (p *program) publicHandler(at net.Addr, servesPage func(*http.Request)) (http.Handler, error) {
	mux := http.NewServeMux()
	if p.listener != nil {
		mux.Handle(p.cfg.CryptoPayWebhookPath, p.listener)
	}
	if p.cfg.PublicURL != "" {
		mux.Handle(config.TelegramWebhookPath, p.intake.Webhook(p.cfg.TelegramWebhookSecret()))
	}
	mux.HandleFunc("GET /healthz", ops.Healthz)
	address := p.cfg.PublicURL
	if address == "" && p.sys.LocalSite {
		address = "http://" + at.String()
	}
	if address != "" && bool(p.cfg.Web) {
		site, err := p.site(address)
		if err != nil {
			return nil, err
		}
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			servesPage(r)
			site.ServeHTTP(w, r)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Before the mux, which would redirect a doubled slash.
		if p.listener != nil && r.Header.Get(payments.SignatureHeader) != "" && r.URL.Path != p.cfg.CryptoPayWebhookPath {
			p.listener.ServeElsewhere(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// site is the shop's window on the web, at an address.
func (p *program) site(address string) (*web.Site, error) {
	site, err := web.New(web.Config{
		Address: address, Texts: p.texts, Catalog: p.catalog.Current, Stock: p.shop.Stock, Bot: p.botName, Log: p.log,
	})
	if err == nil {
		p.pages.Store(site)
	}
	return site, err
}

// picture is the public address of a product's picture; "" if it has none or the pages are off.
func (p *program) picture(sku string) string {
	if site := p.pages.Load(); site != nil {
		return site.Picture(sku)
	}
	return ""
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
	ctx, end := p.tracer.Start(ctx, string(payment.Order), "payment webhook")
	_, err := p.shop.PaymentReceived(ctx, payment)
	end(traceOutcome(err))
	if errors.Is(err, shop.ErrNotFound) {
		p.log.ErrorContext(ctx, "paid invoice of an order that is not in the database", "order", payment.Order, "invoice", u.Invoice.ID)
		return nil
	}
	return err
}

// recordStars stores what an update of Telegram tells of a payment, a refund or a subscription with
// Stars. It ignores what is not the shop's.
func (p *program) recordStars(ctx context.Context, u *models.Update, raw []byte) error {
	if c, ok := starsrail.SubscriptionChange(raw); ok {
		return p.shop.SubscriptionChanged(ctx, c)
	}
	if refund, ok := starsrail.IncomingRefund(u.Message); ok {
		return p.shop.RefundReceived(ctx, refund)
	}
	payment, ok := starsrail.IncomingPayment(u.Message, raw, time.Now())
	if !ok {
		p.log.WarnContext(ctx, "payment of a foreign invoice", "update", u.ID)
		return nil
	}
	_, err := p.shop.PaymentReceived(ctx, payment)
	if errors.Is(err, shop.ErrNotFound) {
		p.log.ErrorContext(ctx, "payment of an order that is not in the database", "order", payment.Order, "invoice", payment.Payment.Invoice)
		return nil
	}
	return err
}

// ops is what the operator is served, at the private listener's address. It is built once.
func (p *program) ops(at net.Addr) ops.Server {
	p.metrics.watch(p)
	page := status.NewPage(p.status, pageCookie(at), p.log)
	return ops.Server{
		Metrics: p.metrics.handler(), Ready: p.ready, Operator: p.shop, Reconciler: p.shop, Backup: p.db.Backup,
		AuditTrail: p.db, Alarms: p.shop.Alarms,
		Exporter: ops.ExportFunc(func(ctx context.Context, r export.Request, w io.Writer) error { return p.export(ctx, r, w, nil) }),
		Owners:   func() []int64 { return p.staff.With(shop.RoleOwner) },
		Role: func(ctx context.Context) string {
			role, _ := p.role(ctx)
			return string(role)
		},
		Catalog: p.catalog,
		Status:  p.status, Page: page, OneTimeLink: func() string { return pageAddress(at) + page.OneTimeLink() },
	}
}

// export writes a table with the titles and in the zone of the catalog of this moment.
func (p *program) export(ctx context.Context, r export.Request, w io.Writer, after func(rows int) (io.Writer, error)) error {
	return export.Write(ctx, p.db, p.catalog.Current(), r, w, after)
}

// listenForCommands opens the socket for commands. A shop whose socket cannot be made sells all the
// same: commands then say that they cannot reach it.
func (p *program) listenForCommands(ctx context.Context) net.Listener {
	l, err := p.sys.ListenCommands(ctx, ops.Socket(p.cfg))
	if err != nil {
		p.log.ErrorContext(ctx, "commands cannot reach this shop", "error", err)
		return nil
	}
	return l
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
	if p.https != nil && p.https.Trouble() != nil {
		reasons = append(reasons, fmt.Errorf("certificate: %w", p.https.Trouble()))
	}
	return errors.Join(reasons...)
}
