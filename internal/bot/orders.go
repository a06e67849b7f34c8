package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	tgbot "github.com/go-telegram/bot"

	"shopbot/internal/shop"
)

func (b *Bot) orders(ctx context.Context, r *request) error {
	before, err := r.pageStart()
	if err != nil {
		return err
	}
	orders, err := b.shop.OrdersOf(ctx, r.user.ID, before, ordersPage+1)
	if err != nil {
		return err
	}
	s := ordersScreen(r.loc, orders, before, time.Now())
	if before == "" {
		list, err := b.accessOf(ctx, r.user.ID)
		if err != nil {
			return err
		}
		s = withAccess(r.loc, s, list)
	}
	return b.show(ctx, r, s)
}

// pageStart is the order that the button to a page of orders names; "" for the first page.
func (r *request) pageStart() (shop.OrderID, error) {
	if r.query == nil || r.args == "" {
		return "", nil
	}
	return orderArgument(r.args)
}

// orderArgument reads an order's id from a button. errStale.
func orderArgument(s string) (shop.OrderID, error) {
	id, err := shop.ParseOrderID(s)
	if err != nil {
		return "", errStale
	}
	return id, nil
}

// order opens an order from a list of them, and notes which page that was.
func (b *Bot) order(ctx context.Context, r *request) error {
	number, before, paged := strings.Cut(r.args, ":")
	if paged {
		page, err := orderArgument(before)
		if err != nil {
			return err
		}
		r.at.Page = page
	}
	return b.showOrder(ctx, r, number)
}

// showOrder draws a buyer's own order, and from then on keeps that message up to date.
func (b *Bot) showOrder(ctx context.Context, r *request, number string) error {
	o, err := b.own(ctx, r, number)
	if err != nil {
		return err
	}
	return b.drawOrder(ctx, r, o)
}

// own reads an order of the person who asks. Somebody else's is ErrNotFound, like one that does not
// exist.
func (b *Bot) own(ctx context.Context, r *request, number string) (shop.Order, error) {
	id, err := shop.ParseOrderID(number)
	if err != nil {
		return shop.Order{}, shop.ErrNotFound
	}
	return b.shop.OrderOf(ctx, r.user.ID, id)
}

// drawOrder shows an order, notes where, and draws again if it has moved on meanwhile.
func (b *Bot) drawOrder(ctx context.Context, r *request, o shop.Order) error {
	if r.at.Page == "" && r.at.Chat == o.Message.Chat && r.at.Message == o.Message.Message {
		r.at.Page = o.Message.Page
	}
	for {
		drawn := o
		drawn.Message.Page = r.at.Page
		ref, err := b.draw(ctx, r, orderScreen(r.loc, drawn, time.Now(), maxText))
		if err != nil {
			return err
		}
		r.at = ref
		b.retire(ctx, o.Message, ref)
		var now shop.Order
		if ref == o.Message && !o.Outdated { // looking costs no commit
			now, err = b.shop.Order(ctx, o.ID)
		} else {
			now, err = b.shop.SetMessage(ctx, o.ID, ref)
		}
		if err != nil || now.State == o.State && now.Invoice == o.Invoice && now.StarsInvoice == o.StarsInvoice {
			return err
		}
		o = now
	}
}

// outdatedLook is how many of a person's latest orders are looked at for messages that are
// outdated.
const outdatedLook = 5

// redrawOutdated redraws the messages of orders that moved on while their buyer could not be
// reached. The buyer is there now.
func (b *Bot) redrawOutdated(ctx context.Context, r *request) {
	orders, err := b.shop.OrdersOf(ctx, r.user.ID, "", outdatedLook)
	for i := range orders {
		if err != nil {
			break
		}
		if o := &orders[i]; o.Outdated || o.Untold() {
			err = b.chat.redraw(ctx, r.loc, *o)
			if err == nil && o.Outdated {
				_, err = b.shop.SetMessage(ctx, o.ID, o.Message)
			}
		}
	}
	if err != nil {
		b.log.WarnContext(ctx, "redraw outdated orders failed", "user", r.user.ID, "error", err)
	}
}

// retire takes the buttons off an order's former message: only one is kept up to date.
func (b *Bot) retire(ctx context.Context, old, now shop.MessageRef) {
	if old == (shop.MessageRef{}) || old.Chat == now.Chat && old.Message == now.Message {
		return
	}
	_, err := b.chat.tg.EditMessageReplyMarkup(ctx, &tgbot.EditMessageReplyMarkupParams{
		ChatID: old.Chat, MessageID: old.Message, ReplyMarkup: screen{}.keyboard(),
	})
	if err != nil {
		b.log.DebugContext(ctx, "take old buttons away failed", "user", old.Chat, "error", err)
	}
}

