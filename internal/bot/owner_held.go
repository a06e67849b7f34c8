package bot

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// heldPage is how many orders one screen of /held lists.
const heldPage = 5

// held is /held and its buttons: the paid orders that wait for a person, the longest waiting first.
func (b *Bot) held(ctx context.Context, r *request) error {
	after, err := r.pageStart()
	if err != nil {
		return err
	}
	orders, err := b.shop.Orders(ctx, shop.Filter{State: shop.StateHeld, After: after, Limit: heldPage + 1})
	if err != nil {
		return err
	}
	return b.show(ctx, r, heldScreen(r.loc, orders, after))
}

// heldScreen lists held orders, each with its buttons. after tells where the page begins.
func heldScreen(l localizer, orders []shop.Order, after shop.OrderID) screen {
	orders, paging := pageAfter(orders, heldPage, after != "", l.button("first", actHeld), l.button("next", actHeld), orderNumber)
	if len(orders) == 0 {
		return screen{Text: l.Say("held_none"), Rows: [][]button{paging, row(l.button("staff_home", actAdmin))}}
	}
	s := screen{Text: l.Say("held_list")}
	for i, o := range orders {
		number := itoa(i + 1)
		s.Text += "\n\n" + l.Say("held_line", "Number", number, "Order", o.ID, "Items", items(l, o.Lines, 3),
			"Total", o.Price(), "Buyer", buyer(l, o.Buyer), "Since", l.Moment(waitsSince(o)),
			"Reason", holdText(l, o), "Choice", choiceText(l, o))
		open := button{Text: number + " · " + l.Plain("button_details"), Data: data(actDetails, string(o.ID))}
		if o.Hold == shop.HoldManual {
			s.Rows = append(s.Rows, append(append(row(open), slices.Concat(madeRows(l, o)...)...), anew(l.button("refund", actAskRefund, string(o.ID)))))
			continue
		}
		s.Rows = append(s.Rows, row(open, anew(l.button("deliver", actRelease, string(o.ID))), l.button("refund", actAskRefund, string(o.ID))))
	}
	s.Rows = append(s.Rows, paging, row(l.button("staff_home", actAdmin)))
	return s
}

// holdText says why an order is held, and of what is made by hand until when it is promised.
func holdText(l localizer, o shop.Order) markup {
	id := "hold_" + string(o.Hold)
	if o.Late(time.Now()) {
		id += "_late"
	}
	return l.Say(id, "Until", l.Moment(o.Promised()))
}

// stateText is the state of an order in words.
func stateText(l localizer, o shop.Order) string {
	if o.Hold == shop.HoldManual && o.State == shop.StateHeld {
		return l.Plain("state_manual")
	}
	return l.Plain("state_" + string(o.State))
}

func heldRow(l localizer, o shop.Order) []button {
	return row(
		l.button("deliver", actRelease, string(o.ID)),
		l.button("refund", actAskRefund, string(o.ID)),
	)
}

// waitsSince is when the buyer of a held order paid.
func waitsSince(o shop.Order) time.Time {
	if len(o.Payments) > 0 {
		return o.Payments[0].At
	}
	return o.Created
}

// choiceText is what the buyer of a held order chose, for owners; "" if nothing yet.
func choiceText(l localizer, o shop.Order) markup {
	if o.Choice == "" {
		return ""
	}
	return l.Say("owner_choice_" + string(o.Choice))
}
