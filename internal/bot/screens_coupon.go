package bot

import (
	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// maxCouponItems is how many products and categories of a coupon are named.
const maxCouponItems = 5

// couponWorth is what a coupon saves, such as "10 %".
func couponWorth(l localizer, c shop.Coupon) markup {
	if c.Percent > 0 {
		return l.Say("coupon_percent", "Percent", c.Percent)
	}
	return l.Say("coupon_amount", "Amount", c.Amount)
}

// couponTerms is what a coupon saves and on which conditions, for its buyers.
func couponTerms(l localizer, of *catalog.Catalog, c shop.Coupon) markup {
	terms := []markup{couponWorth(l, c)}
	if items := couponItems(l, of, c); items != "" {
		terms = append(terms, l.Say("coupon_for", "Items", items))
	}
	if !c.Minimum.IsZero() {
		terms = append(terms, l.Say("coupon_minimum", "Amount", c.Minimum))
	}
	if c.Until != "" {
		terms = append(terms, l.Say("coupon_until", "Until", c.Until))
	}
	return join(" · ", terms)
}

// couponItems names what a coupon is for; "" for everything.
func couponItems(l localizer, of *catalog.Catalog, c shop.Coupon) markup {
	var names []string
	for _, sku := range c.SKUs {
		if p, found := of.Product(sku); found {
			names = append(names, l.Text(p.Title))
		} else {
			names = append(names, sku)
		}
	}
	for _, id := range c.Categories {
		name := id
		for _, category := range of.Categories {
			if category.ID == id {
				name = l.Text(category.Title)
			}
		}
		names = append(names, name)
	}
	if len(names) > maxCouponItems {
		names = append(names[:maxCouponItems], "…")
	}
	return localize.Escape(l.List(names...))
}

// couponRefusal says why a coupon is not used.
func couponRefusal(l localizer, of *catalog.Catalog, no *shop.CouponError) markup {
	c := no.Coupon
	return l.Say("coupon_no_"+string(no.Reason), "Code", c.Code, "From", c.From, "Until", c.Until,
		"Minimum", c.Minimum, "Worth", couponWorth(l, c), "Items", couponItems(l, of, c))
}
