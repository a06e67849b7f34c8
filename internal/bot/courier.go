package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Courier hands goods over and tells what happened, in chats. It fulfils shop.Courier.
type Courier struct {
	// PayWebhook is where the shop takes the payment service's webhooks, for the
	// owners to be told; "" where that is not known. Set it before use.
	PayWebhook string

	chat   *chat
	admins []int64
	log    *slog.Logger
}

// NewCourier makes a courier that reaches people through tg. catalog gives the
// catalog of this moment; admins are the Telegram ids of the owners.
func NewCourier(tg *telegram.Client, catalog func() *catalog.Catalog, memory Memory, admins []int64, log *slog.Logger) (*Courier, error) {
	texts, err := loadTexts()
	if err != nil {
		return nil, err
	}
	return &Courier{
		chat:   &chat{tg: tg, texts: texts, catalog: catalog, memory: memory, log: log},
		admins: admins, log: log,
	}, nil
}

// Deliver sends the goods of an order as messages of their own.
func (c *Courier) Deliver(ctx context.Context, o shop.Order) error {
	parcels, err := pack(c.buyerVoice(ctx, o), o, c.chat.catalog().ReadFile)
	if err != nil {
		return fmt.Errorf("pack order %s: %w", o.ID, err)
	}
	for _, p := range parcels {
		if err := c.chat.sendParcel(ctx, o.Buyer.ID, p); err != nil {
			return fmt.Errorf("send the goods of order %s: %w", o.ID, reach(err))
		}
	}
	return nil
}

// Tell says what happened, to the buyer by redrawing the order's message where that is enough.
func (c *Courier) Tell(ctx context.Context, o shop.Order, n shop.Notice) error {
	if n.To == shop.ToOwners {
		return c.tellOwners(ctx, o, n)
	}
	if err := c.tellBuyer(ctx, o, n); err != nil {
		return fmt.Errorf("tell the buyer of order %s: %w", o.ID, reach(err))
	}
	return nil
}

func (c *Courier) buyerVoice(ctx context.Context, o shop.Order) voice {
	return c.chat.voice(ctx, o.Buyer.ID, o.Buyer.Language)
}

func (c *Courier) tellBuyer(ctx context.Context, o shop.Order, n shop.Notice) error {
	v := c.buyerVoice(ctx, o)
	if err := c.redraw(ctx, v, o); err != nil {
		return err
	}
	text := markup("")
	var choice []button
	switch n.What {
	case shop.WhatHeld:
		text, choice = heldText(v, o, n.Reason), choiceRow(v, o)
	case shop.WhatPaidAgain:
		p, _ := o.PaymentOf(n.Payment)
		text = v.say("paid_again", "Order", o.ID, "Amount", p.Amount)
		choice = row(returnButton(v, o, n.Payment))
	case shop.WhatRefundRefused:
		r, _ := o.RefundByID(n.Refund)
		text = lines(v.say("refund_refused", "Order", o.ID, "Amount", r.Amount), buyerHint(v, n.Reason))
		if r.Payment != 0 {
			choice = row(returnButton(v, o, r.Payment))
		}
	case shop.WhatRefundSent:
		r, _ := o.RefundByID(n.Refund)
		text = v.say("refund_sent", "Order", o.ID, "Amount", r.Amount)
	default: // redrawn is told
		return nil
	}
	open := button{Text: v.plain("button_order"), Data: data(actOrder, string(o.ID))}
	_, err := c.chat.send(ctx, o.Buyer.ID, screen{Text: text, Rows: [][]button{choice, row(open)}})
	return err
}

// redraw brings the order's message up to date. An order that has none yet gets
// it from the handler that is about to send it.
func (c *Courier) redraw(ctx context.Context, v voice, o shop.Order) error {
	if o.Place == (shop.Place{}) {
		return nil
	}
	_, err := c.chat.editInPlace(ctx, o.Place, orderScreen(v, o, time.Now()))
	if errors.Is(err, telegram.ErrMessageGone) || errors.Is(err, telegram.ErrBadRequest) {
		return nil // the buyer deleted it; the order is in /orders
	}
	return err
}

// tellOwners tells every admin about an order; a sale makes no sound.
func (c *Courier) tellOwners(ctx context.Context, o shop.Order, n shop.Notice) error {
	show := c.chat.send
	if n.What == shop.WhatSold {
		show = c.chat.sendQuietly
	}
	log := c.log.With("order", o.ID, "what", n.What)
	err := c.toOwners(ctx, log, show, func(v voice) screen { return ownerScreen(v, o, n) })
	if err != nil {
		return fmt.Errorf("tell the owners of order %s: %w", o.ID, err)
	}
	return nil
}

func ownerScreen(v voice, o shop.Order, n shop.Notice) screen {
	facts := []any{
		"Order", o.ID, "Title", o.Item.Title, "Quantity", o.Item.Quantity, "Buyer", buyer(o.Buyer),
		"Total", o.Total, "Paid", paid(o), "SKU", o.Item.SKU,
	}
	refund, _ := o.RefundByID(n.Refund)
	switch n.What {
	case shop.WhatHeld:
		if len(o.Payments) > 0 {
			facts = append(facts, "Price", o.Payments[0].Price)
		}
		facts = append(facts, "Reason", v.say("owner_held_"+n.Reason, facts...))
		all := button{Text: v.plain("button_held"), Data: data(actHeld)}
		return screen{Text: v.say("owner_held", facts...), Rows: [][]button{heldRow(v, o), row(anew(all))}}
	case shop.WhatStuck:
		return screen{Text: v.say("owner_stuck", facts...)}
	case shop.WhatNoInvoice:
		return screen{Text: v.say("owner_no_invoice", append(facts, "Refusal", n.Reason)...)}
	case shop.WhatPaidAgain:
		p, _ := o.PaymentOf(n.Payment)
		return screen{
			Text: v.say("owner_paid_again", append(facts, "Amount", p.Amount)...),
			Rows: [][]button{row(returnButton(v, o, n.Payment))},
		}
	case shop.WhatRefundSent:
		return screen{Text: v.say("owner_refund_sent", append(facts, "Amount", refund.Amount)...)}
	case shop.WhatRefundRefused:
		return screen{Text: v.say("owner_refund_refused", append(facts, "Amount", refund.Amount,
			"Refusal", n.Reason, "Hint", hint(v, n.Reason))...)}
	case shop.WhatRefundUnclear:
		return screen{Text: v.say("owner_refund_unclear", append(facts, "Amount", refund.Amount)...)}
	default:
		return screen{Text: v.say("owner_sold", facts...)}
	}
}

func heldRow(v voice, o shop.Order) []button {
	return row(
		button{Text: v.plain("button_deliver"), Data: data(actRelease, string(o.ID))},
		button{Text: v.plain("button_refund"), Data: data(actAskRefund, string(o.ID))},
	)
}

// reach puts Telegram's refusals into the shop's words.
func reach(err error) error {
	var refused *telegram.Error
	switch {
	case errors.Is(err, telegram.ErrBlocked), errors.Is(err, telegram.ErrChatGone):
		return &shop.UndeliverableError{Reason: shop.HoldUndeliverable, Err: err}
	case errors.Is(err, telegram.ErrBadRequest):
		return &shop.UndeliverableError{Reason: shop.HoldRefused, Err: err}
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return &shop.RetryAfterError{Wait: refused.RetryAfter, Err: err}
	}
	return err
}
