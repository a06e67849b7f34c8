package bot

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func itoa[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// orderScreen is the one message of an order, whatever state it is in. What leads away from it
// opens a new message: this one is kept up to date and must not become another order's. Its text
// has at most limit units: of a long list of lines it shows the beginning.
func orderScreen(l localizer, o shop.Order, now time.Time, limit int) screen {
	s := screen{Text: orderText(l, o, now, ""), Keep: true}
	s.Text = orderText(l, o, now, orderLines(l, o, limit-visible(s.Text)))
	id := string(o.ID)
	goods := l.button("goods", actGoods, id)
	list := anew(l.button("orders", actOrders))
	if o.Message.Page != "" {
		list = anew(l.button("orders", actOrders, string(o.Message.Page)))
	}
	away := row(list, anew(l.button("catalog", actCatalog)))
	switch o.State {
	case shop.StateNew:
		s.Rows = [][]button{
			row(button{Text: l.Plain("button_pay_soon"), Data: actNothing}), row(cancelButton(l, id), list),
		}
	case shop.StateAwaiting:
		s.Rows = append(payRows(l, o), row(l.button("check", actCheck, id)), row(cancelButton(l, id), list))
	case shop.StatePaid, shop.StateDelivered:
		if o.HasGoodsToShow() {
			s.Rows = append(s.Rows, row(goods))
		}
		s.Rows = append(s.Rows, away)
	case shop.StateCancelled:
		s.Rows = [][]button{row(againButton(l, o))}
		if len(o.Lines) > 1 && renewable(o) {
			s.Rows = append(s.Rows, row(cartBackButton(l, o)))
		}
		s.Rows = append(s.Rows, away)
	case shop.StateHeld:
		if o.HasGoodsToShow() {
			s.Rows = append(s.Rows, row(goods))
		}
		if o.Hold == shop.HoldUndeliverable {
			s.Rows = append(s.Rows, row(l.button("collect", actCollect, id)))
		}
		s.Rows = append(s.Rows, choiceRow(l, o), row(list))
	case shop.StateRefunding, shop.StateRefunded:
		if o.HasGoodsToShow() {
			s.Rows = append(s.Rows, row(goods))
		}
		s.Rows = append(s.Rows, away)
	}
	for _, p := range o.Surplus() {
		s.Rows = append(s.Rows, row(returnButton(l, o, p.Invoice)))
	}
	s.Rows = append(s.Rows, rateButtons(l, o))
	if len(o.Payments) > 0 {
		s.Rows = append(s.Rows, paidRows(l, o)...)
	}
	s.Rows = append(checkRows(l, o), s.Rows...)
	return s
}

func orderText(l localizer, o shop.Order, now time.Time, listed markup) markup {
	id, facts := "order_"+string(o.State), []any{"Order", o.ID, "Lines", withRefunds(l, o, listed) + coinLine(l, o)}
	switch o.State {
	case shop.StateAwaiting:
		facts = append(facts, "Count", minutesLeft(o, now), "Until", l.Clock(o.Expires))
	case shop.StateDelivered:
		facts = append(facts, "At", l.Moment(o.Delivered))
	case shop.StateHeld:
		facts = append(facts, "Reason", heldText(l, o, string(o.Hold)))
	case shop.StateRefunding:
		r, _ := o.PendingRefund()
		facts = append(facts, "Amount", r.Amount)
		id = ofAmount(id, r.Amount)
		if r.Way == shop.ByCheck {
			id += "_check"
		}
	case shop.StateCancelled:
		id += "_" + string(o.Cancelled)
	case shop.StateRefunded:
		id = ofAmount(id, o.Price())
		if unopened(o) {
			id += "_check"
		}
	case shop.StatePaid:
		if o.Preparing {
			id += "_preparing"
		}
	case shop.StateNew:
	}
	said := sections(l.Say(id, facts...), placeLines(l, o), orderRenews(l, o))
	if o.State == shop.StateAwaiting && o.Lapses > 0 {
		said += "\n\n" + l.Say("hold_shortened", "Count", o.Lapses)
	}
	if o.State == shop.StateCancelled && o.Cancelled == shop.CancelExpired {
		said += "\n\n" + l.Say("renew_hint")
	}
	return said
}

// payRows are the buttons that open the invoices of an unpaid order. Whichever is paid first counts.
func payRows(l localizer, o shop.Order) (rows [][]button) {
	pay := func(price money.Amount, link string) {
		if link != "" {
			rows = append(rows, row(button{Text: l.Plain("button_pay", "Price", price), URL: link, Style: styleSuccess}))
		}
	}
	pay(o.Price(), o.Invoice.URL)
	if !o.InStars() {
		pay(o.Stars, o.StarsInvoice.URL)
	}
	return rows
}

// ofAmount names a text that is another one for Stars.
func ofAmount(id string, a money.Amount) string {
	if a.Currency() == catalog.Stars {
		return id + "_stars"
	}
	return id
}

// minutesLeft is how long an order can still be paid, at least a minute.
func minutesLeft(o shop.Order, now time.Time) int {
	return max(int(o.Expires.Sub(now).Round(time.Minute)/time.Minute), 1)
}

// coinLine says which coin alone an unpaid order can be paid with; "" if there is a choice, or the
// price itself says it.
func coinLine(l localizer, o shop.Order) markup {
	if !o.Open() || len(o.Assets) != 1 || o.Assets[0] == o.Total.Currency() || o.InStars() {
		return ""
	}
	return "\n" + l.Say("order_coin", "Coin", o.Assets[0])
}

// orderLines is what an order is for, within room units: each line with its price, the discounts,
// the total. An order of one line without discounts says it shorter.
func orderLines(l localizer, o shop.Order, room int) markup {
	if len(o.Lines) == 1 && len(o.Discounts) == 0 {
		said := l.Say("order_lines", "Title", o.Lines[0].Title, "Quantity", o.Lines[0].Quantity, "Total", o.Prices())
		return lines(said, shortAnswers(l, o.Lines[0].Answers))
	}
	total := l.Say("order_total", "Total", o.Prices())
	var listed []markup
	for i := range o.Lines {
		listed = append(listed, orderLine(l, &o, i))
	}
	for i, d := range o.Discounts {
		listed = append(listed, l.Say("order_discount", "Reason", discountReason(l, d), "Amount", o.Saved(i)))
	}
	room -= visible(total) + 1
	for i, line := range listed {
		rest := l.Say("order_more", "Count", len(listed)-i)
		last := i == len(listed)-1
		if room -= visible(line) + 1; room < 0 || !last && room < visible(rest)+1 {
			listed = append(listed[:i:i], rest)
			break
		}
	}
	return lines(append(listed, total)...)
}

// discountReason says why the buyer pays less.
func discountReason(l localizer, d shop.Discount) string {
	if d.Coupon != "" {
		return l.Plain("discount_coupon", "Code", d.Coupon)
	}
	return clip(d.Reason, 60)
}

// orderLine is one of several lines, and that it was paid back.
func orderLine(l localizer, o *shop.Order, i int) markup {
	text, line := "order_line", &o.Lines[i]
	if line.Refunded {
		text = "order_line_refunded"
	}
	return lines(l.Say(text, "Title", line.Title, "Quantity", line.Quantity, "Price", o.LinePriceSum(i)), shortAnswers(l, line.Answers))
}

// times is a quantity to be put behind a title; "" for one.
func times(quantity int) string {
	if quantity == 1 {
		return ""
	}
	return " × " + itoa(quantity)
}

// items names what is ordered in a few words: "Guide × 2, Album +3". It names at most most
// lines.
func items(l localizer, ordered []shop.Line, most int) string {
	var named []string
	for _, line := range ordered[:min(len(ordered), most)] {
		named = append(named, l.Text(line.Title)+times(line.Quantity))
	}
	said := l.List(named...)
	if more := len(ordered) - len(named); more > 0 {
		said += " +" + itoa(more)
	}
	return said
}

// shortItems is items for a button, which shows about 40 letters on a phone.
func shortItems(l localizer, ordered []shop.Line) string {
	said := clip(l.Text(ordered[0].Title), 16) + times(ordered[0].Quantity)
	if more := len(ordered) - 1; more > 0 {
		said += " +" + itoa(more)
	}
	return said
}

// heldText tells a buyer why a paid order is held, and what was chosen or can be.
func heldText(l localizer, o shop.Order, reason string) markup {
	if reason == string(shop.HoldManual) && o.Late(time.Now()) {
		reason += "_late"
	}
	text := l.Say("held_"+reason, "Until", l.Moment(o.Promised()))
	if !o.BuyerChooses() {
		return text
	}
	return text + "\n\n" + l.Say("choice_"+cmp.Or(string(o.Choice), "none"))
}

// choiceRow is what the buyer of a held order may choose; nil if an owner decides.
func choiceRow(l localizer, o shop.Order) []button {
	if !o.BuyerChooses() {
		return nil
	}
	var choices []button
	if o.Choice != shop.ChoiceWait {
		choices = append(choices, l.button("wait", actWait, string(o.ID)))
	}
	return append(choices, l.button("money_back", actMoneyBack, string(o.ID)))
}

// againButton makes the order of a cancelled one once more, or leads to the product that the buyer
// had called off or the shop could not sell.
func againButton(l localizer, o shop.Order) button {
	switch {
	case renewable(o):
		return l.button("renew", actRenew, string(o.ID))
	case len(o.Lines) > 1: // to be changed before it is ordered again
		return cartBackButton(l, o)
	}
	return anew(l.button("again", actProduct, o.Lines[0].SKU, itoa(o.Lines[0].Quantity)))
}

// renewable reports whether o ended though its buyer did not cancel it.
func renewable(o shop.Order) bool {
	return o.Cancelled == shop.CancelExpired || o.Cancelled == shop.CancelNoInvoice
}

func cartBackButton(l localizer, o shop.Order) button {
	return anew(l.button("cart_back", actCart, "back", string(o.ID)))
}

func cancelButton(l localizer, order string) button {
	return l.button("cancel", actCancel, order).styled(styleDanger)
}

// paidRows go with a paid order and with its goods.
func paidRows(l localizer, o shop.Order) [][]button {
	return [][]button{row(l.button("receipt", actReceipt, string(o.ID))), row(problemButton(l, o))}
}

// deliveryRows go with the goods of a line.
func deliveryRows(l localizer, o shop.Order, line int) [][]button {
	return append(paidRows(l, o), row(rateButton(l, o, line)))
}

// problemButton lets a buyer write to the shop about an order.
func problemButton(l localizer, o shop.Order) button {
	return l.button("problem", actAsk, "new", string(o.ID))
}

func returnButton(l localizer, o shop.Order, invoice string) button {
	p, _ := o.PaymentOf(invoice)
	return button{
		Text: l.Plain("button_return", "Amount", p.Amount),
		Data: data(actReturn, string(o.ID), paymentName(invoice)),
	}
}

// ordersPage is how many orders one screen lists.
const ordersPage = 8

// ordersScreen lists a buyer's orders, newest first. before tells where the page begins.
func ordersScreen(l localizer, orders []shop.Order, before shop.OrderID, now time.Time) screen {
	if len(orders) == 0 && before == "" {
		return screen{Text: l.Say("orders_none"), Rows: [][]button{row(l.button("catalog", actCatalog), l.button("home", actHome))}}
	}
	s := screen{Text: l.Say("orders")}
	orders, paging := pageAfter(orders, ordersPage, before != "", l.button("newest", actOrders), l.button("older", actOrders), orderNumber)
	for _, o := range orders {
		line := l.Plain("orders_line", "Mark", mark(o.State, o.Hold), "Items", shortItems(l, o.Lines), "At", listedAt(l, o.Created, now), "Price", o.Price())
		to := data(actOrder, string(o.ID))
		if before != "" {
			to = data(actOrder, string(o.ID), string(before))
		}
		s.Rows = append(s.Rows, row(button{Text: line, Data: to}))
	}
	s.Text = sections(s.Text, legend(l, orders))
	s.Rows = append(s.Rows, paging, row(l.button("catalog", actCatalog), l.button("home", actHome)))
	return s
}

// listedAt is when an order of a list was made: the time if that was today, else the day. Both are
// more than a button shows on a phone.
func listedAt(l localizer, made, now time.Time) string {
	made, now = l.Local(made), l.Local(now)
	if made.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return made.Format("15:04")
	}
	return l.Day(made)
}

