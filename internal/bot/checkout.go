package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// buyCommand is "/buy", which leads through the catalog, or "/buy SKU [QTY]",
// which makes an order at once.
func (b *Bot) buyCommand(ctx context.Context, r *request) error {
	words := strings.Fields(r.args)
	if len(words) == 0 {
		return b.categories(ctx, r)
	}
	p, found := r.catalog.Product(words[0])
	if !found {
		return b.showProduct(ctx, r, words[0], 1) // says what there is instead
	}
	n, ok := 1, true
	if len(words) > 1 {
		n, ok = quantity(words[1])
	}
	if !ok || len(words) > 2 {
		return b.wrongQuantity(ctx, r, p.SKU, p.Limit)
	}
	return b.checkout(ctx, r, p.SKU, n, r.origin("", time.Time{}))
}

func (b *Bot) wrongQuantity(ctx context.Context, r *request, sku string, limit int) error {
	return b.say(ctx, r, "quantity_wrong", "Limit", limit, "SKU", sku)
}

// buyButton makes the order of one drawing of the Buy button, however often it is pressed.
func (b *Bot) buyButton(ctx context.Context, r *request) error {
	parts := strings.Split(r.args, ":")
	if len(parts) != 3 {
		return errStale
	}
	n, ok := quantity(parts[1])
	drawn, err := b.nonces.drawn(r.user.ID, parts[2], time.Now())
	if !ok || err != nil {
		r.toast = r.loc.plain("stale_button")
		return b.showProduct(ctx, r, parts[0], max(n, 1))
	}
	return b.checkout(ctx, r, parts[0], n, r.origin(parts[2], drawn))
}

func (b *Bot) checkout(ctx context.Context, r *request, sku string, n int, origin shop.Origin) error {
	o, err := b.shop.Checkout(ctx, shop.Request{
		Buyer: r.buyer(), Items: []shop.Item{{SKU: sku, Quantity: n}}, Origin: origin, Message: r.at,
	})
	var soldOut *shop.SoldOutError
	var wrong *shop.QuantityError
	var lapsed *shop.LapsedError
	switch {
	case errors.As(err, &soldOut):
		return b.soldOut(ctx, r, soldOut)
	case errors.As(err, &wrong):
		return b.wrongQuantity(ctx, r, sku, wrong.Limit)
	case errors.As(err, &lapsed):
		return b.say(ctx, r, "too_many_lapsed", "Until", moment(lapsed.Until))
	case err != nil:
		return err
	}
	return b.drawOrder(ctx, r, o)
}

// soldOut says so and shows what can be had now.
func (b *Bot) soldOut(ctx context.Context, r *request, e *shop.SoldOutError) error {
	text, facts := "sold_out_all", []any(nil)
	if e.Left > 0 {
		text, facts = "sold_out_left", []any{"Count", e.Left}
	}
	if r.query != nil {
		r.warn(text, facts...)
	} else if err := b.say(ctx, r, text, facts...); err != nil {
		return err
	}
	return b.showProduct(ctx, r, e.SKU, max(e.Left, 1))
}

// cancelLook is among how many of the newest orders an unpaid one is looked for.
const cancelLook = 100

// cancelCommand leaves a form, or else gives up the newest unpaid order.
func (b *Bot) cancelCommand(ctx context.Context, r *request) error {
	if r.left {
		return b.say(ctx, r, "form_left")
	}
	orders, err := b.shop.OrdersOf(ctx, r.user.ID, "", cancelLook)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.Open() {
			return b.cancel(ctx, r, o.ID)
		}
	}
	return b.menu(ctx, r, "cancel_nothing")
}

func (b *Bot) cancel(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Cancel(ctx, r.user.ID, id)
	switch {
	case errors.Is(err, shop.ErrIllegalMove):
		r.warn("cancel_too_late")
		if o, err = b.shop.OrderOf(ctx, r.user.ID, id); err != nil {
			return err
		}
		if r.query == nil { // a toast would not be seen
			if err := b.say(ctx, r, "cancel_too_late"); err != nil {
				return err
			}
		}
		return b.drawOrder(ctx, r, o)
	case err != nil:
		return err
	}
	r.toast = r.loc.plain("cancel_done")
	if r.at.Message == 0 && o.Message.Message != 0 {
		// By command: the order's own message loses its buttons as well.
		if err := b.chat.redraw(ctx, r.loc, o); err != nil {
			return err
		}
		return b.menu(ctx, r, "cancel_done")
	}
	return b.drawOrder(ctx, r, o)
}
