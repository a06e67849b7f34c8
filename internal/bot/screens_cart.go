package bot

import (
	"errors"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// cartView is all that the screen of the cart shows.
type cartView struct {
	shop.CartOffer

	page    int
	coupon  string // the code of the coupon in hand; "" for none
	coupons bool   // there are coupons that can be entered
	nonce   string // of this drawing's button
	note    markup // what happened, above the cart; "" for nothing
}

// cartScreen shows the cart as it can be ordered now, what changed since it was filled, and the button
// that orders it.
func cartScreen(l localizer, v cartView) screen {
	if len(v.Entries) == 0 {
		s := screen{Text: lines(v.note, l.Say("cart_empty"))}
		s.Rows = [][]button{row(l.button("catalog", actCatalog), l.button("orders", actOrders)), row(l.button("home", actHome))}
		return s
	}
	shown, paging := pageOf(v.Entries, v.page, func(page int) string { return pageData(page, actCart, "page") })
	s := screen{Text: sections(v.note, cartText(l, v), cartQuestion(l, v.CartOffer))}
	first := min(max(v.page, 0), (len(v.Entries)-1)/listPage) * listPage
	for i := range shown {
		s.Rows = append(s.Rows, cartRow(l, &shown[i], first+i+1, itoa(first/listPage)))
		if e := &shown[i]; e.Now > 0 && len(e.Answers) > 0 {
			s.Rows = append(s.Rows, row(button{
				Text: l.Plain("button_cart_answers", "Number", first+i+1), Data: data(actCart, "answers", e.SKU),
			}))
		}
	}
	s.Rows = append(s.Rows, paging)
	if v.Mark != "" {
		s.Rows = append(s.Rows, row(button{
			Text: l.Plain("button_cart_buy", "Price", v.Prices()), Data: data(actCartBuy, v.Mark, v.nonce),
		}.styled(styleSuccess)))
	}
	switch {
	case v.coupon != "":
		s.Rows = append(s.Rows, row(button{
			Text: l.Plain("button_coupon_off", "Code", v.coupon), Data: data(actCoupon, cartPlace, "-"),
		}))
	case v.coupons:
		s.Rows = append(s.Rows, row(l.button("coupon", actCoupon, cartPlace)))
	}
	s.Rows = append(s.Rows, row(l.button("catalog", actCatalog), l.button("home", actHome)))
	return s
}

// cartRow changes one line: fewer, a number, more, and out.
func cartRow(l localizer, e *shop.CartEntry, number int, page string) []button {
	out := button{Text: l.Plain("button_cart_out", "Number", number), Data: data(actCart, "out", e.SKU, page)}
	if e.Now == 0 {
		return row(out)
	}
	return row(
		button{Text: l.Plain("button_less"), Data: data(actCart, "less", e.SKU, page)},
		button{Text: l.Plain("button_cart_quantity", "Number", number, "Quantity", e.Now), Data: data(actQuantity, e.SKU, cartPlace, page)},
		button{Text: l.Plain("button_more"), Data: data(actCart, "more", e.SKU, page)},
		out,
	)
}

// cartText lists the lines that can be ordered, the discount and the total.
func cartText(l localizer, v cartView) markup {
	var said []markup
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Now == 0 {
			said = append(said, l.Say("cart_line_none", "Number", i+1, "Title", e.Title))
			continue
		}
		said = append(said, l.Say("cart_line", "Number", i+1, "Title", e.Title, "Quantity", e.Now, "Price", v.SumOf(e)))
		if short := shortAnswers(l, e.Answers); short != "" {
			said = append(said, short)
		}
	}
	if v.NoWay != nil {
		return sections(l.Say("cart"), lines(said...), noWay(l, v.NoWay, v.titleOf))
	}
	if v.Mark == "" {
		return sections(l.Say("cart"), lines(said...), l.Say("cart_none"))
	}
	if v.Discount.Coupon != "" {
		said = append(said, l.Say("order_discount", "Reason", discountReason(l, v.Discount), "Amount", v.Saved()))
	}
	return sections(l.Say("cart"), lines(append(said, l.Say("order_total", "Total", v.Prices()))...))
}

// titleOf is the title of a product in the cart.
func (v cartView) titleOf(sku string) catalog.Text {
	i := slices.IndexFunc(v.Entries, func(e shop.CartEntry) bool { return e.SKU == sku })
	if i < 0 {
		return catalog.Plain(sku)
	}
	return v.Entries[i].Title
}

// noWay says why products cannot be paid together, or a product at all.
func noWay(l localizer, err error, title func(sku string) catalog.Text) markup {
	no, ok := errors.AsType[*shop.NoCommonWayError](err)
	switch {
	case !ok:
		return l.Say("too_many_stars")
	case no.Crypto == "" || no.Stars == "":
		return l.Say("no_way", "Title", title(no.Crypto+no.Stars))
	}
	return l.Say("no_common_way", "Crypto", title(no.Crypto), "Stars", title(no.Stars))
}

// cartQuestion lists what changed and asks whether the buyer wants the cart like this; "" if nothing
// changed. The button that orders it is the answer.
func cartQuestion(l localizer, o shop.CartOffer) markup {
	changes := cartChanges(l, o)
	if len(changes) == 0 {
		return ""
	}
	said := lines(append([]markup{l.Say("cart_changed")}, changes...)...)
	if o.Mark != "" {
		said = sections(said, l.Say("cart_changed_ask"))
	}
	return said
}

// cartChanges says what is not as it was when it was put into the cart.
func cartChanges(l localizer, o shop.CartOffer) (said []markup) {
	for i := range o.Entries {
		e := &o.Entries[i]
		switch e.Less {
		case "":
		case shop.CartGone:
			said = append(said, l.Say("cart_gone", "Title", e.Title))
		case shop.CartSoldOut:
			said = append(said, l.Say("cart_sold_out", "Title", e.Title))
		case shop.CartLeft:
			said = append(said, l.Say("cart_left", "Title", e.Title, "Count", e.Most, "Quantity", e.Quantity))
		case shop.CartLimit:
			said = append(said, l.Say("cart_limit", "Title", e.Title, "Count", e.Most, "Quantity", e.Quantity))
		}
		if e.Repriced() {
			old, now := e.Price, e.Unit
			if e.StarsAlone {
				old, now = e.OldStars, e.Stars
			}
			said = append(said, l.Say("cart_repriced", "Title", e.Title, "Old", old, "Price", now))
		}
	}
	return said
}
