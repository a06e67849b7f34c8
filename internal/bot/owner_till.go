package bot

import (
	"context"

	"shopbot/internal/money"
)

// pause is "/pause": no new orders until /resume; those that are there go on.
func (b *Bot) pause(ctx context.Context, v *visit) error {
	if err := b.shop.Pause(ctx, v.user.ID); err != nil {
		return err
	}
	return b.say(ctx, v, "paused")
}

func (b *Bot) resume(ctx context.Context, v *visit) error {
	if err := b.shop.Resume(ctx, v.user.ID); err != nil {
		return err
	}
	return b.say(ctx, v, "resumed")
}

// balance is "/balance": the coins at the payment service, and what they are worth.
func (b *Bot) balance(ctx context.Context, v *visit) error {
	all, err := b.shop.Balances(ctx)
	if err != nil {
		b.log.WarnContext(ctx, "balance not known", "user", v.user.ID, "error", err)
		return b.say(ctx, v, "balance_unknown")
	}
	var some []money.Amount
	for _, a := range all {
		if !a.IsZero() {
			some = append(some, a)
		}
	}
	if len(some) == 0 {
		return b.say(ctx, v, "balance_none")
	}
	said := v.voice.say("balance", "Amounts", prices(some))
	if worth, known := value(some, v.catalog.Shop.Currency, b.rates); known {
		said += v.voice.say("product_approx", "Amount", worth)
	}
	_, err = b.chat.send(ctx, v.user.ID, screen{Text: said})
	return err
}
