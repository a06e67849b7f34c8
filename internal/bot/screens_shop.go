package bot

import (
	"cmp"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// homeScreen is where everything begins.
func homeScreen(l localizer, c *catalog.Catalog) screen {
	return screen{
		Text:  l.say("home", "Shop", c.Shop.Name),
		Photo: c.Shop.Photo,
		Rows:  mainMenu(l),
	}
}

func mainMenu(l localizer) [][]button {
	return [][]button{
		row(l.button("catalog", actCatalog), l.button("orders", actOrders)),
		row(l.button("help", actHelp), l.button("language", actLanguage)),
	}
}

func helpScreen(l localizer, owner bool) screen {
	text := l.say("help")
	if owner {
		text += "\n\n" + l.say("help_owner")
	}
	return screen{Text: text, Rows: [][]button{
		row(l.button("catalog", actCatalog), l.button("orders", actOrders)),
		row(l.button("home", actHome)),
	}}
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

// languageScreen offers the shop's languages, each in its own words.
func languageScreen(l localizer, t *texts, c *catalog.Catalog) screen {
	s := screen{Text: l.say("language_choose")}
	for _, code := range c.Shop.Languages {
		s.Rows = append(s.Rows, row(button{Text: t.name(code), Data: data(actLanguage, code)}))
	}
	s.Rows = append(s.Rows, row(l.button("home", actHome)))
	return s
}

func categoriesScreen(l localizer, c *catalog.Catalog) screen {
	s := screen{Text: l.say("categories", "Shop", c.Shop.Name), Photo: c.Shop.Photo}
	for _, category := range c.Categories[:min(len(c.Categories), 2*categoryPage)] {
		if len(c.InCategory(category.ID)) > 0 {
			s.Rows = append(s.Rows, row(button{Text: l.text(category.Title), Data: data(actCategory, category.ID)}))
		}
	}
	if len(s.Rows) == 0 {
		s.Text = l.say("categories_empty", "Shop", c.Shop.Name)
	}
	s.Rows = append(s.Rows, row(l.button("orders", actOrders), l.button("home", actHome)))
	return s
}

// stock tells how many units of a product are free; false for a product that never runs out.
type stock func(p catalog.Product) (free int, limited bool)

// categoryPage is how many products one screen lists; Telegram takes 100 buttons.
const categoryPage = 40

// categoryScreen lists one page of a category's products, from 0.
func categoryScreen(l localizer, c *catalog.Catalog, category catalog.Category, page int, left stock) screen {
	s := screen{Text: l.say("category", "Category", category.Title), Photo: cmp.Or(category.Photo, c.Shop.Photo)}
	products := c.InCategory(category.ID)
	first := max(min(page*categoryPage, len(products)-1), 0)
	last := min(first+categoryPage, len(products))
	for _, p := range products[first:last] {
		line := l.plain("product_line", "Title", p.Title, "Price", p.Price)
		if free, limited := left(p); limited && free == 0 {
			line = l.plain("product_line_soldout", "Title", p.Title)
		}
		s.Rows = append(s.Rows, row(button{Text: line, Data: data(actProduct, p.SKU, "1")}))
	}
	var paging []button
	if page > 0 {
		paging = append(paging, button{Text: "‹", Data: data(actCategory, category.ID, itoa(page-1))})
	}
	if last < len(products) {
		paging = append(paging, button{Text: "›", Data: data(actCategory, category.ID, itoa(page+1))})
	}
	s.Rows = append(s.Rows, paging, row(l.button("back", actCatalog), l.button("orders", actOrders)))
	return s
}

// offer is all that a product's card shows.
type offer struct {
	Product  catalog.Product
	Quantity int
	Free     int
	Limited  bool         // Free means something
	Approx   money.Amount // the unit's price in an asset; zero if it is not known
	Nonce    string       // of this drawing's Buy button
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
	back := row(l.button("back", actCategory, p.Category), l.button("orders", actOrders))
	approx := markup("")
	if !o.Approx.IsZero() {
		approx = l.say("product_approx", "Amount", o.Approx)
	}
	card := func(delivery markup) markup {
		return l.say("product", "Title", p.Title, "Description", p.Description, "Price", p.Price,
			"Approx", approx, "Delivery", delivery)
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
		s.Rows = append(s.Rows, quantityRow(l, p, n, o.most()))
	}
	s.Rows = append(s.Rows, back)
	return s
}

func quantityRow(l localizer, p catalog.Product, n, most int) []button {
	to := func(n int) string {
		if n < 1 || n > most {
			return actNothing
		}
		return data(actProduct, p.SKU, itoa(n))
	}
	return row(
		button{Text: l.plain("button_less"), Data: to(n - 1)},
		button{Text: l.plain("button_quantity", "Quantity", n), Data: actNothing},
		button{Text: l.plain("button_more"), Data: to(n + 1)},
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

// clock writes a time of day; Telegram does not tell where a buyer is, so in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04") }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
