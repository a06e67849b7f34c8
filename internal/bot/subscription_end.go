package bot

import (
	"context"
	"slices"

	"shopbot/internal/access"
	"shopbot/internal/shop"
)

func endSubscriptionButton(l localizer, a access.Access) button {
	return button{Text: l.Plain("button_subscription_end", "Title", a.Title), Data: data(actAccess, "e", a.SKU)}
}

// askEndSubscription asks whether the buyer's subscription of a product is to end.
func (b *Bot) askEndSubscription(ctx context.Context, r *request, sku string) error {
	a, err := b.chat.memory.Access(ctx, r.user.ID, sku)
	if err != nil {
		return err
	}
	if !a.Renews {
		return errStale
	}
	return b.show(ctx, r, endSubscriptionScreen(r.loc, a))
}

func endSubscriptionScreen(l localizer, a access.Access) screen {
	return screen{
		Text: l.Say("subscription_end_ask", "Title", a.Title, "At", l.Moment(a.Until)),
		Rows: [][]button{
			row(l.button("subscription_end_yes", actAccess, "y", a.SKU).styled(styleDanger)),
			row(l.button("subscription_end_no", actOrders)),
		},
	}
}

// endSubscription is the yes button.
func (b *Bot) endSubscription(ctx context.Context, r *request, sku string) error {
	begun, err := b.shop.Subscriptions(ctx, r.user.ID)
	if err != nil {
		return err
	}
	text := "subscription_ended"
	for i := range begun {
		if o := &begun[i]; o.Lines[0].SKU != sku || !o.RenewsItself() {
			continue
		}
		o, err := b.shop.EndSubscription(ctx, r.user.ID, begun[i].ID)
		switch {
		case err != nil:
			return err
		case o.EndSubscription != "":
			text = "subscription_ending"
		case o.RenewsItself():
			text = "subscription_kept"
		}
	}
	a, err := b.chat.memory.Access(ctx, r.user.ID, sku)
	if err != nil {
		return err
	}
	return b.show(ctx, r, subscriptionEndedScreen(r.loc, a, text))
}

func subscriptionEndedScreen(l localizer, a access.Access, text string) screen {
	return screen{
		Text: l.Say(text, "Title", a.Title, "At", l.Moment(a.Until)),
		Rows: [][]button{row(l.button("orders", actOrders))},
	}
}

// needing reads the orders that keep a buyer from deleting their data.
func (b *Bot) needing(ctx context.Context, ids []shop.OrderID) (needed []shop.Order, err error) {
	for _, id := range ids[:min(len(ids), forgetShown)] {
		o, err := b.shop.Order(ctx, id)
		if err != nil {
			return nil, err
		}
		needed = append(needed, o)
	}
	return needed, nil
}

// tellsOfKept reports whether people are just told that a subscription could not be ended.
func tellsOfKept(o *shop.Order) bool {
	return slices.ContainsFunc(o.Notices, func(n shop.Notice) bool { return n.What == shop.WhatRenewalKept })
}
