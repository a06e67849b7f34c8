package bot

import (
	"cmp"
	"slices"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/wish"
)

// menuOf is the main menu, and for staff the way to their home.
func menuOf(l localizer, role shop.Role) [][]button {
	rows := mainMenu(l)
	if role != shop.RoleBuyer {
		rows = append(rows, row(l.button("staff_view", actAdmin)))
	}
	return rows
}

func mainMenu(l localizer) [][]button {
	return [][]button{
		row(l.button("catalog", actCatalog), l.button("cart", actCart)),
		row(l.button("orders", actOrders)),
		row(l.button("help", actHelp), l.button("settings", actSettings)),
	}
}

// helpScreen says how buying works, and to staff what each of their commands does.
func helpScreen(l localizer, c *catalog.Catalog, role shop.Role, commands []string) screen {
	s := screen{Text: l.Say("help", "Pay", l.Say("help_pay_"+localize.MeansOf(c))), Rows: [][]button{
		row(l.button("catalog", actCatalog), l.button("orders", actOrders)),
		row(l.button("home", actHome)),
	}}
	if role == shop.RoleBuyer {
		return s
	}
	s.Text += "\n\n" + l.Say("help_heading", "Role", l.Plain("role_"+string(role))) + "\n"
	for _, name := range commands {
		id := "help_" + name
		if said := l.Say(id); said != markup(id) { // some stand in another's line
			s.Text += "\n" + said
		}
	}
	s.Rows = append(s.Rows, row(l.button("staff_view", actAdmin)))
	return s
}

func supportScreen(l localizer, c *catalog.Catalog) screen {
	text := l.Say("support_none")
	if c.Shop.Support != "" {
		text = l.Say("support", "Contact", c.Shop.Support)
	}
	return screen{Text: text, Rows: [][]button{
		row(l.button("write_to_shop", actAsk, "new")), row(l.button("orders", actOrders), l.button("home", actHome)),
	}}
}

func paySupportScreen(l localizer, c *catalog.Catalog) screen {
	s := supportScreen(l, c)
	s.Text = sections(forMeans(l, c, "paysupport"), s.Text)
	return s
}

// forMeans is a text that a shop with Stars alone has in another form, and one with both ways of
// paying with a further part.
func forMeans(l localizer, c *catalog.Catalog, id string, facts ...any) markup {
	switch localize.MeansOf(c) {
	case "stars":
		return l.Say(id+"_stars_alone", facts...)
	case "both":
		return sections(l.Say(id, facts...), l.Say(id+"_stars"))
	}
	return l.Say(id, facts...)
}

// rulesScreen shows a text that holds for every shop, and what the owner adds to it.
func rulesScreen(l localizer, text string, c *catalog.Catalog, added catalog.Text) screen {
	of := &c.Shop
	contact := markup("")
	if of.Support != "" {
		contact = l.Say("rules_contact", "Contact", of.Support)
	}
	s := screen{
		Text: forMeans(l, c, text, "Shop", of.Name, "Contact", contact),
		Rows: [][]button{row(l.button("orders", actOrders), l.button("home", actHome))},
	}
	if own := l.Text(added); own != "" {
		s.Text += "\n\n" + localize.Escape(own)
	}
	return s
}

// listPage is how many categories, products or languages one screen lists.
const listPage = 8

// pageOf is one page of a list, from 0, and the row that leads to the others, such as ‹ 2/5 ›. A
// page that does not exist is the nearest that does. to is the callback data of a page.
func pageOf[T any](all []T, page int, to func(page int) string) (shown []T, paging []button) {
	pages := max((len(all)+listPage-1)/listPage, 1)
	page = min(max(page, 0), pages-1)
	shown = all[page*listPage : min((page+1)*listPage, len(all))]
	if pages == 1 {
		return shown, nil
	}
	if page > 0 {
		paging = append(paging, button{Text: "‹", Data: to(page - 1)})
	}
	paging = append(paging, button{Text: itoa(page+1) + "/" + itoa(pages), Data: actNothing})
	if page < pages-1 {
		paging = append(paging, button{Text: "›", Data: to(page + 1)})
	}
	return shown, paging
}

