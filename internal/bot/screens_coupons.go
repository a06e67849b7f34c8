package bot

import (
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// couponsScreen lists one page of the shop's coupons; the list has one more if there is a next page.
func couponsScreen(l localizer, list []shop.CouponState, after string) screen {
	s := screen{Text: l.Say("coupons")}
	if len(list) == 0 {
		s.Text = l.Say("coupons_none")
	}
	list, paging := pageAfter(list, couponsPage, after != "", l.button("first", actCoupons, "list"),
		l.button("next", actCoupons, "list"), func(c shop.CouponState) string { return c.Code })
	for _, c := range list {
		line := c.Code + " · " + localize.PlainText(couponWorth(l, c.Coupon)) + " · " + couponUses(c)
		if c.Stopped {
			line = "⏸ " + line
		}
		s.Rows = append(s.Rows, row(button{Text: line, Data: data(actCoupons, "one", c.Code)}))
	}
	s.Rows = append(s.Rows, paging, row(l.button("coupon_new", actCoupons, "new")),
		row(l.button("referral", actCoupons, "ref"), l.button("staff_home", actAdmin)))
	return s
}

// couponUses is how often a coupon was used, of how often it may be.
func couponUses(c shop.CouponState) string {
	most := c.Limit
	if c.Codes > 0 {
		most = c.Codes
	}
	if most > 0 {
		return strconv.Itoa(c.Count.Uses) + "/" + strconv.Itoa(most)
	}
	return strconv.Itoa(c.Count.Uses)
}

// couponScreen is one coupon with what came of it, for owners.
func couponScreen(l localizer, of *catalog.Catalog, c shop.CouponState, notes ...markup) screen {
	s := screen{Text: sections(
		lines(notes...), l.Say("coupon_page", "Code", c.Code), couponRule(l, of, c.Coupon),
		l.Say("coupon_stats", "Uses", couponUses(c), "Paid", itoa(c.Count.Paid), "Given", l.Prices(c.Count.Given)),
	)}
	if c.Count.Paid == 0 {
		s.Text = sections(lines(notes...), l.Say("coupon_page", "Code", c.Code), couponRule(l, of, c.Coupon),
			l.Say("coupon_stats_none", "Uses", couponUses(c)))
	}
	switch {
	case c.Stopped:
		s.Text = sections(s.Text, l.Say("coupon_is_stopped"))
		s.Rows = append(s.Rows, row(l.button("coupon_go", actCoupons, "go", c.Code)))
	default:
		s.Rows = append(s.Rows, row(l.button("coupon_stop", actCoupons, "stop", c.Code)))
	}
	switch {
	case c.Codes > 0:
		s.Rows = append(s.Rows, row(l.button("coupon_file", actCoupons, "file", c.Code)))
	case !c.Stopped:
		s.Rows = append(s.Rows, row(l.button("qr", actQR, deeplink.Start(deeplink.Coupon, c.Code))))
	}
	s.Rows = append(s.Rows, row(l.button("coupons_back", actCoupons, "list")))
	return s
}

// couponRule says all of a coupon's rule, a line each, for owners.
func couponRule(l localizer, of *catalog.Catalog, c shop.Coupon) markup {
	said := []markup{"🎟 " + couponWorth(l, c)}
	add := func(when bool, id string, pairs ...any) {
		if when {
			said = append(said, "• "+l.Say(id, pairs...))
		}
	}
	add(c.Codes > 0, "coupon_rule_codes", "Count", c.Codes)
	add(c.Limit > 0, "coupon_rule_limit", "Count", c.Limit)
	add(c.PerBuyer > 0, "coupon_rule_buyer", "Count", c.PerBuyer)
	add(len(c.SKUs)+len(c.Categories) > 0, "coupon_for", "Items", couponItems(l, of, c))
	add(!c.Minimum.IsZero(), "coupon_minimum", "Amount", c.Minimum)
	add(c.From != "", "coupon_from", "From", c.From)
	add(c.Until != "", "coupon_until", "Until", c.Until)
	return lines(said...)
}

// couponFormScreen asks the next question of a form, or sums it up.
func couponFormScreen(l localizer, of *catalog.Catalog, f couponForm, note markup) screen {
	field := f.next()
	if field == "" {
		return couponSummary(l, of, f, note)
	}
	text := "coupon_q_" + field
	choices := couponQuestions()[field].choices
	if field == fieldCode && f[fieldBatch] != "" {
		text, choices = "coupon_q_batch", choices[:1]
	}
	s := screen{Text: sections(note, l.Say(text, "Currency", string(of.Shop.Currency)))}
	var answers []button
	for _, choice := range choices {
		answers = append(answers, button{Text: couponChoice(l, field, choice), Data: data(actCoupons, "set", field, choice)})
	}
	s.Rows = append(s.Rows, answers)
	if field == fieldItems {
		shown, _ := pageOf(of.Categories, 0, func(int) string { return "" })
		for _, c := range shown {
			s.Rows = append(s.Rows, row(button{Text: l.Text(c.Title), Data: data(actCoupons, "set", field, "@"+c.ID)}))
		}
	}
	s.Rows = append(s.Rows, row(l.button("coupon_drop", actCoupons, "drop")))
	return s
}

// couponChoice is the label of an answer.
func couponChoice(l localizer, field, choice string) string {
	switch choice {
	case none:
		return l.Plain("button_coupon_none_" + field)
	case "random":
		return l.Plain("button_coupon_random")
	case fieldBatch:
		return l.Plain("button_coupon_batch")
	case "7d":
		return l.Plain("button_coupon_days", "Count", 7)
	case "30d":
		return l.Plain("button_coupon_days", "Count", 30)
	}
	return choice
}

func couponSummary(l localizer, of *catalog.Catalog, f couponForm, note markup) screen {
	c := f.coupon()
	each := "coupon_each_many"
	if c.PerBuyer > 0 {
		each = "coupon_each_once"
	}
	ask := func(field string) button { return l.button("coupon_ask_"+field, actCoupons, verbAsk, field) }
	return screen{
		Text: sections(note, l.Say("coupon_page", "Code", c.Code), couponRule(l, of, c), l.Say("coupon_ready")),
		Rows: [][]button{
			row(l.button("coupon_make", actCoupons, "make")),
			row(l.button(each, actCoupons, verbBuyer), ask(fieldItems)),
			row(ask(fieldMinimum), ask(fieldFrom)),
			row(l.button("coupon_drop", actCoupons, "drop")),
		},
	}
}
