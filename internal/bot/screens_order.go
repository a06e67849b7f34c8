package bot

import (
	"strconv"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func itoa(n int) string { return strconv.Itoa(n) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// orderScreen is the one message of an order, whatever state it is in. What leads
// away from it opens a new message: this one is kept up to date and must not become another order's.
func orderScreen(v voice, o shop.Order, now time.Time) screen {
	s := screen{Text: orderText(v, o, now), Keep: true}
	id := string(o.ID)
	switch o.State {
	case shop.StateNew:
		s.Rows = [][]button{row(button{Text: v.plain("button_cancel"), Data: data(actCancel, id)}), row(anew(ordersButton(v)))}
	case shop.StateAwaiting:
		s.Rows = [][]button{
			row(button{Text: v.plain("button_pay", "Price", o.Total), URL: o.Invoice.URL}),
			row(button{Text: v.plain("button_check"), Data: data(actCheck, id)}),
			row(button{Text: v.plain("button_cancel"), Data: data(actCancel, id)}, anew(ordersButton(v))),
		}
	case shop.StateDelivered:
		s.Rows = [][]button{row(button{Text: v.plain("button_goods"), Data: data(actGoods, id)}), row(anew(ordersButton(v)), anew(catalogButton(v)))}
	case shop.StateCancelled:
		s.Rows = [][]button{
			row(anew(button{Text: v.plain("button_again"), Data: data(actProduct, o.Item.SKU, itoa(o.Item.Quantity))})),
			row(anew(ordersButton(v)), anew(catalogButton(v))),
		}
	case shop.StateHeld:
		if o.Hold == shop.HoldUndeliverable {
			s.Rows = append(s.Rows, row(button{Text: v.plain("button_collect"), Data: data(actCollect, id)}))
		}
		s.Rows = append(s.Rows, choiceRow(v, o), row(anew(ordersButton(v))))
	case shop.StatePaid, shop.StateRefunding, shop.StateRefunded:
		s.Rows = [][]button{row(anew(ordersButton(v)), anew(catalogButton(v)))}
	}
	for _, p := range o.Surplus() {
		s.Rows = append(s.Rows, row(returnButton(v, o, p.Invoice)))
	}
	return s
}

func catalogButton(v voice) button {
	return button{Text: v.plain("button_catalog"), Data: data(actCatalog)}
}

func orderText(v voice, o shop.Order, now time.Time) markup {
	facts := []any{"Order", o.ID, "Lines", orderLines(v, o)}
	switch o.State {
	case shop.StateNew:
		return v.say("order_new", facts...)
	case shop.StateAwaiting:
		minutes := max(int(o.Expires.Sub(now).Round(time.Minute)/time.Minute), 1)
		return v.say("order_awaiting", append(facts, "Count", minutes, "Until", clock(o.Expires))...)
	case shop.StatePaid:
		return v.say("order_paid", facts...)
	case shop.StateHeld:
		return v.say("order_held", append(facts, "Reason", heldText(v, o, string(o.Hold)))...)
	case shop.StateDelivered:
		return v.say("order_delivered", facts...)
	case shop.StateRefunding:
		r, _ := o.PendingRefund()
		return v.say("order_refunding", append(facts, "Amount", r.Amount)...)
	case shop.StateRefunded:
		return v.say("order_refunded", facts...)
	default:
		return v.say("order_cancelled_"+string(o.Cancelled), facts...)
	}
}

func orderLines(v voice, o shop.Order) markup {
	return v.say("order_lines", "Title", o.Item.Title, "Quantity", o.Item.Quantity, "Total", o.Total)
}

// ordersPage is how many orders one screen lists.
const ordersPage = 8

// ordersScreen lists a buyer's orders, newest first. before tells where the page begins.
func ordersScreen(v voice, orders []shop.Order, before shop.OrderID) screen {
	if len(orders) == 0 && before == "" {
		return screen{Text: v.say("orders_none"), Rows: [][]button{row(catalogButton(v), homeButton(v))}}
	}
	s := screen{Text: v.say("orders")}
	more := len(orders) > ordersPage
	if more {
		orders = orders[:ordersPage]
	}
	for _, o := range orders {
		line := v.plain("orders_line", "Mark", mark(o.State), "Title", o.Item.Title,
			"Quantity", o.Item.Quantity, "Date", o.Created.UTC().Format("02.01."))
		s.Rows = append(s.Rows, row(button{Text: line, Data: data(actOrder, string(o.ID))}))
	}
	var paging []button
	if before != "" {
		paging = append(paging, button{Text: v.plain("button_newest"), Data: data(actOrders)})
	}
	if more {
		paging = append(paging, button{Text: v.plain("button_older"), Data: data(actOrders, string(orders[len(orders)-1].ID))})
	}
	s.Rows = append(s.Rows, paging, row(catalogButton(v), homeButton(v)))
	return s
}

func mark(s shop.State) string {
	switch s {
	case shop.StateDelivered:
		return "✅"
	case shop.StatePaid:
		return "📨"
	case shop.StateHeld:
		return "⚠️"
	case shop.StateRefunding, shop.StateRefunded:
		return "↩️"
	case shop.StateCancelled:
		return "✖️"
	default:
		return "⏳"
	}
}

// hint is what an owner can do about a refund that was refused.
func hint(v voice, refusal string) markup {
	id := "hint_" + refusal
	if said := v.say(id); said != markup(id) {
		return said
	}
	return v.say("hint_other")
}

// buyerHint is what a buyer can do about a refund that was refused; nothing where it is not the buyer's to mend.
func buyerHint(v voice, refusal string) markup {
	if refusal == "USER_NOT_FOUND" {
		return v.say("refund_refused_start")
	}
	return ""
}

// paid is all that was paid for an order, each asset once.
func paid(o shop.Order) string {
	var sums []money.Amount
	for _, asset := range o.PaidAssets() {
		sums = append(sums, o.Paid(asset))
	}
	return prices(sums)
}

// buyer is how an owner knows a buyer.
func buyer(b shop.Buyer) markup {
	return markup(`<a href="tg://user?id=`+strconv.FormatInt(b.ID, 10)+`">`) + escape(or(cleanName(b.Name), strconv.FormatInt(b.ID, 10))) + "</a>"
}

func limited(p catalog.Product) bool { return p.Deliver == catalog.Keys }
