package telegram

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"time"
)

const (
	maxConnections     = 100
	defaultConnections = 40
	webhookTimeout     = 10 * time.Second
	maxSecret          = 256
)

// hook is a webhook while it is set.
type hook struct {
	url    string
	secret string
	slots  chan struct{}         // as many as connections may be open
	active map[string]bool       // sequences that a goroutine delivers
	start  func(sequence string) // delivers a sequence in the background
	cancel context.CancelFunc

	failedAt time.Time
	failure  string
}

type wireWebhook struct {
	URL              string   `json:"url"`
	HasCertificate   bool     `json:"has_custom_certificate"`
	PendingUpdates   int      `json:"pending_update_count"`
	LastErrorDate    int64    `json:"last_error_date,omitempty"`
	LastErrorMessage string   `json:"last_error_message,omitempty"`
	MaxConnections   int      `json:"max_connections,omitempty"`
	AllowedUpdates   []string `json:"allowed_updates,omitempty"`
}

func setWebhook(c *call) any {
	address, secret := c.str("url"), c.str("secret_token")
	if address == "" {
		return deleteWebhook(c)
	}
	c.refuse(checkWebhook(address, secret))
	connections := int(c.number("max_connections"))
	if connections < 1 || connections > maxConnections {
		connections = defaultConnections
	}
	c.setAllowedUpdates()
	if c.err != nil {
		return nil
	}
	c.dropPending()
	b := c.bot
	if old := b.hook; old != nil && old.url == address && old.secret == secret && cap(old.slots) == connections {
		return described{true, "Webhook is already set"}
	}
	b.endPoll("terminated by setWebhook request")
	b.dropHook()
	b.hook = c.newHook(address, secret, connections)
	c.deliver(b)
	return described{true, "Webhook was set"}
}

// newHook creates a webhook of the calling bot. It lives until it is cancelled, and so longer than
// the call.
func (c *call) newHook(address, secret string, connections int) *hook {
	ctx, cancel := context.WithCancel(context.Background())
	s, b := c.Service, c.bot
	h := &hook{
		url: address, secret: secret, cancel: cancel,
		slots: make(chan struct{}, connections), active: map[string]bool{},
	}
	h.start = func(sequence string) {
		if !s.closed {
			s.wg.Go(func() { s.deliverSequence(ctx, b, h, sequence) })
		}
	}
	return h
}

func deleteWebhook(c *call) any {
	c.dropPending()
	if c.bot.hook == nil {
		return described{true, "Webhook is already deleted"}
	}
	c.bot.dropHook()
	return described{true, "Webhook was deleted"}
}

func (c *call) dropPending() {
	if c.flag("drop_pending_updates") {
		c.bot.queue.waiting = nil
	}
}

// dropHook ends a webhook and its deliveries. The lock is held.
func (b *bot) dropHook() {
	if b.hook != nil {
		b.hook.cancel()
		b.hook = nil
	}
}

func getWebhookInfo(c *call) any {
	c.bot.queue.expire()
	info := wireWebhook{PendingUpdates: len(c.bot.queue.waiting), AllowedUpdates: c.bot.queue.allowed}
	if h := c.bot.hook; h != nil {
		info.URL = h.url
		info.MaxConnections = cap(h.slots)
		info.LastErrorDate, info.LastErrorMessage = unixOrZero(h.failedAt), h.failure
	}
	return info
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// checkWebhook accepts the addresses that Telegram accepts, and any on loopback, since a sandbox
// and its bots live there.
func checkWebhook(address, secret string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return badRequest("bad webhook: invalid URL specified")
	}
	ip := net.ParseIP(u.Hostname())
	if loopback := u.Hostname() == "localhost" || ip.IsLoopback(); !loopback || u.Scheme != "http" && u.Scheme != "https" {
		switch {
		case u.Scheme != "https":
			return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
		case !slices.Contains([]string{"", "80", "88", "443", "8443"}, u.Port()):
			return badRequest("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
		case ip != nil && (ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()):
			return badRequest(fmt.Sprintf("bad webhook: IP address %s is reserved", ip))
		}
	}
	switch {
	case len(secret) > maxSecret:
		return badRequest("secret token is too long")
	case !secretForm.MatchString(secret):
		return badRequest("secret token contains unallowed characters")
	}
	return nil
}