// pageAfter cuts a list that goes on from another page, if later, to size entries, and makes the row
// that leads to the first page and to the next. next gets the key of the last entry as its argument.
func pageAfter[T any](list []T, size int, later bool, first, next button, key func(T) string) (shown []T, paging []button) {
	if later {
		paging = append(paging, first)
	}
	if len(list) > size {
		list = list[:size]
		next.Data += ":" + key(list[size-1])
		paging = append(paging, next)
	}
	return list, paging
}

func orderNumber(o shop.Order) string { return string(o.ID) }

// pageData is the callback data that leads to a page; the first one needs no number.
func pageData(page int, action string, arguments ...string) string {
	if page > 0 {
		arguments = append(arguments, itoa(page))
	}
	return data(action, arguments...)
}

// languageScreen offers the shop's languages, each in its own words.
func languageScreen(l localizer, t *localize.Texts, c *catalog.Catalog, page int) screen {
	s := screen{Text: l.Say("language_choose")}
	codes, paging := pageOf(c.Shop.Languages, page, func(page int) string { return data(actLanguages, itoa(page)) })
	for _, code := range codes {
		s.Rows = append(s.Rows, row(button{Text: t.Name(code), Data: data(actLanguage, code)}))
	}
	s.Rows = append(s.Rows, paging, row(l.button("settings", actSettings), l.button("home", actHome)))
	return s
}