func (b *Bot) checkPayment(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.CheckPayment(ctx, r.user.ID, id)
	switch {
	case errors.Is(err, shop.ErrNotFound):
		return err
	case err != nil:
		b.log.WarnContext(ctx, "check payment failed", "order", id, "error", err)
		text := "check_failed"
		if _, refused := errors.AsType[*shop.RefusedError](err); refused { // it would be again
			text = "check_refused"
		}
		r.warn(text)
		return nil
	case o.Open():
		r.warn("not_paid_yet")
		return nil
	}
	return b.drawOrder(ctx, r, o)
}

// goods sends the goods of an order once more. A line that cannot be sent keeps none of the others
// back.
func (b *Bot) goods(ctx context.Context, r *request) error {
	o, err := b.own(ctx, r, r.args)
	if err != nil {
		return err
	}
	if !o.HasGoodsToShow() {
		r.warn("goods_not_yet")
		return nil
	}
	b.answer(ctx, r)
	var broken error
	for i := range o.Lines {
		if !o.Shows(&o.Lines[i]) {
			continue
		}
		opened, err := b.courier.openPlace(ctx, o, i)
		if isShut(err) {
			if err := b.courier.tellShut(ctx, r.loc, o, i, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			broken = errors.Join(broken, err)
			continue
		}
		messages, err := render(r.loc, opened, i, r.catalog.ReadFile)
		if err != nil {
			broken = errors.Join(broken, err)
			continue
		}
		if err := b.chat.sendDelivery(ctx, r.user.ID, messages, deliveryRows(r.loc, o, i)); err != nil {
			return err
		}
	}
	return broken
}

func (b *Bot) collect(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Collect(ctx, r.user.ID, id)
	if err != nil {
		return err
	}
	return b.drawOrder(ctx, r, o)
}

// wait is the button "Wait for it" under a held order.
func (b *Bot) wait(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Wait(ctx, r.user.ID, id)
	return b.chosen(ctx, r, id, o, err)
}

// moneyBack is the button "Money back" under a held order.
func (b *Bot) moneyBack(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.MoneyBack(ctx, r.user.ID, id)
	return b.chosen(ctx, r, id, o, err)
}

// chosen shows what has become of an order after its buyer's choice. If the order has moved
// on meanwhile, its screen says how.
func (b *Bot) chosen(ctx context.Context, r *request, id shop.OrderID, o shop.Order, err error) error {
	switch {
	case errors.Is(err, shop.ErrOwnerDecides):
		r.warn("owner_decides")
	case errors.Is(err, shop.ErrNoChoice), errors.Is(err, shop.ErrNothingPaid):
		r.toast = r.loc.Plain("choice_over")
	case err != nil:
		return err
	}
	if err != nil {
		if o, err = b.shop.OrderOf(ctx, r.user.ID, id); err != nil {
			return err
		}
	}
	return b.drawOrder(ctx, r, o)
}

// returnSurplus is the button "Send it back", the buyer's or an owner's. However often and by both
// it is pressed, it is one transfer.
func (b *Bot) returnSurplus(ctx context.Context, r *request) error {
	number, name, _ := strings.Cut(r.args, ":")
	id, err := orderArgument(number)
	if err != nil {
		return err
	}
	o, err := b.shop.Order(ctx, id)
	if err != nil {
		return err
	}
	if o.Buyer.ID != r.user.ID && !r.role.May(shop.RoleManager) {
		return shop.ErrNotFound
	}
	invoice := namedPayment(o, name)
	o, err = b.shop.ReturnSurplus(ctx, id, invoice, r.user.ID)
	switch {
	case errors.Is(err, shop.ErrOwnerDecides), errors.Is(err, shop.ErrRefundTooBig), errors.Is(err, shop.ErrNothingPaid):
		return shop.ErrOwnerDecides
	case errors.Is(err, shop.ErrNoSurplus), errors.Is(err, shop.ErrIllegalMove):
		return errStale
	case err != nil:
		return err
	}
	return b.showReturn(ctx, r, o, invoice)
}

// showReturn says how far the return of a surplus payment is, in the place of its button.
func (b *Bot) showReturn(ctx context.Context, r *request, o shop.Order, invoice string) error {
	if o.Message.Message != 0 && r.at.Message == o.Message.Message && r.at.Chat == o.Message.Chat {
		return b.drawOrder(ctx, r, o)
	}
	refund, _ := o.RefundOf(invoice)
	text := "return_started"
	if refund.Status == shop.RefundSent {
		text = "return_sent"
	}
	return b.show(ctx, r, screen{Text: r.loc.Say(ofAmount(text, refund.Amount), "Amount", refund.Amount, "Order", o.ID)})
}
