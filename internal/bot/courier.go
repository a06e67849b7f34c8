package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"shopbot/internal/catalog"
	"shopbot/internal/invite"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// Courier hands goods over and tells what happened, in chats. It fulfils shop.Courier.
type Courier struct {
	// PayWebhook is where the shop takes the payment service's webhooks, for the
	// owners to be told; "" if that is not known. Set it before use.
	PayWebhook string
	// Places opens invitations; nil if there are none. Set it before use.
	Places *invite.Service

	chat   *chat
	staff  *shop.Staff
	owners owners
	group  atomic.Int64 // where questions come as topics; 0: nowhere
	log    *slog.Logger
	shut   shutOrders
	// buttons is Bot.buttons; nil before there is a Bot.
	buttons map[string]handler
}

// NewCourier makes a courier that reaches people through tg. catalog gives the
// catalog of this moment; staff knows who is told what.
func NewCourier(
	tg *telegram.Client, texts *localize.Texts, catalog func() *catalog.Catalog, memory Memory, staff *shop.Staff, log *slog.Logger,
) *Courier {
	return &Courier{
		chat:  &chat{tg: tg, texts: texts, catalog: catalog, memory: memory, log: log},
		staff: staff, log: log,
	}
}

// Deliver sends the goods of one line of an order as messages of their own.
func (c *Courier) Deliver(ctx context.Context, o shop.Order, line int) error {
	l := c.buyerLocalizer(ctx, o)
	o, err := c.openPlace(ctx, o, line)
	if err != nil {
		return err
	}
	messages := replacementMessages(l, o, &o.Lines[line])
	if messages == nil {
		var err error
		if messages, err = render(l, o, line, c.chat.catalog().ReadFile); err != nil {
			return fmt.Errorf("render the goods of order %s: %w", o.ID, err)
		}
	}
	until, err := c.deliveredAccess(ctx, l, o, line)
	if err != nil {
		return err
	}
	messages[len(messages)-1].Text += until
	if err := c.chat.sendDelivery(ctx, o.Buyer.ID, messages, deliveryRows(l, o, line)); err != nil {
		return fmt.Errorf("send the goods of order %s: %w", o.ID, toShopError(err))
	}
	return nil
}

// Tell says what happened, to the buyer by redrawing the order's message if that is enough.
func (c *Courier) Tell(ctx context.Context, o shop.Order, n shop.Notice) error {
	if n.To == shop.ToOwners {
		return c.tellOwners(ctx, o, n)
	}
	if err := c.tellBuyer(ctx, o, n); err != nil {
		return fmt.Errorf("tell the buyer of order %s: %w", o.ID, toShopError(err))
	}
	return nil
}

func (c *Courier) buyerLocalizer(ctx context.Context, o shop.Order) localizer {
	return c.chat.localizer(ctx, o.Buyer.ID, o.Buyer.Language)
}

func (c *Courier) tellBuyer(ctx context.Context, o shop.Order, n shop.Notice) error {
	l := c.buyerLocalizer(ctx, o)
	if n.What == shop.WhatExpired || n.What == shop.WhatNoInvoice {
		if err := c.chat.couponBack(ctx, o); err != nil {
			return err
		}
	}
	if err := c.chat.redraw(ctx, l, o); err != nil {
		return err
	}
	text := markup("")
	var choice []button
	switch n.What {
	case shop.WhatStranger:
		return c.tellStranger(ctx, l, o, n)
	case shop.WhatHeld:
		if n.Reason == string(shop.HoldManual) && o.Hold != shop.HoldManual { // it was made in the meantime
			return nil
		}
		text, choice = heldText(l, o, n.Reason), choiceRow(l, o)
	case shop.WhatLate:
		if o.Hold != shop.HoldManual {
			return nil
		}
		text, choice = heldText(l, o, string(shop.HoldManual)), row(problemButton(l, o))
	case shop.WhatPaidAgain:
		p, _ := o.PaymentOf(n.Payment)
		text = l.Say(ofAmount("paid_again", p.Amount), "Order", o.ID, "Amount", p.Amount)
		choice = row(returnButton(l, o, n.Payment))
	case shop.WhatRefundRefused:
		r, _ := o.RefundByID(n.Refund)
		text = l.Say("refund_refused", "Order", o.ID, "Amount", r.Amount)
		if n.Reason == "USER_NOT_FOUND" { // what the buyer can do about it
			text += "\n" + l.Say("refund_refused_start")
		}
		if r.Payment != "" {
			choice = row(returnButton(l, o, r.Payment))
		}
	case shop.WhatRenewalFailed:
		text = l.Say("renewal_failed", "Items", items(l, o.Lines, 1))
	case shop.WhatRenewalKept:
		text = l.Say("renewal_kept", "Items", items(l, o.Lines, 1))
	case shop.WhatRefundSent:
		r, _ := o.RefundByID(n.Refund)
		text, choice = refundSent(l, o, r)
	case shop.WhatPaid, shop.WhatPreparing, shop.WhatInvoiced, shop.WhatNoInvoice, shop.WhatExpired,
		shop.WhatSold, shop.WhatStuck, shop.WhatReplaced, shop.WhatRefundUnclear, shop.WhatReward,
		shop.WhatRenewalCancelled:
		return nil // the redrawn screen says it
	}
	open := l.button("order", actOrder, string(o.ID))
	_, err := c.chat.send(ctx, o.Buyer.ID, screen{Text: text, Rows: [][]button{choice, row(open)}})
	return err
}

// toShopError puts Telegram's refusals into the shop's words.
func toShopError(err error) error {
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
