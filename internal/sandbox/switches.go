package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// outage is how Crypto Pay's API is out of order.
type outage string

const (
	outageNone outage = ""
	outageDown outage = "down" // every call is a 502
	outageMute outage = "mute" // every call is done, and its answer lost
)

// Limits of what may be typed into the drawer.
const (
	maxRepeats = 100
	maxDelay   = 24 * time.Hour
	maxWebhook = 2048 // bytes of an address
)

type breakRequest struct {
	actor
	App   string  `json:"app"`
	Name  string  `json:"name"`
	On    bool    `json:"on"`
	Value float64 `json:"value"`
	Mode  outage  `json:"mode"`
}

// switches are the things that can be broken, by the name of the switch. Which
// of the request's fields counts stands beside each.
func (p *page) switches() map[string]func(breakRequest) error {
	pay, tg := p.world.cryptopay, p.world.telegram
	return map[string]func(breakRequest) error{
		"lose_webhooks": func(in breakRequest) error { // on
			return p.setPayFaults(func(f *cryptopay.Faults) { f.LoseWebhooks = in.On })
		},
		"repeat_webhooks": func(in breakRequest) error { // value: extra times
			n := int(within(in.Value, maxRepeats))
			return p.setPayFaults(func(f *cryptopay.Faults) { f.RepeatWebhooks = n })
		},
		"delay_webhooks": func(in breakRequest) error { // value: seconds
			d := time.Duration(within(in.Value, maxDelay.Seconds()) * float64(time.Second))
			return p.setPayFaults(func(f *cryptopay.Faults) { f.DelayWebhooks = d })
		},
		"flood": func(in breakRequest) error { // on
			return p.setTelegramFaults(func(f *telegram.Faults) { f.Flood = in.On })
		},
		"real_limits": func(in breakRequest) error { // on
			return p.setTelegramFaults(func(f *telegram.Faults) { f.RealLimits = in.On })
		},
		"outage": func(in breakRequest) error { return p.setOutage(in.Mode) }, // mode
		"blocked": func(in breakRequest) error { // on, as, bot
			k, err := p.chat(in.actor)
			if err == nil {
				tg.Block(k.token, k.user, in.On)
			}
			return err
		},
		"unstarted": func(in breakRequest) error { // on, as
			who, err := p.person(in.As)
			if err == nil {
				pay.SetStarted(who.ID, !in.On)
			}
			return err
		},
		"transfers_off": func(in breakRequest) error { // on, app
			token, err := pick(pay.Apps(), in.App, "app")
			if err == nil {
				pay.SetTransfersEnabled(token, !in.On)
			}
			return err
		},
	}
}

func (p *page) flip(in breakRequest) (any, error) {
	set, known := p.switches()[in.Name]
	if !known {
		return nil, refused(http.StatusNotFound, "no_switch", fmt.Sprintf("no switch is called %.40q", in.Name))
	}
	return nil, set(in)
}

func (p *page) setPayFaults(change func(*cryptopay.Faults)) error {
	f := p.world.cryptopay.Faults()
	change(&f)
	p.world.cryptopay.SetFaults(f)
	return nil
}

func (p *page) setTelegramFaults(change func(*telegram.Faults)) error {
	f := p.world.telegram.Faults()
	change(&f)
	p.world.telegram.SetFaults(f)
	return nil
}

// setOutage replaces whatever failures of all of Crypto Pay's methods were planned.
func (p *page) setOutage(mode outage) error {
	pay := p.world.cryptopay
	failure := cryptopay.Failure{}
	switch mode {
	case outageNone:
	case outageDown:
		failure.Status = http.StatusBadGateway
	case outageMute:
		failure.DropAfter = true
	default:
		return refused(http.StatusBadRequest, "no_mode", fmt.Sprintf("no outage is called %.40q", mode))
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

// within takes what was typed as a number from 0 to limit.
func within(value, limit float64) float64 {
	if math.IsNaN(value) {
		return 0
	}
	return min(max(value, 0), limit)
}

type webhookRequest struct {
	App string `json:"app"`
	URL string `json:"url"`
}

// setWebhook takes what is typed into the wallet's bot; an empty address disables
// webhooks. Unlike the real one it takes http too, and addresses of this machine.
func (p *page) setWebhook(in webhookRequest) (any, error) {
	token, err := pick(p.world.cryptopay.Apps(), in.App, "app")
	if err != nil {
		return nil, err
	}
	if in.URL != "" && !webAddress(in.URL) {
		return nil, refused(http.StatusBadRequest, "bad_address", "want an address such as http://127.0.0.1:8080/cryptopay/webhook")
	}
	p.world.cryptopay.SetWebhook(token, in.URL)
	return nil, nil //nolint:nilnil // nothing to tell
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxWebhook && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

type resendRequest struct {
	App string `json:"app"`
}

// resend announces the app's last payment once more.
func (p *page) resend(in resendRequest) (any, error) {
	token, err := pick(p.world.cryptopay.Apps(), in.App, "app")
	if err != nil {
		return nil, err
	}
	last, found := p.lastPaid(token)
	if !found {
		return nil, refused(http.StatusConflict, "not_paid", "nothing has been paid yet")
	}
	return nil, p.world.cryptopay.Resend(last.Hash)
}
