package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

// outage is how Crypto Pay's API fails.
type outage string

const (
	outageNone outage = ""
	outageDown outage = "down" // every call is a 502
	outageMute outage = "mute" // every call is done, and its answer lost
	// Every call is refused, as after the token was revoked.
	outageRevoked outage = "revoked"
)

const (
	maxRepeats    = 100
	maxDelay      = 24 * time.Hour
	maxRefundDays = 3650
	maxWebhook    = 2048 // bytes of an address
	maxAttempts   = 20   // webhook attempts that the page shows
)

type faultRequest struct {
	As    string  `json:"as"`
	Bot   string  `json:"bot"`
	App   string  `json:"app"`
	Name  string  `json:"name"`
	On    bool    `json:"on"`
	Value float64 `json:"value"`
	Mode  outage  `json:"mode"`
}

// flip sets one fault switch.
func (p *page) flip(in faultRequest) error {
	pay, tg := p.world.cryptopay, p.world.telegram
	payFaults, telegramFaults := pay.Faults(), tg.Faults()
	switch in.Name {
	case "lose_webhooks":
		payFaults.LoseWebhooks = in.On
	case "repeat_webhooks":
		payFaults.RepeatWebhooks = int(clamp(in.Value, maxRepeats))
	case "delay_webhooks": // in seconds
		payFaults.DelayWebhooks = time.Duration(clamp(in.Value, maxDelay.Seconds()) * float64(time.Second))
	case "flood":
		telegramFaults.Flood = in.On
	case "real_limits":
		telegramFaults.RealLimits = in.On
	case "frozen":
		telegramFaults.Frozen = in.On
	case "lose_checkouts":
		telegramFaults.LoseCheckouts = in.On
	case "delay_checkouts": // in seconds
		telegramFaults.DelayCheckouts = time.Duration(clamp(in.Value, maxDelay.Seconds()) * float64(time.Second))
	case "repeat_checkouts":
		telegramFaults.RepeatCheckouts = int(clamp(in.Value, maxRepeats))
	case "fail_payments":
		telegramFaults.FailPayments = in.On
	case "lose_payments":
		telegramFaults.LosePayments = in.On
	case "repeat_payments":
		telegramFaults.RepeatPayments = int(clamp(in.Value, maxRepeats))
	case "refund_days":
		telegramFaults.RefundAge = time.Duration(clamp(in.Value, maxRefundDays) * 24 * float64(time.Hour))
	case "gram":
		pay.SetGram(in.On)
		return nil
	case "outage":
		return p.setOutage(in.Mode)
	case "blocked":
		k, err := p.chat(in.As, in.Bot)
		if err == nil {
			tg.Block(k.token, k.user, in.On)
		}
		return err
	case "unstarted":
		user, err := p.user(in.As)
		if err == nil {
			pay.SetStarted(user.ID, !in.On)
		}
		return err
	case "transfers_off":
		token, err := pick(pay.Apps(), in.App, "app")
		if err == nil {
			pay.SetTransfersEnabled(token, !in.On)
		}
		return err
	default:
		return pageError{http.StatusNotFound, "no_switch", fmt.Sprintf("no switch is called %.40q", in.Name)}
	}
	pay.SetFaults(payFaults)
	tg.SetFaults(telegramFaults)
	return nil
}

// setOutage replaces the failures planned for all of Crypto Pay's methods.
func (p *page) setOutage(mode outage) error {
	pay := p.world.cryptopay
	failure := cryptopay.Failure{}
	switch mode {
	case outageNone:
	case outageDown:
		failure.Status = http.StatusBadGateway
	case outageMute:
		failure.DropAfter = true
	case outageRevoked:
		failure.Status, failure.Name = http.StatusUnauthorized, "UNAUTHORIZED"
	default:
		return pageError{http.StatusBadRequest, "no_mode", fmt.Sprintf("no outage is called %.40q", mode)}
	}
	p.mu.Lock()
	p.outage = mode
	p.mu.Unlock()
	pay.FailNext("", 0, cryptopay.Failure{})
	if mode != outageNone {
		pay.FailNext("", math.MaxInt, failure)
	}
	return nil
}

// clamp limits a typed number to 0 to limit.
func clamp(value, limit float64) float64 {
	if math.IsNaN(value) {
		return 0
	}
	return min(max(value, 0), limit)
}

type appRequest struct {
	App string `json:"app"`
	URL string `json:"url"`
}

