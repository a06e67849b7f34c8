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
func (b *Bot) buyCommand(ctx context.Context, v *visit) error {
	words := strings.Fields(v.args)
	if len(words) == 0 {
		return b.categories(ctx, v)
	}
	p, found := v.catalog.Product(words[0])
	if !found {
		return b.showProduct(ctx, v, words[0], 1) // says what there is instead
	}
	n, ok := 1, true
	if len(words) > 1 {
		n, ok = quantity(words[1])
	}
	if !ok || len(words) > 2 {
		return b.wrongQuantity(ctx, v, p.SKU, p.Limit)
	}
	return b.checkout(ctx, v, p.SKU, n, v.origin("", time.Time{}))
}

func (b *Bot) wrongQuantity(ctx context.Context, v *visit, sku string, limit int) error {
	text := v.voice.say("quantity_wrong", "Limit", limit, "SKU", sku)
	_, err := b.chat.send(ctx, v.user.ID, screen{Text: text})
	return err
}

// buyButton makes the order of one drawing of the Buy button, however often it is pressed.
func (b *Bot) buyButton(ctx context.Context, v *visit) error {
	parts := strings.Split(v.args, ":")
	if len(parts) != 3 {
		return errStale
	}
	n, ok := quantity(parts[1])
	drawn, err := nonceTime(parts[2], time.Now())
	if !ok || err != nil {
		v.toast = v.voice.plain("stale_button")
		return b.showProduct(ctx, v, parts[0], max(n, 1))
	}
	return b.checkout(ctx, v, parts[0], n, v.origin(parts[2], drawn))
}

func (b *Bot) checkout(ctx context.Context, v *visit, sku string, n int, origin shop.Origin) error {
	o, err := b.shop.Checkout(ctx, shop.Request{
		Buyer: v.buyer(), SKU: sku, Quantity: n, Origin: origin, Place: v.at,
	})
	var soldOut *shop.SoldOutError
	var wrong *shop.QuantityError
	var lapsed *shop.LapsedError
	switch {
	case errors.As(err, &soldOut):
		return b.soldOut(ctx, v, soldOut)
	case errors.As(err, &wrong):
		return b.wrongQuantity(ctx, v, sku, wrong.Limit)
	case errors.As(err, &lapsed):
		return b.say(ctx, v, "too_many_lapsed", "Until", moment(lapsed.Until))
	case err != nil:
		return err
	}
	return b.drawOrder(ctx, v, o)
}

// soldOut says so and shows what can be had now.
func (b *Bot) soldOut(ctx context.Context, v *visit, e *shop.SoldOutError) error {
	text := v.voice.say("sold_out_all")
	if e.Left > 0 {
		text = v.voice.say("sold_out_left", "Count", e.Left)
	}
	if v.query != nil {
		v.toast, v.alert = stripTags(string(text)), true
	} else if _, err := b.chat.send(ctx, v.user.ID, screen{Text: text}); err != nil {
		return err
	}
	return b.showProduct(ctx, v, e.SKU, max(e.Left, 1))
}

// cancelLook is among how many of the newest orders an unpaid one is looked for.
const cancelLook = 100

// cancelCommand gives up the newest unpaid order.
func (b *Bot) cancelCommand(ctx context.Context, v *visit) error {
	orders, err := b.shop.OrdersOf(ctx, v.user.ID, "", cancelLook)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.Open() {
			return b.cancel(ctx, v, o.ID)
		}
	}
	_, err = b.show(ctx, v, screen{Text: v.voice.say("cancel_nothing"), Rows: mainMenu(v.voice)})
	return err
}

func (b *Bot) cancelButton(ctx context.Context, v *visit) error {
	id, err := shop.ParseOrderID(v.args)
	if err != nil {
		return errStale
	}
	return b.cancel(ctx, v, id)
}

func (b *Bot) cancel(ctx context.Context, v *visit, id shop.OrderID) error {
	o, err := b.shop.Cancel(ctx, v.user.ID, id)
	switch {
	case errors.Is(err, shop.ErrIllegalMove):
		v.toast, v.alert = v.voice.plain("cancel_too_late"), true
		if o, err = b.shop.OrderOf(ctx, v.user.ID, id); err != nil {
			return err
		}
		if v.query == nil { // a toast would not be seen
			if err := b.say(ctx, v, "cancel_too_late"); err != nil {
				return err
			}
		}
		return b.drawOrder(ctx, v, o)
	case err != nil:
		return err
	default:
		v.toast = v.voice.plain("cancel_done")
	}
	if v.at.Message == 0 && o.Place.Message != 0 {
		// By command: the order's own message loses its buttons as well.
		if _, err := b.chat.edit(ctx, o.Place, orderScreen(v.voice, o, time.Now())); err != nil {
			return err
		}
		_, err = b.chat.send(ctx, v.user.ID, screen{Text: v.voice.say("cancel_done"), Rows: mainMenu(v.voice)})
		return err
	}
	return b.drawOrder(ctx, v, o)
}
