package bot

import (
	"context"
	"time"

	"shopbot/internal/shop"
)

// heldPage is how many orders one screen of /held lists.
const heldPage = 5

// held is /held and its buttons: the paid orders that wait for a person, the longest waiting first.
func (b *Bot) held(ctx context.Context, v *visit) error {
	after := shop.OrderID("")
	if v.query != nil && v.args != "" {
		id, err := shop.ParseOrderID(v.args)
		if err != nil {
			return errStale
		}
		after = id
	}
	orders, err := b.shop.Orders(ctx, shop.Filter{State: shop.StateHeld, After: after, Limit: heldPage + 1})
	if err != nil {
		return err
	}
	_, err = b.show(ctx, v, heldScreen(v.voice, orders, after))
	return err
}

// heldScreen lists held orders, each with its buttons. after tells where the page begins.
func heldScreen(v voice, orders []shop.Order, after shop.OrderID) screen {
	first := button{Text: v.plain("button_first"), Data: data(actHeld)}
	if len(orders) == 0 {
		s := screen{Text: v.say("held_none")}
		if after != "" {
			s.Rows = [][]button{row(first)}
		}
		return s
	}
	more := len(orders) > heldPage
	if more {
		orders = orders[:heldPage]
	}
	s := screen{Text: v.say("held_list")}
	for i, o := range orders {
		number := itoa(i + 1)
		s.Text += "\n\n" + v.say("held_line", "Number", number, "Order", o.ID, "Title", clip(v.text(o.Item.Title), 60),
			"Quantity", o.Item.Quantity, "Total", o.Total, "Buyer", buyer(o.Buyer), "Since", moment(waitsSince(o)),
			"Reason", v.say("hold_"+string(o.Hold)), "Wish", wishText(v, o))
		s.Rows = append(s.Rows, row(
			button{Text: number + " · " + v.plain("button_details"), Data: data(actDetails, string(o.ID))},
			anew(button{Text: v.plain("button_deliver"), Data: data(actRelease, string(o.ID))}),
			button{Text: v.plain("button_refund"), Data: data(actAskRefund, string(o.ID))},
		))
	}
	var paging []button
	if after != "" {
		paging = append(paging, first)
	}
	if more {
		paging = append(paging, button{Text: v.plain("button_next"), Data: data(actHeld, string(orders[len(orders)-1].ID))})
	}
	s.Rows = append(s.Rows, paging)
	return s
}

// waitsSince is when the buyer of a held order paid.
func waitsSince(o shop.Order) time.Time {
	if len(o.Payments) > 0 {
		return o.Payments[0].At
	}
	return o.Created
}

// wishText is what the buyer of a held order chose, for owners; nothing where the buyer has not.
func wishText(v voice, o shop.Order) markup {
	if o.Wish == "" {
		return ""
	}
	return v.say("owner_wish_" + string(o.Wish))
}
