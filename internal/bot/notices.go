package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// toOwners shows every admin a screen in their own language. One who cannot be
// reached does not keep it from the others: the error is that nobody was.
func (c *Courier) toOwners(ctx context.Context, log *slog.Logger,
	show func(context.Context, int64, screen) (shop.MessageRef, error), draw func(localizer) screen,
) error {
	var failed error
	reached := 0
	for _, admin := range c.admins {
		if _, err := show(ctx, admin, draw(c.chat.localizer(ctx, admin, ""))); err != nil {
			log.WarnContext(ctx, "tell owner failed", "user", admin, "error", err)
			var never *shop.UndeliverableError
			if err = toShopError(err); failed == nil || !errors.As(err, &never) { // that one may still be reached counts for more
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

// tellOwners tells every admin about an order; a sale makes no sound.
func (c *Courier) tellOwners(ctx context.Context, o shop.Order, n shop.Notice) error {
	show := c.chat.send
	if n.What == shop.WhatSold {
		show = c.chat.sendQuietly
	}
	log := c.log.With("order", o.ID, "what", n.What)
	err := c.toOwners(ctx, log, show, func(l localizer) screen { return ownerScreen(l, o, n) })
	if err != nil {
		return fmt.Errorf("tell the owners of order %s: %w", o.ID, err)
	}
	return nil
}

func ownerScreen(l localizer, o shop.Order, n shop.Notice) screen {
	refund, _ := o.RefundByID(n.Refund)
	payment, _ := o.PaymentOf(n.Payment)
	facts := []any{
		"Order", o.ID, "Items", items(l, o.Lines, 5), "Buyer", buyer(o.Buyer), "Total", o.Total, "Paid", paid(o),
	}
	with := func(more ...any) []any { return append(facts, more...) }
	switch n.What {
	case shop.WhatHeld:
		facts = with("Load", loadCommands(o))
		if len(o.Payments) > 0 {
			facts = with("Price", o.Payments[0].Price)
		}
		all := button{Text: l.plain("button_held"), Data: data(actHeld)}
		return screen{
			Text: l.say("owner_held", with("Reason", l.say("owner_held_"+n.Reason, facts...))...),
			Rows: [][]button{heldRow(l, o), row(anew(all))},
		}
	case shop.WhatStuck:
		return screen{Text: l.say("owner_stuck", facts...)}
	case shop.WhatNoInvoice:
		return screen{Text: l.say("owner_no_invoice", with("Refusal", n.Reason)...)}
	case shop.WhatPaidAgain:
		return screen{
			Text: l.say("owner_paid_again", with("Amount", payment.Amount)...),
			Rows: [][]button{row(returnButton(l, o, n.Payment))},
		}
	case shop.WhatRefundSent:
		return screen{Text: l.say("owner_refund_sent", with("Amount", refund.Amount)...)}
	case shop.WhatRefundRefused:
		return screen{Text: l.say("owner_refund_refused", with("Amount", refund.Amount,
			"Refusal", n.Reason, "Hint", hint(l, n.Reason))...)}
	case shop.WhatRefundUnclear:
		return screen{Text: l.say("owner_refund_unclear", with("Amount", refund.Amount)...)}
	case shop.WhatSold, shop.WhatPaid, shop.WhatInvoiced, shop.WhatExpired: // the last three are the buyer's alone
	}
	return screen{Text: l.say("owner_sold", facts...)}
}

// loadCommands are the commands that load the units which a held order may wait for.
func loadCommands(o shop.Order) markup {
	var commands []string
	for _, line := range o.Lines {
		command := "<code>/addstock " + string(escape(line.SKU)) + "</code>"
		waits := line.FromStock && len(line.Goods) == 0 && line.Pending()
		if (waits || len(o.Lines) == 1) && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return markup(strings.Join(commands, ", "))
}

// hint is what an owner can do about a refund that was refused.
func hint(l localizer, refusal string) markup {
	id := "hint_" + refusal
	if said := l.say(id); said != markup(id) {
		return said
	}
	return l.say("hint_other")
}

// buyerHint is what a buyer can do about a refund that was refused; "" if it is not the buyer's to mend.
func buyerHint(l localizer, refusal string) markup {
	if refusal == "USER_NOT_FOUND" {
		return l.say("refund_refused_start")
	}
	return ""
}

// TellMissedWebhooks warns the owners that webhooks stay away which came until last, and says what to do.
func (c *Courier) TellMissedWebhooks(ctx context.Context, last time.Time) error {
	err := c.toOwners(ctx, c.log, c.chat.send, func(l localizer) screen {
		address := l.say("owner_missed_webhooks_somewhere")
		if c.PayWebhook != "" {
			address = l.say("owner_missed_webhooks_address", "Address", c.PayWebhook)
		}
		return screen{Text: l.say("owner_missed_webhooks", "Last", moment(last), "Address", address)}
	})
	if err != nil {
		return fmt.Errorf("tell the owners of missed webhooks: %w", err)
	}
	return nil
}

// maxDifferences is how many differences one message explains; a message holds about ten.
const maxDifferences = 8

// TellDifferences tells the owners, in one message, where the shop's books and the payment
// service's differ and what to do about each.
func (c *Courier) TellDifferences(ctx context.Context, differences []shop.Difference) error {
	err := c.toOwners(ctx, c.log, c.chat.send, func(l localizer) screen { return differencesScreen(l, differences) })
	if err != nil {
		return fmt.Errorf("tell the owners of differences: %w", err)
	}
	return nil
}

func differencesScreen(l localizer, differences []shop.Difference) screen {
	text := l.say("differences")
	shown := differences[:min(len(differences), maxDifferences)]
	for _, d := range shown {
		mark := markup("⚠️ ")
		if d.Mended {
			mark = "✅ "
		}
		text += "\n\n" + mark + difference(l, d)
	}
	if more := len(differences) - len(shown); more > 0 {
		text += "\n\n" + l.say("differences_more", "Count", more)
	}
	return screen{Text: text}
}

// difference says what differs and what to do about it, or what was done.
func difference(l localizer, d shop.Difference) markup {
	id := "difference_" + string(d.Kind)
	if d.Kind == shop.PaidThere && !d.Mended {
		id = "difference_paid_there_open"
	}
	return l.say(id, "Order", d.Order, "Invoice", d.Invoice, "Refund", d.Refund, "Transfer", d.Transfer,
		"Here", d.Here, "There", d.There)
}

// Explain says in English and without markup what a difference is and what to do about it.
func Explain(d shop.Difference) (string, error) {
	texts, err := loadTexts()
	if err != nil {
		return "", err
	}
	return plainText(difference(texts.localizer("en", catalog.Shop{}), d)), nil
}
