package bot

import (
	"cmp"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// homeScreen is where everything begins.
func homeScreen(l localizer, c *catalog.Catalog, role shop.Role) screen {
	return screen{Text: l.say("home", "Shop", c.Shop.Name), Photo: c.Shop.Photo, Rows: menuOf(l, role)}
}

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
		row(l.button("catalog", actCatalog), l.button("orders", actOrders)),
		row(l.button("help", actHelp), l.button("language", actLanguage)),
	}
}

// helpScreen says how buying works, and to staff what each of their commands does.
func helpScreen(l localizer, role shop.Role, commands []string) screen {
	s := screen{Text: l.say("help"), Rows: [][]button{
		row(l.button("catalog", actCatalog), l.button("orders", actOrders)),
		row(l.button("home", actHome)),
	}}
	if role == shop.RoleBuyer {
		return s
	}
	s.Text += "\n\n" + l.say("help_heading", "Role", l.plain("role_"+string(role))) + "\n"
	for _, name := range commands {
		id := "help_" + name
		if said := l.say(id); said != markup(id) { // some stand in another's line
			s.Text += "\n" + said
		}
	}
	s.Rows = append(s.Rows, row(l.button("staff_view", actAdmin)))
	return s
}

func supportScreen(l localizer, c *catalog.Catalog) screen {
	text := l.say("support_none")
	if c.Shop.Support != "" {
		text = l.say("support", "Contact", c.Shop.Support)
	}
	return screen{Text: text, Rows: [][]button{row(l.button("orders", actOrders), l.button("home", actHome))}}
}

func paySupportScreen(l localizer, c *catalog.Catalog) screen {
	s := supportScreen(l, c)
	s.Text = l.say("paysupport") + "\n\n" + s.Text
	return s
}

// rulesScreen shows a text that holds for every shop, and what the owner adds to it.
func rulesScreen(l localizer, text string, of catalog.Shop, added catalog.Text) screen {
	contact := markup("")
	if of.Support != "" {
		contact = l.say("rules_contact", "Contact", of.Support)
	}
	s := screen{
		Text: l.say(text, "Shop", of.Name, "Contact", contact),
		Rows: [][]button{row(l.button("orders", actOrders), l.button("home", actHome))},
	}
	if own := l.text(added); own != "" {
		s.Text += "\n\n" + escape(own)
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

// pageData is the callback data that leads to a page; the first one needs no number.
func pageData(page int, action string, arguments ...string) string {
	if page > 0 {
		arguments = append(arguments, itoa(page))
	}
	return data(action, arguments...)
}

// languageScreen offers the shop's languages, each in its own words.
func languageScreen(l localizer, t *texts, c *catalog.Catalog, page int) screen {
	s := screen{Text: l.say("language_choose")}
	codes, paging := pageOf(c.Shop.Languages, page, func(page int) string { return data(actLanguages, itoa(page)) })
	for _, code := range codes {
		s.Rows = append(s.Rows, row(button{Text: t.name(code), Data: data(actLanguage, code)}))
	}
	s.Rows = append(s.Rows, paging, row(l.button("home", actHome)))
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
	s := screen{Text: l.say("categories", "Shop", c.Shop.Name), Photo: c.Shop.Photo}
	categories, paging := pageOf(shownCategories(c), page, func(page int) string { return pageData(page, actCatalog) })
	for _, category := range categories {
		s.Rows = append(s.Rows, row(button{Text: l.text(category.Title), Data: data(actCategory, category.ID)}))
	}
	if len(categories) == 0 {
		s.Text = l.say("categories_empty", "Shop", c.Shop.Name)
	}
	s.Rows = append(s.Rows, paging, row(l.button("orders", actOrders), l.button("home", actHome)))
	return s
}

// stock tells how many units of a product are free; false for a product that never runs out.
type stock func(p catalog.Product) (free int, limited bool)

// categoryScreen lists one page of a category's products, from 0.
func categoryScreen(l localizer, c *catalog.Catalog, category catalog.Category, page int, left stock) screen {
	s := screen{Text: l.say("category", "Category", category.Title), Photo: cmp.Or(category.Photo, c.Shop.Photo)}
	products, paging := pageOf(c.InCategory(category.ID), page, func(page int) string { return pageData(page, actCategory, category.ID) })
	for _, p := range products {
		line := l.plain("product_line", "Title", p.Title, "Price", p.Price)
		if free, limited := left(p); limited && free == 0 {
			line = l.plain("product_line_soldout", "Title", p.Title)
		}
		s.Rows = append(s.Rows, row(button{Text: line, Data: data(actProduct, p.SKU, "1")}))
	}
	place := slices.IndexFunc(shownCategories(c), func(x catalog.Category) bool { return x.ID == category.ID })
	back := button{Text: l.plain("button_back"), Data: pageData(place/listPage, actCatalog)}
	s.Rows = append(s.Rows, paging, row(back, l.button("orders", actOrders)))
	return s
}

// backToCategory leads to the page of its category that lists a product.
func backToCategory(l localizer, c *catalog.Catalog, p catalog.Product) button {
	place := slices.IndexFunc(c.InCategory(p.Category), func(x catalog.Product) bool { return x.SKU == p.SKU })
	return button{Text: l.plain("button_back"), Data: pageData(place/listPage, actCategory, p.Category)}
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
	back := row(backToCategory(l, c, p), l.button("orders", actOrders))
	approx := markup("")
	if !o.Approx.IsZero() {
		approx = l.say("product_approx", "Amount", o.Approx)
	}
	card := func(delivery markup) markup {
		said := l.say("product", "Title", p.Title, "Description", p.Description, "Price", p.Price,
			"Approx", approx, "Delivery", delivery)
		if o.Note != "" {
			return o.Note + "\n\n" + said
		}
		return said
	}
	if o.most() == 0 {
		s.Text = card(l.say("product_soldout"))
		s.Rows = [][]button{back}
		return s
	}
	n := min(max(o.Quantity, 1), o.most())
	s.Text = card(describeDelivery(l, o))
	if n > 1 {
		s.Text += l.say("product_quantity", "Quantity", n, "Price", p.Price, "Total", p.Price.Times(n))
	}
	s.Rows = append(s.Rows, row(button{
		Text: l.plain("button_buy", "Price", p.Price.Times(n)),
		Data: data(actBuy, p.SKU, itoa(n), o.Nonce),
	}))
	if o.most() > 1 {
		s.Rows = append(s.Rows, quantityRow(l, p, n))
	}
	s.Rows = append(s.Rows, back)
	return s
}

// quantityRow changes the quantity by steps. A step that cannot be made says why.
func quantityRow(l localizer, p catalog.Product, n int) []button {
	return row(
		button{Text: l.plain("button_less"), Data: data(actStep, p.SKU, itoa(n), "-")},
		button{Text: l.plain("button_quantity", "Quantity", n), Data: actNothing},
		button{Text: l.plain("button_more"), Data: data(actStep, p.SKU, itoa(n), "+")},
	)
}

// approximate is a price in the first asset that can be paid with and whose rate is known.
func approximate(p catalog.Product, c *catalog.Catalog, rates shop.Rates) money.Amount {
	assets := c.Shop.Assets
	if len(assets) == 0 {
		assets = []money.Currency{"USDT"}
	}
	for _, asset := range assets {
		if asset == p.Price.Currency() {
			return money.Amount{}
		}
		rate, known := rates.Rate(p.Price.Currency(), asset)
		if !known {
			continue
		}
		if a, err := rate.Convert(p.Price, 2); err == nil && a.Sign() > 0 {
			return a
		}
	}
	return money.Amount{}
}