// openListed is how many unpaid orders one screen lists; a shop allows three.
const openListed = 8

// openScreen lists unpaid orders below a heading, each with its buttons to pay and to cancel it.
func openScreen(l localizer, open []shop.Order, now time.Time, heading markup) screen {
	s := screen{Text: heading}
	for i, o := range open[:min(len(open), openListed)] {
		number := itoa(i + 1)
		s.Text += "\n\n" + l.Say("open_order", "Number", number, "Items", items(l, o.Lines, 3), "Price", o.Prices(),
			"Order", o.ID, "Count", minutesLeft(o, now), "Until", l.Clock(o.Expires))
		var buttons []button
		if o.State == shop.StateAwaiting {
			if o.Invoice.URL != "" {
				buttons = append(buttons, button{Text: l.Plain("button_pay_listed", "Number", number), URL: o.Invoice.URL, Style: styleSuccess})
			}
			if o.StarsInvoice.URL != "" {
				buttons = append(buttons, button{Text: l.Plain("button_pay_listed_stars", "Number", number), URL: o.StarsInvoice.URL, Style: styleSuccess})
			}
		}
		cancel := button{Text: l.Plain("button_cancel_listed", "Number", number), Data: data(actCancelOf, string(o.ID)), Style: styleDanger}
		s.Rows = append(s.Rows, append(buttons, cancel))
	}
	return s
}

