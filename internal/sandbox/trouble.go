package sandbox

import (
	"slices"

	"shopbot/internal/sandbox/cryptopay"
)

// keptAttempts is how many attempts at webhooks the page shows.
const keptAttempts = 20

// troubleView is the drawer in which things are broken.
type troubleView struct {
	LoseWebhooks   bool      `json:"lose_webhooks"`
	RepeatWebhooks int       `json:"repeat_webhooks"` // extra times
	DelayWebhooks  float64   `json:"delay_webhooks"`  // seconds
	Flood          bool      `json:"flood"`           // Telegram answers 429 to all that sends
	RealLimits     bool      `json:"real_limits"`     // Telegram's usual limits
	Outage         outage    `json:"outage"`          // of Crypto Pay
	Blocked        bool      `json:"blocked"`         // the bot, by the person
	Unstarted      bool      `json:"unstarted"`       // the wallet's bot, by the person
	Apps           []appView `json:"apps"`
}

// appView is one merchant as its owner sees it.
type appView struct {
	Key          string        `json:"key"`
	Name         string        `json:"name"`
	TransfersOff bool          `json:"transfers_off"`
	Webhook      string        `json:"webhook"`
	OffReason    string        `json:"off_reason,omitempty"` // why the service disabled the webhook
	Paid         bool          `json:"paid"`                 // whether there is a payment to announce again
	Balance      []coinsView   `json:"balance"`
	Attempts     []attemptView `json:"attempts"` // newest first
}

// attemptView is one attempt to deliver a webhook.
type attemptView struct {
	Invoice int64  `json:"invoice"`
	Update  int64  `json:"update"`
	Attempt int    `json:"attempt"` // 0: not sent, on purpose
	At      int64  `json:"at"`
	Status  int    `json:"status"`
	Error   string `json:"error,omitempty"`
}

func (p *page) trouble(k chatKey) troubleView {
	t, pay := p.world.telegram.Faults(), p.world.cryptopay.Faults()
	v := troubleView{
		LoseWebhooks: pay.LoseWebhooks, RepeatWebhooks: pay.RepeatWebhooks, DelayWebhooks: pay.DelayWebhooks.Seconds(),
		Flood: t.Flood, RealLimits: t.RealLimits,
		Blocked:   p.world.telegram.Blocked(k.token, k.user),
		Unstarted: !p.world.cryptopay.Started(k.user),
		Apps:      []appView{},
	}
	p.mu.Lock()
	v.Outage = p.outage
	p.mu.Unlock()
	apps := p.world.cryptopay.Apps()
	for i, token := range apps {
		v.Apps = append(v.Apps, p.app(token, tokenKey(apps, i)))
	}
	return v
}

func (p *page) app(token, key string) appView {
	pay := p.world.cryptopay
	hook := pay.WebhookStatus(token)
	_, paid := p.lastPaid(token)
	v := appView{
		Key: key, Name: pay.AppName(token), TransfersOff: !pay.TransfersEnabled(token),
		Webhook: hook.URL, OffReason: hook.OffReason, Paid: paid,
		Balance: []coinsView{}, Attempts: []attemptView{},
	}
	for _, a := range pay.Balance(token) {
		if !a.IsZero() {
			v.Balance = append(v.Balance, coins(a))
		}
	}
	deliveries := pay.Deliveries(token)
	slices.Reverse(deliveries)
	for _, d := range deliveries[:min(len(deliveries), keptAttempts)] {
		v.Attempts = append(v.Attempts, attemptView{d.Invoice, d.UpdateID, d.Attempt, unixMilli(d.At), d.Status, d.Err})
	}
	return v
}

// lastPaid is the app's invoice that was paid last.
func (p *page) lastPaid(token string) (last cryptopay.Invoice, found bool) {
	for _, v := range p.world.cryptopay.Invoices(token) {
		if v.Status == cryptopay.StatusPaid && !v.Payment.At.Before(last.Payment.At) {
			last, found = v, true
		}
	}
	return last, found
}