// shownCategories are the categories that have products which buyers can see.
func shownCategories(c *catalog.Catalog) []catalog.Category {
	filled := map[string]bool{}
	for i := range c.Products {
		if c.Offers(&c.Products[i]) {
			filled[c.Products[i].Category] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(c.Categories), func(x catalog.Category) bool { return !filled[x.ID] })
}

// categoriesScreen lists one page of the categories, from 0.
func categoriesScreen(l localizer, c *catalog.Catalog, page int) screen {
	s := screen{Text: l.Say("categories", "Shop", c.Shop.Name), Photo: c.Shop.Photo}
	s.Rows = categoryRows(l, c, page)
	if len(slices.Concat(s.Rows...)) == 0 {
		s.Text = l.Say("categories_empty", "Shop", c.Shop.Name)
	}
	s.Rows = append(s.Rows, row(l.button("orders", actOrders), l.button("home", actHome)))
	return s
}

// stock tells how many units of a product are free; false for a product that never runs out.
type stock func(p catalog.Product) (free int, limited bool)

// categoryScreen lists one page of a category's products, from 0.
func categoryScreen(l localizer, c *catalog.Catalog, category catalog.Category, page int, left stock, on catalog.Date) screen {
	s := screen{Text: l.Say("category", "Category", category.Title), Photo: cmp.Or(category.Photo, c.Shop.Photo)}
	products, paging := pageOf(c.InCategory(category.ID), page, func(page int) string { return pageData(page, actCategory, category.ID) })
	var lowered []markup
	for _, p := range products {
		price := p.UnitPrice(1, on)
		if !price.Equal(p.Price) || len(p.QuantityPrices) > 0 {
			lowered = append(lowered, l.Say("category_price", "Title", p.Title, "Prices", join(" · ", pricesOf(l, &c.Shop, &p, on))))
		}
		free, limited := left(p)
		s.Rows = append(s.Rows, row(productButton(l, &c.Shop, &p, on, limited && free == 0)))
	}
	s.Text = sections(s.Text, lines(lowered...))
	place := slices.IndexFunc(shownCategories(c), func(x catalog.Category) bool { return x.ID == category.ID })
	back := button{Text: l.Plain("button_back"), Data: pageData(place/listPage, actCatalog)}
	s.Rows = append(s.Rows, paging, row(back, l.button("orders", actOrders)))
	return s
}

// backFrom leads from a product to the list that it was opened from.
func backFrom(l localizer, c *catalog.Catalog, o offer) button {
	if o.List != "" {
		return button{Text: l.Plain("button_back"), Data: o.List}
	}
	return backToCategory(l, c, o.Product)
}

// backToCategory leads to the page of its category that lists a product.
func backToCategory(l localizer, c *catalog.Catalog, p catalog.Product) button {
	place := slices.IndexFunc(c.InCategory(p.Category), func(x catalog.Product) bool { return x.SKU == p.SKU })
	return button{Text: l.Plain("button_back"), Data: pageData(place/listPage, actCategory, p.Category)}
}

// offer is all that a product's card shows.
type offer struct {
	Product  catalog.Product
	Quantity int
	Free     int
	Limited  bool         // Free means something
	Approx   money.Amount // the unit's price in an asset; zero if it is not known
	Nonce    string       // of this drawing's Buy button
	Note     markup       // what happened, above the card; "" for nothing
	List     string       // callback data of the list it was opened from; "" for its category
	Today    catalog.Date // decides which prices hold
	Coupon   string       // the code of the coupon in hand; "" for none
	Saved    money.Amount // what the coupon saves; zero if it is not used
	Coupons  bool         // there are coupons that can be entered
	Rating   review.Rating
	Wish     wish.Wish // the zero Wish if it is not on the person's list
	Access   access.Access
}

// total is what an order of n costs, in each currency that it can be paid in.
func (o offer) total(of *catalog.Shop, n int) []money.Amount {
	return shop.PricesOf(of, &o.Product, n, o.Today, o.Saved)
}

// saved is what the coupon takes off an order of n: in the shop's currency, or in Stars if it can be
// paid with nothing else.
func (o offer) saved(of *catalog.Shop, n int) money.Amount {
	before, after := shop.PricesOf(of, &o.Product, n, o.Today, money.Amount{}), o.total(of, n)
	if of.Takes(&o.Product, catalog.PayCrypto) || len(before) == 0 || len(after) == 0 {
		return o.Saved
	}
	saved, _ := before[0].Sub(after[0]) // both are in Stars
	return saved
}

// pricesOf lists what one unit of a product costs now: with the usual price struck out if another
// one holds, and for more units at once.
func pricesOf(l localizer, of *catalog.Shop, p *catalog.Product, on catalog.Date) []markup {
	one := p.UnitPrice(1, on)
	prices := []markup{l.Say("price", "Price", of.Prices(p, one))}
	if !one.Equal(p.Price) {
		prices[0] = l.Say("price_lowered", "Old", of.Prices(p, p.Price)[0], "Price", of.Prices(p, one))
	}
	for _, q := range p.QuantityPrices {
		if lower, _ := q.Price.Compare(one); lower < 0 { // all are in the shop's currency
			prices = append(prices, l.Say("price_from", "From", itoa(q.From), "Price", of.Prices(p, q.Price)))
		}
	}
	return prices
}

// approxOf is what one unit costs in a coin, to be put behind its price; "" if it is not known.
func approxOf(l localizer, o offer) markup {
	if o.Approx.IsZero() {
		return ""
	}
	return l.Say("product_approx", "Amount", o.Approx)
}

func (o offer) most() int {
	if o.Limited {
		return min(o.Product.Limit, o.Free)
	}
	return o.Product.Limit
}

// productScreen shows one product with the quantity chosen so far.
func productScreen(l localizer, c *catalog.Catalog, o offer) screen {
	p := o.Product
	s := screen{Photo: cmp.Or(p.Photo, c.Shop.Photo)}
	back := row(backFrom(l, c, o), l.button("orders", actOrders))
	description := markup("")
	if text := l.Text(p.Description); text != "" {
		description = "\n" + localize.Escape(text)
	}
	prices := pricesOf(l, &c.Shop, &p, o.Today)
	more := prices[1:]
	if p.Sale != nil && p.Sale.Until != "" && !p.UnitPrice(1, o.Today).Equal(p.Price) {
		more = append([]markup{l.Say("price_until", "Until", p.Sale.Until)}, more...)
	}
	card := func(delivery markup) markup {
		said := l.Say("product", "Title", p.Title, "Description", description, "Price", prices[0],
			"Approx", approxOf(l, o), "Delivery", lines(append(slices.Clone(more), delivery, productAccess(l, o), ratingLine(l, o.Rating))...))
		if o.Note != "" {
			return o.Note + "\n\n" + said
		}
		return said
	}
	if o.most() == 0 {
		s.Text = card(l.Say("product_soldout"))
		if o.Wish.Waits() {
			s.Text = card(l.Say("product_soldout_waits"))
		}
		s.Rows = [][]button{row(wishButtonOf(l, o)), reviewsRow(l, o), back}
		return s
	}
	n := min(max(o.Quantity, 1), o.most())
	s.Text = card(describeDelivery(l, o))
	total := o.total(&c.Shop, n)
	if n > 1 {
		undiminished := shop.PricesOf(&c.Shop, &p, n, o.Today, money.Amount{})
		s.Text += l.Say("product_quantity", "Quantity", n, "Price", c.Shop.Prices(&p, p.UnitPrice(n, o.Today)), "Total", undiminished)
	}
	if !o.Saved.IsZero() {
		s.Text += l.Say("product_coupon", "Code", o.Coupon, "Saved", o.saved(&c.Shop, n), "Total", total)
	}
	if len(total) == 0 { // fewer can be paid
		s.Text += "\n\n" + l.Say("too_many_stars")
		s.Rows = append(s.Rows, quantityRow(l, p, n), back)
		return s
	}
	s.Rows = append(s.Rows, row(button{
		Text: l.Plain("button_buy", "Price", total),
		Data: data(actBuy, p.SKU, itoa(n), o.Nonce),
	}.styled(styleSuccess)))
	s.Rows = append(s.Rows, addRow(l, o, n))
	if o.most() > 1 {
		s.Rows = append(s.Rows, quantityRow(l, p, n))
	}
	switch {
	case o.Coupon != "":
		s.Rows = append(s.Rows, row(button{Text: l.Plain("button_coupon_off", "Code", o.Coupon), Data: data(actCoupon, p.SKU, "-")}))
	case o.Coupons:
		s.Rows = append(s.Rows, row(l.button("coupon", actCoupon, p.SKU)))
	}
	s.Rows = append(s.Rows, append(reviewsRow(l, o), wishButtonOf(l, o)), back)
	return s
}

// addRow puts the product into the cart, and leads there.
func addRow(l localizer, o offer, n int) []button {
	return row(l.button("cart_add", actCart, "add", o.Product.SKU, itoa(n)), l.button("cart", actCart))
}

// reviewsRow leads to what buyers say of a product; nil if nobody said anything.
func reviewsRow(l localizer, o offer) []button {
	if o.Rating.Count == 0 {
		return nil
	}
	return row(l.button("product_reviews", actReview, "p", o.Product.SKU))
}

// quantityRow changes the quantity by steps, or by a number. A step that cannot be made says why.
func quantityRow(l localizer, p catalog.Product, n int) []button {
	return row(
		button{Text: l.Plain("button_less"), Data: data(actStep, p.SKU, itoa(n), "-")},
		button{Text: l.Plain("button_quantity", "Quantity", n), Data: data(actQuantity, p.SKU)},
		button{Text: l.Plain("button_more"), Data: data(actStep, p.SKU, itoa(n), "+")},
	)
}

// approximate is the price of a product in the first asset that it can be paid with and whose rate is
// known; zero if there is none.
func approximate(p *catalog.Product, on catalog.Date, c *catalog.Catalog, rates shop.Rates) money.Amount {
	price := p.UnitPrice(1, on)
	if !c.Shop.Takes(p, catalog.PayCrypto) {
		return money.Amount{}
	}
	assets := c.Shop.Assets
	if len(assets) == 0 {
		assets = []money.Currency{"USDT"}
	}
	for _, asset := range assets {
		if asset == price.Currency() {
			return money.Amount{}
		}
		rate, known := rates.Rate(price.Currency(), asset)
		if !known {
			continue
		}
		if a, err := rate.Convert(price, 2); err == nil && a.Sign() > 0 {
			return a
		}
	}
	return money.Amount{}
}
