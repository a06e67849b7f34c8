package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shopbot/internal/shop"
)

// toOwners shows every admin a screen in their own language. One who cannot be
// reached does not keep the news from the others: the error is that nobody was.
func (c *Courier) toOwners(ctx context.Context, log *slog.Logger,
	show func(context.Context, int64, screen) (shop.Place, error), draw func(voice) screen,
) error {
	var failed error
	reached := 0
	for _, admin := range c.admins {
		if _, err := show(ctx, admin, draw(c.chat.voice(ctx, admin, ""))); err != nil {
			log.WarnContext(ctx, "owner not told", "user", admin, "error", err)
			var never *shop.UndeliverableError
			if err = reach(err); failed == nil || !errors.As(err, &never) { // that one may still be reached counts for more
				failed = err
			}
			continue
		}
		reached++
	}
	if reached > 0 {
		return nil
	}
	if len(c.admins) == 0 {
		log.WarnContext(ctx, "nobody to tell: SHOPBOT_ADMINS is empty")
	}
	return failed
}

// TellSilence warns the owners that webhooks stay away which came until last, and says what to do.
func (c *Courier) TellSilence(ctx context.Context, last time.Time) error {
	err := c.toOwners(ctx, c.log, c.chat.send, func(v voice) screen {
		address := v.say("owner_silence_somewhere")
		if c.PayWebhook != "" {
			address = v.say("owner_silence_address", "Address", c.PayWebhook)
		}
		return screen{Text: v.say("owner_silence", "Last", moment(last), "Address", address)}
	})
	if err != nil {
		return fmt.Errorf("tell the owners of the silence: %w", err)
	}
	return nil
}
