package bot

import (
	"cmp"
	"slices"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// shownTitle is the title of a part of the catalog in a list, with a mark if buyers do not see it.
func shownTitle(l localizer, title catalog.Text, hidden bool) string {
	if hidden {
		return "🙈 " + l.Text(title)
	}
	return l.Text(title)
}

// editScreen is where the catalog is managed: one page of its categories.
func editScreen(l localizer, c *catalog.Catalog, page int, note markup) screen {
	count := l.Say("edit_products", "Count", len(c.Products)) + " · " + l.Say("edit_categories", "Count", len(c.Categories))
	if len(c.Categories) == 0 {
		count = l.Say("edit_begin")
	}
	s := screen{Text: sections(note, lines(l.Say("edit_home", "Shop", c.Shop.Name), count))}
	inside := map[string]int{}
	for i := range c.Products {
		inside[c.Products[i].Category]++
	}
	shown, paging := pageOf(c.Categories, page, func(page int) string { return data(actEdit, "l", itoa(page)) })
	for _, category := range shown {
		s.Rows = append(s.Rows, row(button{
			Text: shownTitle(l, category.Title, category.Hidden) + " · " + itoa(inside[category.ID]), Data: data(actEdit, editsCategory, category.ID),
		}))
	}
	add := row(l.button("edit_new_category", actEdit, "n", editsCategory))
	if len(c.Categories) > 0 {
		add = append(add, l.button("edit_new_product", actEdit, "n", editsProduct))
	}
	s.Rows = append(s.Rows, paging, add,
		row(l.button("edit_find", actEdit, editFind), l.button("edit_history", actEdit, "log")),
		row(l.button("edit_shop", actEdit, editsShop), l.button("edit_admin", actAdmin)))
	return s
}

// editCategoryScreen is one category with a page of its products.
func editCategoryScreen(l localizer, c *catalog.Catalog, category catalog.Category, page int, note markup) screen {
	products := productsIn(c, category.ID)
	text := l.Say("edit_category", "Title", category.Title, "ID", category.ID, "Products", l.Say("edit_products", "Count", len(products)))
	if category.Hidden {
		text = lines(text, l.Say("edit_hidden_category"))
	}
	s := screen{Text: sections(note, text), Photo: category.Photo}
	shown, paging := pageOf(products, page, func(page int) string { return pageData(page, actEdit, editsCategory, category.ID) })
	for _, p := range shown {
		s.Rows = append(s.Rows, row(editProductButton(l, c, p)))
	}
	sub := subject{editsCategory, category.ID}
	s.Rows = append(s.Rows, paging, row(l.button("edit_new_product", actEdit, "n", editsProduct, category.ID)))
	s.Rows = append(s.Rows, fieldButtons(l, sub, edited{category: &category})...)
	place := slices.IndexFunc(c.Categories, func(x catalog.Category) bool { return x.ID == category.ID })
	last := moveButtons(l, c, sub, place > 0, place < len(c.Categories)-1)
	s.Rows = append(s.Rows, append(row(hideButton(l, c, sub, category.Hidden)), last...),
		row(l.button("qr", actQR, deeplink.Start(deeplink.Category, category.ID))))
	end := row(button{Text: l.Plain("button_edit_catalog"), Data: data(actEdit, "l", itoa(place/listPage))})
	if len(products) == 0 {
		end = append(row(l.button("edit_remove", actEdit, "r", sub.Kind, sub.Key)), end...)
	}
	s.Rows = append(s.Rows, end)
	return s
}

// productsIn lists the products of a category, the hidden ones too.
func productsIn(c *catalog.Catalog, id string) (found []catalog.Product) {
	for i := range c.Products {
		if c.Products[i].Category == id {
			found = append(found, c.Products[i])
		}
	}
	return found
}

// editProductButton opens a product. It shows the first of its prices.
func editProductButton(l localizer, c *catalog.Catalog, p catalog.Product) button {
	price := c.Shop.Prices(&p, p.Price)[0]
	return button{Text: shownTitle(l, p.Title, p.Hidden) + " · " + l.Price(price), Data: data(actEdit, editsProduct, p.SKU)}
}

// How much of a product's texts its page shows, so that it fits below a picture.
const (
	aboutShown = 250
	howtoShown = 120
)

// editProductScreen is one product with all that can be changed of it.
func editProductScreen(l localizer, t *localize.Texts, c *catalog.Catalog, p catalog.Product, stock shop.Stock, note markup) screen {
	sub := subject{editsProduct, p.SKU}
	e := edited{product: &p}
	category, _ := (subject{editsCategory, p.Category}).look(c)
	categoryTitle := p.Category
	if category.category != nil {
		categoryTitle = l.Text(category.category.Title)
	}
	facts := lines(
		l.Say("edit_product", "Title", p.Title, "SKU", p.SKU, "Category", categoryTitle, "Price", c.Shop.Prices(&p, p.Price)),
		l.Say("edit_product_limit", "Count", p.Limit),
		l.Say("edit_product_way", "Way", waysText(l, &p)),
	)
	if n := len(p.Questions); n > 0 {
		facts = lines(facts, l.Say("edit_questions", "Count", n))
	}
	switch {
	case p.Deliver.FromStock() && stock.Free == 0:
		facts = lines(facts, l.Say("edit_no_keys"))
	case p.Deliver.FromStock():
		facts = lines(facts, l.Say("edit_keys", "Count", stock.Free))
	}
	if p.Hidden {
		facts = lines(facts, l.Say("edit_hidden_product"))
	} else if category.category != nil && category.category.Hidden {
		facts = lines(facts, l.Say("edit_hidden_within"))
	}
	var about, howto markup
	if text := l.Text(p.Description); text != "" {
		about = l.Say("edit_quote", "Field", l.Plain("edit_field_about"), "Text", clip(text, aboutShown))
	}
	if text := l.Text(p.Instructions); text != "" {
		howto = l.Say("edit_quote", "Field", l.Plain("edit_field_howto"), "Text", clip(text, howtoShown))
	}
	s := screen{Photo: p.Photo, Text: sections(note, facts, lines(about, howto), missingLanguages(l, t, c, sub, e))}
	s.Rows = fieldButtons(l, sub, e)
	if p.Deliver.FromStock() {
		s.Rows = append(s.Rows, row(l.button("edit_load", actEdit, "k", p.SKU), l.button("edit_stock", actStock, "l", p.SKU)))
	}
	within := productsIn(c, p.Category)
	place := slices.IndexFunc(within, func(x catalog.Product) bool { return x.SKU == p.SKU })
	s.Rows = append(s.Rows,
		append(row(hideButton(l, c, sub, p.Hidden)), moveButtons(l, c, sub, place > 0, place < len(within)-1)...),
		row(l.button("edit_preview", actEdit, "v", p.SKU), l.button("qr", actQR, deeplink.Start(deeplink.Product, p.SKU)),
			l.button("edit_remove", actEdit, "r", sub.Kind, sub.Key)),
		row(button{Text: "‹ " + categoryTitle, Data: pageData(place/listPage, actEdit, editsCategory, p.Category)}))
	return s
}

// missingLanguages says which of the shop's languages lack texts that there are in another one.
func missingLanguages(l localizer, t *localize.Texts, c *catalog.Catalog, s subject, e edited) markup {
	var said []markup
	for _, code := range c.Shop.Languages {
		var lacking []string
		for _, f := range editFields {
			if f.texts == nil || !strings.Contains(f.of, s.Kind) || f.within != nil && !f.within(e) {
				continue
			}
			if len(*f.texts(e)) > 0 && f.value(l, e, code) == "" {
				lacking = append(lacking, l.Plain("edit_field_"+f.name))
			}
		}
		if len(lacking) > 0 {
			said = append(said, l.Say("edit_lacking", "Language", t.Name(code), "Fields", l.List(lacking...)))
		}
	}
	return lines(said...)
}

// editShopScreen is what can be changed of the shop itself.
func editShopScreen(l localizer, c *catalog.Catalog, note markup) screen {
	sub, e := subject{Kind: editsShop}, edited{shop: &c.Shop}
	text := l.Say("edit_shop", "Shop", c.Shop.Name, "Support", cmp.Or(c.Shop.Support, "–"))
	s := screen{Text: sections(note, text), Photo: c.Shop.Photo, Rows: fieldButtons(l, sub, e)}
	s.Rows = append(s.Rows, row(l.button("edit_catalog", actEdit)))
	return s
}

// fieldButtons are the buttons of all fields of what is edited, two to a row: a phone
// cuts the words of three.
func fieldButtons(l localizer, s subject, e edited) (rows [][]button) {
	var buttons []button
	for _, f := range editFields {
		if strings.Contains(f.of, s.Kind) && (f.within == nil || f.within(e)) {
			buttons = append(buttons, button{Text: l.Plain("edit_field_" + f.name), Data: data(actEdit, "f", s.Kind, s.Key, f.name)})
		}
	}
	rows = slices.AppendSeq(rows, slices.Chunk(buttons, 2))
	return rows
}

func hideButton(l localizer, c *catalog.Catalog, s subject, hidden bool) button {
	if hidden {
		return l.button("edit_show", actEdit, "h", s.Kind, s.Key, "0", itoa(c.Revision))
	}
	return l.button("edit_hide", actEdit, "h", s.Kind, s.Key, "1", itoa(c.Revision))
}

func moveButtons(l localizer, c *catalog.Catalog, s subject, up, down bool) (buttons []button) {
	if up {
		buttons = append(buttons, l.button("edit_up", actEdit, "m", s.Kind, s.Key, "-1", itoa(c.Revision)))
	}
	if down {
		buttons = append(buttons, l.button("edit_down", actEdit, "m", s.Kind, s.Key, "1", itoa(c.Revision)))
	}
	return buttons
}

// removeEditedScreen asks whether to remove a category or a product.
func removeEditedScreen(l localizer, c *catalog.Catalog, s subject, e edited, stock shop.Stock) screen {
	text := l.Say("edit_remove_"+s.Kind, "Title", e.title())
	if n := stock.Free + stock.Reserved; n > 0 {
		text = sections(text, l.Say("edit_remove_stock", "Count", n))
	}
	return screen{Text: text, Keep: true, Rows: [][]button{
		row(l.button("edit_remove_yes", actEdit, "ry", s.Kind, s.Key, itoa(c.Revision)), l.button("edit_no", actEdit, s.Kind, s.Key)),
	}}
}