// mark is a state as a symbol in a list.
func mark(s shop.State, hold shop.HoldReason) string {
	if s == shop.StateHeld && hold == shop.HoldManual {
		return "🛠"
	}
	switch s {
	case shop.StateNew, shop.StateAwaiting:
		return "⏳"
	case shop.StatePaid:
		return "📨"
	case shop.StateHeld:
		return "⚠️"
	case shop.StateDelivered:
		return "✅"
	case shop.StateRefunding, shop.StateRefunded:
		return "↩️"
	case shop.StateCancelled:
	}
	return "✖️"
}

// legend says what the marks of a list mean, each once.
func legend(l localizer, orders []shop.Order) markup {
	var said []markup
	for i := range orders {
		state := orders[i].State
		switch state { // those that have a mark together
		case shop.StateNew:
			state = shop.StateAwaiting
		case shop.StateRefunding:
			state = shop.StateRefunded
		case shop.StateAwaiting, shop.StatePaid, shop.StateHeld, shop.StateDelivered, shop.StateRefunded, shop.StateCancelled:
		}
		meaning := markup(mark(state, orders[i].Hold)) + " " + l.Say("mark_"+string(state))
		if state == shop.StateHeld && orders[i].Hold == shop.HoldManual {
			meaning = markup(mark(state, orders[i].Hold)) + " " + l.Say("mark_manual")
		}
		if !slices.Contains(said, meaning) {
			said = append(said, meaning)
		}
	}
	return join(" · ", said)
}

// paid is all that was paid for an order, each asset once.
func paid(l localizer, o shop.Order) string {
	return l.Prices(eachAsset(o, func(s shop.CoinSum) money.Amount { return s.Paid }))
}

// buyer is how an owner knows a buyer.
func buyer(l localizer, b shop.Buyer) markup {
	if b.ID == 0 {
		return l.Say("buyer_forgotten")
	}
	return markup(`<a href="tg://user?id=`+itoa(b.ID)+`">`) + localize.Escape(cmp.Or(cleanName(b.Name), itoa(b.ID))) + "</a>"
}
