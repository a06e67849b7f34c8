package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"shopbot/internal/shop"
)

// choiceRow is what the buyer of a held order may choose; nothing where an owner decides.
func choiceRow(v voice, o shop.Order) []button {
	if !o.BuyerChooses() {
		return nil
	}
	var choices []button
	if o.Wish != shop.WishWait {
		choices = append(choices, button{Text: v.plain("button_wait"), Data: data(actWait, string(o.ID))})
	}
	return append(choices, button{Text: v.plain("button_money_back"), Data: data(actMoneyBack, string(o.ID))})
}

// heldText tells a buyer why a paid order is held, and what was chosen or can be.
func heldText(v voice, o shop.Order, reason string) markup {
	text := v.say("held_" + reason)
	if !o.BuyerChooses() {
		return text
	}
	return text + "\n\n" + v.say("wish_"+or(string(o.Wish), "none"))
}

func returnButton(v voice, o shop.Order, invoice int64) button {
	p, _ := o.PaymentOf(invoice)
	return button{
		Text: v.plain("button_return", "Amount", p.Amount),
		Data: data(actReturn, string(o.ID), strconv.FormatInt(invoice, 10)),
	}
}

// wait is the button "Wait for it" under a held order.
func (b *Bot) wait(ctx context.Context, v *visit) error { return b.choose(ctx, v, b.shop.Wait) }

// moneyBack is the button "Money back" under a held order.
func (b *Bot) moneyBack(ctx context.Context, v *visit) error {
	return b.choose(ctx, v, b.shop.MoneyBack)
}

// choose does what the buyer chose and shows what has become of the order. Where the
// order has moved on meanwhile, its screen says how.
func (b *Bot) choose(ctx context.Context, v *visit, do func(context.Context, int64, shop.OrderID) (shop.Order, error)) error {
	id, err := shop.ParseOrderID(v.args)
	if err != nil {
		return errStale
	}
	o, err := do(ctx, v.user.ID, id)
	switch {
	case errors.Is(err, shop.ErrOwnerDecides):
		v.toast, v.alert = v.voice.plain("owner_decides"), true
	case errors.Is(err, shop.ErrNoChoice), errors.Is(err, shop.ErrNothingPaid):
		v.toast = v.voice.plain("choice_over")
	case err != nil:
		return err
	}
	if err != nil {
		if o, err = b.shop.OrderOf(ctx, v.user.ID, id); err != nil {
			return err
		}
	}
	return b.drawOrder(ctx, v, o)
}

// returnSurplus is the button "Send it back", the buyer's or an owner's: whoever
// presses first, it is one transfer.
func (b *Bot) returnSurplus(ctx context.Context, v *visit) error {
	number, rest, _ := strings.Cut(v.args, ":")
	invoice, err := strconv.ParseInt(rest, 10, 64)
	if err != nil {
		return errStale
	}
	id, err := shop.ParseOrderID(number)
	if err != nil {
		return errStale
	}
	o, err := b.shop.Order(ctx, id)
	if err == nil && o.Buyer.ID != v.user.ID && !v.owner {
		return shop.ErrNotFound
	}
	if err == nil {
		o, err = b.shop.ReturnSurplus(ctx, id, invoice, v.user.ID)
	}
	if toast := surplusKept(err); toast != "" {
		v.toast, v.alert = v.voice.plain(toast), true
		return nil
	}
	if errors.Is(err, shop.ErrNoSurplus) || errors.Is(err, shop.ErrIllegalMove) {
		return errStale
	}
	if err != nil {
		return err
	}
	return b.showReturn(ctx, v, o, invoice)
}

// surplusKept is the text for why a surplus payment does not go back just now; "" where it does.
func surplusKept(err error) string {
	switch {
	case errors.Is(err, shop.ErrOwnerDecides), errors.Is(err, shop.ErrRefundTooBig), errors.Is(err, shop.ErrNothingPaid):
		return "owner_decides"
	case errors.Is(err, shop.ErrRefundRunning):
		return "refund_running"
	case errors.Is(err, shop.ErrDelivering):
		return "refund_delivering"
	}
	return ""
}

// showReturn says how far the return of a surplus payment is, where its button was.
func (b *Bot) showReturn(ctx context.Context, v *visit, o shop.Order, invoice int64) error {
	if o.Place.Message != 0 && v.at.Message == o.Place.Message && v.at.Chat == o.Place.Chat {
		return b.drawOrder(ctx, v, o)
	}
	r, _ := o.RefundOf(invoice)
	text := "return_started"
	if r.Status == shop.RefundSent {
		text = "return_sent"
	}
	_, err := b.show(ctx, v, screen{Text: v.voice.say(text, "Amount", r.Amount, "Order", o.ID)})
	return err
}
