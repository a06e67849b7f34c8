package app

import (
	"context"
	"strings"

	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// cryptoPayCalled counts a call of Crypto Pay, and tells the shop what it says of the service.
func (p *program) cryptoPayCalled(ctx context.Context, c payments.Call) {
	p.metrics.cryptoPayCall(c)
	p.tracer.Call(ctx, "cryptopay "+c.Method, c.Duration, c.Outcome(), c.Err == nil)
	switch trouble, known := cryptopayrail.Health(c); {
	case !known:
	case trouble == "":
		p.shop.ServiceWorks(shop.AlarmCryptoPay)
	default:
		p.shop.ServiceFails(shop.AlarmCryptoPay, trouble, c.Err.Error())
	}
}

// telegramCalled counts a call of the Bot API, and tells the shop whether the bot may write. A
// frozen bot may still read, so only a message that arrives ends that.
func (p *program) telegramCalled(ctx context.Context, c telegram.Call) {
	p.metrics.telegramCall(c)
	p.tracer.Call(ctx, "telegram "+c.Method, c.Waited+c.Took, c.Outcome, c.Outcome == "ok")
	switch {
	case c.Outcome == "frozen":
		p.shop.ServiceFails(shop.AlarmTelegram, shop.CauseFrozen, c.Method+": the bot's account is frozen")
	case c.Outcome == "unauthorized":
		p.shop.ServiceFails(shop.AlarmTelegram, shop.CauseUnauthorized, c.Method+": the token is refused")
	case c.Outcome != "ok":
	case strings.HasPrefix(c.Method, "send"), strings.HasPrefix(c.Method, "editMessage"):
		p.shop.ServiceWorks(shop.AlarmTelegram)
	default:
		p.shop.ServiceWorks(shop.AlarmTelegram, shop.CauseUnauthorized)
	}
}
