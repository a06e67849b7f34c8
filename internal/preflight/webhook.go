package preflight

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"shopbot/internal/payments"
	"shopbot/internal/tlshint"
)

// checkWebhook compares the app's webhook at Crypto Pay, if it is known, with where the shop
// listens, and calls it if the shop runs.
func (c *check) checkWebhook(ctx context.Context, app payments.App) {
	const subject = "webhook"
	every := time.Duration(c.cfg.SyncInterval)
	if app.WebhookURL == "" {
		c.ok(subject, "Crypto Pay tells of none; payments are found by asking every %s. To have them at once, set in @%s the public address with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH",
			every, app.Bot)
		return
	}
	// The path may hold a secret, so neither is shown.
	u, err := url.Parse(app.WebhookURL)
	if err != nil || !strings.HasSuffix(u.Path, c.cfg.CryptoPayWebhookPath) {
		c.warn(subject, "health_webhook_path", "Bot", app.Bot, "Seconds", every.Seconds())
		return
	}
	c.ok(subject, "Crypto Pay calls https://%s with the path of SHOPBOT_CRYPTOPAY_WEBHOOK_PATH", u.Host)
	if c.Running != nil {
		c.callWebhook(ctx, u)
	}
}

// callWebhook calls the shop's webhook as Crypto Pay does, but with GET, which changes nothing: the
// shop answers 405 and allows POST, and hardly anything else does.
func (c *check) callWebhook(ctx context.Context, at *url.URL) {
	const subject = "webhook"
	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	client := http.Client{
		Transport: transport, Timeout: networkTimeout / 3,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		c.failErr(subject, err)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		if of, ok := errors.AsType[*url.Error](err); ok {
			err = of.Err // without the address, whose path may be a secret
		}
		c.warn(subject, "health_webhook_unreachable", "Host", at.Host, "Detail", tlshint.With(err))
		return
	}
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusMethodNotAllowed && resp.Header.Get("Allow") == http.MethodPost:
		c.ok(subject, "https://%s leads to this shop, seen from here", at.Host)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		c.warn(subject, "health_webhook_redirect", "Host", at.Host, "Status", resp.Status)
	default:
		c.warn(subject, "health_webhook_other", "Host", at.Host, "Status", resp.Status)
	}
}

// checkLastWebhook reports when the last webhook came, if one ever did. A database that cannot be
// read is reported by checkDatabase.
func (c *check) checkLastWebhook() {
	const subject = "webhook"
	w := c.webhooks
	switch {
	case !w.Astray.IsZero():
		c.warn(subject, "health_webhook_astray", "Since", w.Astray, "Address", c.webhookAddress())
	case w.Last.IsZero():
	case w.Silent.IsZero():
		c.ok(subject, "the last one came at %s", w.Last.UTC().Format(time.RFC3339))
	default:
		c.warn(subject, "health_webhook_silent", "Last", w.Last, "Seconds", time.Duration(c.cfg.SyncInterval).Seconds())
	}
}

// webhookAddress is where Crypto Pay reaches the shop, as far as it is known.
func (c *check) webhookAddress() string {
	if address := c.cfg.CryptoPayWebhookURL(); address != "" {
		return address
	}
	return "https://YOUR-DOMAIN" + c.cfg.CryptoPayWebhookPath
}
