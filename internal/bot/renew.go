package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// renew is the button under a cancelled order: it makes a new order of the same lines in the same
// message, with the stock and the prices of now, and says what has changed. However often the button
// is pressed within a nonceLife, that is one new order.
func (b *Bot) renew(ctx context.Context, r *request) error {
	number, coin, _ := strings.Cut(r.args, ":")
	old, err := b.own(ctx, r, number)
	switch {
	case err != nil:
		return err
	case old.State != shop.StateCancelled: // paid late
		return b.drawOrder(ctx, r, old)
	}
	hand, err := b.couponInHand(ctx, r)
	if err != nil {
		return err
	}
	if coin == "" && len(old.Assets) == 1 {
		coin = coinName(old.Assets[0])
	}
	items, changes := offeredStill(r.loc, r.catalog, old)
	p := purchase{
		items: items, origin: renewal(old, time.Now()), coin: coin,
		button: data(actRenew, string(old.ID)), back: data(actOrder, string(old.ID)),
	}
	asset, choose := b.coinOf(r, p)
	if choose && len(items) > 0 && !old.InStars() {
		return b.chooseCoin(ctx, r, p, hand)
	}
	made, less, err := b.orderLeft(ctx, r, &p, shop.Request{
		Buyer: r.buyer(), Asset: asset, Rail: railFor(asset), Origin: p.origin, Message: r.at, Coupon: hand,
	})
	changes = append(changes, less...)
	switch {
	case len(p.items) == 0:
		r.warn("renewed_nothing")
		return b.drawOrder(ctx, r, old)
	case errors.Is(err, shop.ErrUnanswered) && len(p.items) > 1: // asked when the cart is ordered
		return b.backToCart(ctx, r, string(old.ID))
	case err != nil:
		return b.refuse(ctx, r, p, err)
	}
	if !made.Price().Equal(old.Price()) || !made.Stars.Equal(old.Stars) {
		changes = append(changes, r.loc.Plain("renewed_price", "Total", made.Prices(), "Old", old.Prices()))
	}
	r.toast, r.alert = strings.Join(changes, "\n"), len(changes) > 0
	if err := b.takeMessage(ctx, r, old); err != nil {
		return err
	}
	if err := b.drawOrder(ctx, r, made); err != nil {
		return err
	}
	return b.couponSpent(ctx, r, hand, made)
}

// orderLeft orders as much of a purchase as there is, and leaves that in p: no items if there is nothing.
// changes say what is less.
func (b *Bot) orderLeft(ctx context.Context, r *request, p *purchase, ask shop.Request) (made shop.Order, changes []string, err error) {
	for tries := 2 * len(p.items); len(p.items) > 0 && tries >= 0; tries-- {
		ask.Items = p.items
		made, err = b.shop.Checkout(ctx, ask)
		soldOut, short := errors.AsType[*shop.SoldOutError](err)
		if !short {
			break
		}
		var change string
		p.items, change = fewer(r.loc, r.catalog, p.items, soldOut)
		changes = append(changes, change)
	}
	return made, changes, err
}

// takeMessage takes an order's message away from it, for another order. What happens to the former
// from then on is told by messages of its own.
func (b *Bot) takeMessage(ctx context.Context, r *request, old shop.Order) error {
	if old.Message.Chat != r.at.Chat || old.Message.Message != r.at.Message || r.at.Message == 0 {
		return nil
	}
	r.at.Page = old.Message.Page
	_, err := b.shop.SetMessage(ctx, old.ID, shop.MessageRef{})
	return err
}

// renewal is the act of renewing an order: the same for all presses within a nonceLife, since an
// order's number must not tell of a time long ago. Its order comes right after the old one.
func renewal(old shop.Order, now time.Time) shop.Origin {
	lives := max(now.Sub(old.Created)/nonceLife, 0)
	return shop.Origin{
		Chat: old.Buyer.ID, User: old.Buyer.ID, Act: "renew " + string(old.ID), At: old.Created.Add(time.Second + lives*nonceLife),
	}
}

// offeredStill is what of an order's lines can be ordered now, as far as the catalog says, and what
// has changed about the others.
func offeredStill(l localizer, c *catalog.Catalog, old shop.Order) (items []shop.Item, changes []string) {
	for _, line := range old.Lines {
		p, found := c.Offered(line.SKU)
		if !found {
			changes = append(changes, l.Plain("renewed_gone", "Title", line.Title))
			continue
		}
		n := line.Quantity
		if n > p.Limit {
			n = p.Limit
			changes = append(changes, l.Plain("renewed_fewer", "Title", line.Title, "Left", n, "Wanted", line.Quantity))
		}
		items = append(items, shop.Item{SKU: line.SKU, Quantity: n, Answers: line.Answers})
	}
	return items, changes
}

// fewer is items with no more of a product than is left of it, and what that changes.
func fewer(l localizer, c *catalog.Catalog, items []shop.Item, e *shop.SoldOutError) (left []shop.Item, change string) {
	p, _ := c.Product(e.SKU)
	free, wanted := max(e.Left, 0), 0
	left = slices.Clone(items)
	for i := range left {
		if left[i].SKU == e.SKU {
			wanted += left[i].Quantity
			left[i].Quantity = min(left[i].Quantity, free)
			free -= left[i].Quantity
		}
	}
	left = slices.DeleteFunc(left, func(i shop.Item) bool { return i.Quantity == 0 })
	if e.Left <= 0 {
		return left, l.Plain("renewed_gone", "Title", p.Title)
	}
	return left, l.Plain("renewed_fewer", "Title", p.Title, "Left", e.Left, "Wanted", wanted)
}