// setWebhook sets the address as typed into the wallet's bot; an empty one disables webhooks.
// Unlike the real service it accepts http and addresses of this machine.
func (p *page) setWebhook(in appRequest) error {
	token, err := pick(p.world.cryptopay.Apps(), in.App, "app")
	if err != nil {
		return err
	}
	if in.URL != "" && !webAddress(in.URL) {
		return pageError{http.StatusBadRequest, "bad_address", "want an address such as http://127.0.0.1:8080/cryptopay/webhook"}
	}
	p.world.cryptopay.SetWebhook(token, in.URL)
	return nil
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxWebhook && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// resend announces the app's last payment again.
func (p *page) resend(in appRequest) error {
	token, err := pick(p.world.cryptopay.Apps(), in.App, "app")
	if err != nil {
		return err
	}
	last, found := p.lastPaid(token)
	if !found {
		return pageError{http.StatusConflict, "not_paid", "nothing has been paid yet"}
	}
	return p.world.cryptopay.Resend(last.Hash)
}

// faultsView is the drawer with the fault switches.
type faultsView struct {
	LoseWebhooks    bool      `json:"lose_webhooks"`
	RepeatWebhooks  int       `json:"repeat_webhooks"` // extra times
	DelayWebhooks   float64   `json:"delay_webhooks"`  // seconds
	Flood           bool      `json:"flood"`           // Telegram answers 429 to everything that sends
	RealLimits      bool      `json:"real_limits"`     // Telegram's usual limits
	Frozen          bool      `json:"frozen"`          // the bot's account: it may not write
	LoseCheckouts   bool      `json:"lose_checkouts"`
	DelayCheckouts  float64   `json:"delay_checkouts"`  // seconds
	RepeatCheckouts int       `json:"repeat_checkouts"` // extra times
	FailPayments    bool      `json:"fail_payments"`    // in Stars, although the bot agreed
	LosePayments    bool      `json:"lose_payments"`    // the updates about them
	RepeatPayments  int       `json:"repeat_payments"`  // extra times
	RefundDays      float64   `json:"refund_days"`      // how long Stars can be refunded; 0: always
	Gram            bool      `json:"gram"`             // Toncoin has the code GRAM
	Outage          outage    `json:"outage"`           // of Crypto Pay
	Blocked         bool      `json:"blocked"`          // the bot, by the user
	Unstarted       bool      `json:"unstarted"`        // the wallet's bot, by the user
	Apps            []appView `json:"apps"`
}

// appView is one merchant as its owner sees it.
type appView struct {
	Key          string `json:"key"`
	Name         string `json:"name"`
	TransfersOff bool   `json:"transfers_off"`
	cryptopay.WebhookStatus
	Paid     bool                 `json:"paid"` // whether there is a payment to announce again
	Balance  []coinsView          `json:"balance"`
	Attempts []cryptopay.Delivery `json:"attempts"` // of webhooks, newest first
}

func (p *page) faults(k chatKey) faultsView {
	t, pay := p.world.telegram.Faults(), p.world.cryptopay.Faults()
	v := faultsView{
		LoseWebhooks: pay.LoseWebhooks, RepeatWebhooks: pay.RepeatWebhooks, DelayWebhooks: pay.DelayWebhooks.Seconds(),
		LoseCheckouts: t.LoseCheckouts, DelayCheckouts: t.DelayCheckouts.Seconds(), RepeatCheckouts: t.RepeatCheckouts,
		FailPayments: t.FailPayments, LosePayments: t.LosePayments, RepeatPayments: t.RepeatPayments,
		RefundDays: t.RefundAge.Hours() / 24,
		Flood:      t.Flood, RealLimits: t.RealLimits, Frozen: t.Frozen, Gram: p.world.cryptopay.Gram(),
		Blocked:   p.world.telegram.Blocked(k.token, k.user),
		Unstarted: !p.world.cryptopay.Started(k.user),
		Apps:      []appView{},
	}
	p.mu.Lock()
	v.Outage = p.outage
	p.mu.Unlock()
	apps := p.world.cryptopay.Apps()
	for i, token := range apps {
		v.Apps = append(v.Apps, p.appView(token, tokenKey(apps, i)))
	}
	return v
}

func (p *page) appView(token, key string) appView {
	pay := p.world.cryptopay
	_, paid := p.lastPaid(token)
	v := appView{
		Key: key, Name: pay.AppName(token), TransfersOff: !pay.TransfersEnabled(token),
		WebhookStatus: pay.WebhookStatus(token), Paid: paid, Balance: []coinsView{}, Attempts: []cryptopay.Delivery{},
	}
	for _, a := range pay.Balance(token) {
		if !a.IsZero() {
			v.Balance = append(v.Balance, coins(a))
		}
	}
	deliveries := pay.Deliveries(token)
	slices.Reverse(deliveries)
	v.Attempts = append(v.Attempts, deliveries[:min(len(deliveries), maxAttempts)]...)
	return v
}

// lastPaid is the invoice that the app was paid last.
func (p *page) lastPaid(token string) (last cryptopay.Invoice, found bool) {
	for _, v := range p.world.cryptopay.Invoices(token) {
		if v.Status == cryptopay.StatusPaid && !v.Payment.At.Before(last.Payment.At) {
			last, found = v, true
		}
	}
	return last, found
}
