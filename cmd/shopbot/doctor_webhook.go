package main

import (
	"context"
	"time"
)

// checkLastWebhook tells when the last webhook came, if one ever did. A database that
// cannot be read has been reported already.
func (d *doctor) checkLastWebhook(ctx context.Context) {
	const subject = "webhook"
	w, err := webhooksOf(ctx, d.cfg, d.log)
	switch {
	case err != nil || w.Last.IsZero():
	case w.Silent.IsZero():
		d.ok(subject, "the last one came at %s", utc(w.Last))
	default:
		d.warn(subject, "none has come since %s, and payments are found by asking every %s only; see that the public address can be reached, "+
			"then enable it in @CryptoBot (@CryptoTestnetBot): Crypto Pay → My Apps → the app → Webhooks", utc(w.Last), time.Duration(d.cfg.SyncInterval))
	}
}
